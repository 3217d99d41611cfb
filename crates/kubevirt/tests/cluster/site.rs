//! One cluster per test, or one's own namespace of a real one, with simulated guests that act at once.

use std::time::Duration;

use serde_json::{Value, json};
use shepherd_domain::states::ClusterMode;
use shepherd_kubevirt::{Cluster, Power, VM_ID_ANNOTATION, VmRef, observed, parse_kubeconfig};
use shepherd_test_support::TestCluster;

/// Far longer than anything here takes; only a failure waits this long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A cluster and an administrator's client for it.
pub struct Site {
    pub cluster: Cluster,
    pub there: TestCluster,
    /// Where this test's VMs are.
    pub namespace: String,
}

impl Site {
    pub async fn start() -> Self {
        Self::at(TestCluster::start().await).await
    }

    pub async fn at(there: TestCluster) -> Self {
        // The kubeconfig goes through intake like anybody's.
        let cluster = connect(&there.kubeconfig());
        let namespace = there.namespace.clone();
        cluster.ensure_namespace(&namespace).await.unwrap();
        Self { cluster, there, namespace }
    }

    /// A client with another token.
    pub fn with_token(&self, token: &str) -> Cluster {
        connect(&self.there.kubeconfig_of(token))
    }

    /// Creates a VM and returns its reference.
    pub async fn create(&self, name: &str, strategy: &str) -> VmRef {
        let manifest = self.manifest(name, strategy, &id(name));
        let created = self.cluster.create_vm(&manifest, &id(name)).await.unwrap();
        self.vm(name, &created.vm().metadata.uid)
    }

    /// A reference to a VM of this name, which may never have been.
    pub fn vm(&self, name: &str, uid: &str) -> VmRef {
        VmRef::new(&self.namespace, name, uid)
    }

    /// Waits until the VM has this state.
    pub async fn until(&self, name: &str, wanted: Power) {
        eventually(&format!("{name} to be {wanted:?}"), async || self.power(name).await == wanted).await;
    }

    pub async fn power(&self, name: &str) -> Power {
        let vm = self.cluster.get_vm(&self.namespace, name).await.unwrap();
        let vmi = self.cluster.get_vmi(&self.namespace, name).await.unwrap();
        observed(vm.as_ref(), vmi.as_ref()).power
    }

    pub fn manifest(&self, name: &str, strategy: &str, id: &str) -> Value {
        manifest(&self.namespace, name, strategy, id)
    }
}

fn connect(kubeconfig: &str) -> Cluster {
    let mut config = parse_kubeconfig(&kubeconfig.to_owned().into(), None).unwrap().config;
    config.mode = ClusterMode::Govern;
    Cluster::connect(&config).unwrap()
}

/// Polls until `holds`, and fails the test after [`PATIENCE`].
pub async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !holds().await {
        assert!(tokio::time::Instant::now() < deadline, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The next item of a stream, or a failed test.
pub async fn next<T>(stream: &mut (impl futures::Stream<Item = T> + Unpin)) -> T {
    let next = futures::StreamExt::next(stream);
    tokio::time::timeout(PATIENCE, next).await.expect("an item in time").expect("the stream goes on")
}

/// The id that goes with a name in these tests.
pub fn id(name: &str) -> String {
    format!("id-of-{name}")
}

fn manifest(namespace: &str, name: &str, strategy: &str, id: &str) -> Value {
    json!({
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachine",
        "metadata": { "name": name, "namespace": namespace, "annotations": { VM_ID_ANNOTATION: id } },
        "spec": {
            "runStrategy": strategy,
            "template": { "spec": {
                "domain": {
                    "cpu": { "cores": 1 },
                    "memory": { "guest": "64Mi" },
                    "devices": {
                        "disks": [{ "name": "root", "disk": { "bus": "virtio" } }],
                        "interfaces": [{ "name": "default", "masquerade": {} }],
                    },
                },
                "networks": [{ "name": "default", "pod": {} }],
                "volumes": [{ "name": "root", "containerDisk": { "image": "demo" } }],
            } },
        },
    })
}

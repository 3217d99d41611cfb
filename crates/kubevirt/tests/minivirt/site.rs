//! One engine per test, with simulated guests that act at once.

use std::time::Duration;

use serde_json::{Value, json};
use shepherd_kubevirt::{Cluster, Power, VM_ID_ANNOTATION, VmRef, observed, parse_kubeconfig};
use shepherd_minivirt::{Config, Handle};

/// Far longer than anything here takes; only a failure waits this long.
const PATIENCE: Duration = Duration::from_secs(30);

/// An engine and an administrator's client for it. Stops when dropped.
pub struct Site {
    pub cluster: Cluster,
    pub handle: Handle,
    /// Removed when the test ends.
    _dir: tempfile::TempDir,
}

impl Drop for Site {
    fn drop(&mut self) {
        self.handle.stop();
    }
}

impl Site {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = Config::simulated(dir.path().join("engine"));
        change(&mut config);
        let (handle, _) = shepherd_minivirt::start(config).await.unwrap();
        // The engine's own kubeconfig goes through intake like anybody's.
        let file = std::fs::read_to_string(&handle.kubeconfig).unwrap();
        let cluster = Cluster::connect(&parse_kubeconfig(&file.into(), None).unwrap().config).unwrap();
        Self { cluster, handle, _dir: dir }
    }

    /// A client with another token.
    pub fn with_token(&self, token: &str) -> Cluster {
        let file = std::fs::read_to_string(&self.handle.kubeconfig).unwrap();
        let mut config = parse_kubeconfig(&file.into(), None).unwrap().config;
        config.credentials = shepherd_kubevirt::Credentials::Token(token.to_owned().into());
        Cluster::connect(&config).unwrap()
    }

    /// Creates a VM of the default namespace and returns its reference.
    pub async fn create(&self, name: &str, strategy: &str) -> VmRef {
        let created = self.cluster.create_vm(&manifest(name, strategy, &id(name)), &id(name)).await.unwrap();
        VmRef::new("default", name, &created.vm().metadata.uid)
    }

    /// Waits until the VM has this state.
    pub async fn until(&self, name: &str, wanted: Power) {
        eventually(&format!("{name} to be {wanted:?}"), async || self.power(name).await == wanted).await;
    }

    pub async fn power(&self, name: &str) -> Power {
        let vm = self.cluster.get_vm("default", name).await.unwrap();
        let vmi = self.cluster.get_vmi("default", name).await.unwrap();
        observed(vm.as_ref(), vmi.as_ref()).power
    }
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

pub fn manifest(name: &str, strategy: &str, id: &str) -> Value {
    json!({
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachine",
        "metadata": { "name": name, "namespace": "default", "annotations": { VM_ID_ANNOTATION: id } },
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

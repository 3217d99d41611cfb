//! A whole world for one test: a cluster with simulated guests, workers and a watcher, a catalogue, a System.
//!
//! Everything is made through the API by the people whose work it is.

use std::time::Duration;

use shepherd_app::operations::{DispatchWorker, OperationWorker, ReconcileWorker};
use shepherd_contract::runtime::Secret;
use shepherd_contract::types::{
    Approve, Cluster, CreateNamespace, CreateService, CreateSize, CreateSystem, CreateTemplate, GuestFamily, Namespace,
    PowerState, RegisterCluster, Request, RequestState, RequestVm, RootDisk, Service, SizeContent, TemplateContent, Vm,
};
use shepherd_domain::ids::{EnvironmentId, RequestId, SizeVersionId, TemplateVersionId, VmId};
use shepherd_jobs::Handlers;
use shepherd_minivirt::{Config, Handle};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::{Caller, TestApp, key};
use crate::wait_for;

/// How long anything simulated may take on a busy machine.
pub const SOON: Duration = Duration::from_secs(60);

/// One environment's cluster and what a VM needs, with the people of the story signed in.
pub struct World {
    pub app: TestApp,
    pub engineer: Caller,
    pub approver: Caller,
    pub admin: Caller,
    pub cluster: Cluster,
    pub minivirt: Handle,
    pub namespace: Namespace,
    pub service: Service,
    pub template: TemplateVersionId,
    pub size: SizeVersionId,
    stop: CancellationToken,
    _files: TempDir,
}

impl World {
    /// In the environment that is not protected.
    pub async fn start() -> Self {
        let app = TestApp::start().await;
        let environment = app.test;
        Self::start_in(app, environment).await
    }

    /// In the protected environment.
    pub async fn protected() -> Self {
        let app = TestApp::start().await;
        let environment = app.prod;
        Self::start_in(app, environment).await
    }

    async fn start_in(app: TestApp, environment: EnvironmentId) -> Self {
        let files = tempfile::tempdir().expect("there is room for a cluster's files");
        let (minivirt, _) = shepherd_minivirt::start(Config::simulated(files.path())).await.expect("minivirt starts");
        let stop = CancellationToken::new();
        tokio::spawn(app.app.clone().watch_clusters(stop.clone()));
        tokio::spawn(app.app.clone().reconcile_forever(stop.clone()));
        tokio::spawn(work(app.app.clone(), stop.clone()));

        let (engineer, approver, admin) = (app.engineer().await, app.approver().await, app.admin().await);
        let kubeconfig = std::fs::read_to_string(&minivirt.kubeconfig).expect("minivirt wrote its kubeconfig");
        let cluster = admin
            .clusters()
            .register_cluster(&RegisterCluster {
                name: "sim".into(),
                environment_id: environment,
                kubeconfig: Secret::from(kubeconfig),
                sample: None,
            })
            .await
            .expect("the cluster registers");
        let (namespace, template, size) = catalogue(&admin, environment).await;
        let service = service(&engineer).await;
        let world = Self {
            app,
            engineer,
            approver,
            admin,
            cluster,
            minivirt,
            namespace,
            service,
            template,
            size,
            stop,
            _files: files,
        };
        world.healthy().await;
        world
    }

    /// Waits until the watch has heard from the cluster.
    pub async fn healthy(&self) {
        wait_for("the cluster to be healthy", SOON, async || {
            let cluster = self.admin.clusters().get_cluster(self.cluster.id).await.expect("it is registered");
            match cluster.health.as_str() {
                "healthy" => Ok(()),
                other => Err(other.to_owned()),
            }
        })
        .await;
    }

    /// What the engineer asks for, to be changed by a test.
    pub fn wish(&self) -> RequestVm {
        RequestVm {
            service_id: self.service.id,
            namespace_id: self.namespace.id,
            template_version_id: self.template,
            size_version_id: self.size,
            disk_bytes: None,
            variables: None,
            ssh_key_ids: None,
            reason: Some("for the test".into()),
            another: None,
            sample: None,
        }
    }

    /// The engineer asks for a VM.
    pub async fn ask(&self) -> Request {
        self.engineer.requests().request_vm(&key(), &self.wish()).await.expect("the request is taken up")
    }

    /// The approver says yes to what they see.
    pub async fn approve(&self, request: &Request) -> Request {
        let body = Approve {
            spec_hash: request.spec_hash.clone(),
            comment: None,
            cluster_id: None,
            confirm_name: request.vm.as_ref().map(|vm| vm.name.clone()),
        };
        self.approver.requests().approve_request(request.id, &key(), &body).await.expect("the approval counts")
    }

    /// Waits until a request stands there.
    pub async fn reaches(&self, id: RequestId, state: RequestState) -> Request {
        wait_for(&format!("the request to be {state}"), SOON, async || {
            let request = self.engineer.requests().get_request(id).await.expect("it can be read");
            assert!(
                request.state == state || request.closed_at.is_none(),
                "it ended as {}: {:?}",
                request.state,
                request.failure
            );
            if request.state == state { Ok(request) } else { Err(request.state) }
        })
        .await
    }

    /// Waits until a VM does that.
    pub async fn does(&self, id: VmId, power: PowerState) -> Vm {
        wait_for(&format!("the VM to be {power}"), SOON, async || {
            let vm = self.engineer.vms().get_vm(id).await.expect("it can be read");
            if vm.power == power { Ok(vm) } else { Err(vm.power) }
        })
        .await
    }

    /// The whole way to a running VM.
    pub async fn running_vm(&self) -> Vm {
        let asked = self.ask().await;
        self.approve(&asked).await;
        let done = self.reaches(asked.id, RequestState::Succeeded).await;
        self.does(done.vm.expect("it has a VM").id, PowerState::Running).await
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
        self.minivirt.stop();
    }
}

async fn work(app: shepherd_app::App, stop: CancellationToken) {
    let handlers = Handlers {
        operation: std::sync::Arc::new(OperationWorker(app.clone())),
        dispatch: std::sync::Arc::new(DispatchWorker),
        reconcile: std::sync::Arc::new(ReconcileWorker(app.clone())),
    };
    if let Err(error) = shepherd_jobs::run(&app.db, handlers, shepherd_jobs::Config::default(), stop).await {
        panic!("the workers stopped: {error}");
    }
}

async fn catalogue(admin: &Caller, environment_id: EnvironmentId) -> (Namespace, TemplateVersionId, SizeVersionId) {
    let namespace = CreateNamespace { name: "apps".into(), environment_id, system_ids: None };
    let namespace = admin.catalogue().create_namespace(&key(), &namespace).await.expect("the namespace is made");
    let content = TemplateContent {
        family: GuestFamily::Linux,
        root: RootDisk::Ephemeral,
        image: "shepherd/demo:1".into(),
        user_data: "#cloud-config\nhostname: {{ hostname }}\n".into(),
        variables: vec![],
        min_disk_bytes: None,
    };
    let template = CreateTemplate { name: "demo".into(), title: "Demo".into(), content };
    let template = admin.catalogue().create_template(&key(), &template).await.expect("the template is made");
    let content = SizeContent { milli_vcpu: 1000, memory_bytes: 128 << 20, disk_bytes: 1 << 30 };
    let size = CreateSize { name: "small".into(), content };
    let size = admin.catalogue().create_size(&key(), &size).await.expect("the size is made");
    (namespace, template.versions[0].id, size.versions[0].id)
}

async fn service(engineer: &Caller) -> Service {
    let system = CreateSystem { name: "shop".into(), description: None, sample: None };
    let system = engineer.systems().create_system(&key(), &system).await.expect("the System is made");
    let service = CreateService { system_id: system.id, name: "redis".into(), description: None, sample: None };
    engineer.systems().create_service(&key(), &service).await.expect("the Service is made")
}

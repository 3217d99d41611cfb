//! A whole world for one test: a cluster with simulated guests, workers and a watcher, a catalogue, a System.
//!
//! Everything is made through the API by the people whose work it is.

use std::time::Duration;

use shepherd_contract::runtime::Secret;
use shepherd_contract::types::{
    Approve, CatalogueState, CheckCluster, Cluster, ClusterHealth, CreateNamespace, CreateService,
    CreateSize, CreateSystem, CreateTemplate, GuestFamily, ImageSource, Namespace, PowerState,
    RegisterCluster, Request, RequestState, RequestVm, RootDisk, Service, SetCatalogueState, SizeContent,
    TemplateContent, TemplateSource, Vm,
};
use shepherd_domain::ids::{EnvironmentId, RequestId, SizeVersionId, TemplateVersionId, VmId};

use super::{Caller, Engine, Recorder, TestApp, key};
use crate::{TestCluster, wait_for};

/// How long anything simulated may take on a busy machine.
pub const SOON: Duration = Duration::from_secs(60);

/// One environment's cluster and what a VM needs, with the people of the story signed in.
pub struct World {
    pub app: TestApp,
    pub engineer: Caller,
    pub approver: Caller,
    pub admin: Caller,
    pub cluster: Cluster,
    /// The cluster itself, for those who go round Shepherd.
    pub site: TestCluster,
    pub namespace: Namespace,
    pub service: Service,
    pub template: TemplateVersionId,
    pub size: SizeVersionId,
    engine: Option<Engine>,
}

/// A cluster to govern, by its kubeconfig.
pub fn register(name: &str, environment_id: EnvironmentId, kubeconfig: &str) -> RegisterCluster {
    RegisterCluster {
        name: name.into(),
        environment_id,
        mode: None,
        kubeconfig: Some(Secret::from(kubeconfig)),
        token: None,
        in_cluster: None,
        api_url: None,
        ca_pem: None,
        proxy_url: None,
        sample: None,
    }
}

/// A connection to try, by a kubeconfig, to govern.
pub fn check(environment_id: EnvironmentId, kubeconfig: &str) -> CheckCluster {
    CheckCluster {
        environment_id,
        mode: None,
        kubeconfig: Some(Secret::from(kubeconfig)),
        token: None,
        in_cluster: None,
        api_url: None,
        ca_pem: None,
        proxy_url: None,
    }
}

impl World {
    /// In the environment that is not protected.
    pub async fn start() -> Self {
        let app = TestApp::start().await;
        let environment = app.test;
        Self::start_in(app, environment, TestCluster::start().await).await
    }

    /// On an embedded cluster of a kind, wherever the test runs.
    pub async fn start_on(change: impl FnOnce(&mut shepherd_minivirt::Config)) -> Self {
        let app = TestApp::start().await;
        let environment = app.test;
        Self::start_in(app, environment, TestCluster::start_with(change).await).await
    }

    /// In the protected environment.
    pub async fn protected() -> Self {
        let app = TestApp::start().await;
        let environment = app.prod;
        Self::start_in(app, environment, TestCluster::start().await).await
    }

    /// With a front before the cluster, past which Shepherd cannot go.
    pub async fn start_behind_front() -> (Self, Recorder) {
        let (app, site) = (TestApp::start().await, TestCluster::start().await);
        let (environment, front) = (app.test, Recorder::before(&site).await);
        let world = Self::start_with(app, environment, site, &front.kubeconfig).await;
        (world, front)
    }

    async fn start_in(app: TestApp, environment: EnvironmentId, site: TestCluster) -> Self {
        let kubeconfig = site.kubeconfig();
        Self::start_with(app, environment, site, &kubeconfig).await
    }

    async fn start_with(
        app: TestApp,
        environment: EnvironmentId,
        site: TestCluster,
        kubeconfig: &str,
    ) -> Self {
        let engine = Some(Engine::start(&app.app));
        let (engineer, approver, admin) = (app.engineer().await, app.approver().await, app.admin().await);
        let cluster = admin
            .clusters()
            .register_cluster(&register("sim", environment, kubeconfig))
            .await
            .expect("the cluster registers");
        let (namespace, template, size) = catalogue(&admin, environment, &site.namespace).await;
        let service = service(&engineer).await;
        let world = Self {
            app,
            engineer,
            approver,
            admin,
            cluster,
            site,
            namespace,
            service,
            template,
            size,
            engine,
        };
        world.healthy().await;
        world
    }

    /// From now on nothing works jobs or watches the cluster, until another replica does; HTTP is served on.
    pub async fn rest(&mut self) {
        if let Some(engine) = self.engine.take() {
            engine.stop().await;
        }
    }

    /// Works and watches again.
    pub fn work(&mut self) {
        self.engine.get_or_insert_with(|| Engine::start(&self.app.app));
    }

    /// Waits until the watch has heard from the cluster.
    pub async fn healthy(&self) {
        self.health(ClusterHealth::Healthy).await;
    }

    /// Waits until the watch knows that the cluster is away.
    pub async fn unreachable(&self) {
        self.health(ClusterHealth::Unreachable).await;
    }

    async fn health(&self, wanted: ClusterHealth) {
        wait_for(&format!("the cluster to be {wanted}"), SOON, async || {
            let cluster = self.admin.clusters().get_cluster(self.cluster.id).await.expect("it is registered");
            if cluster.health == wanted { Ok(()) } else { Err(cluster.health) }
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
            secret_ids: None,
            network_ids: None,
            ssh_key_ids: None,
            place: None,
            reason: Some("for the test".into()),
            another: None,
            sample: None,
            fields: None,
        }
    }

    /// The engineer asks for a VM.
    pub async fn ask(&self) -> Request {
        self.engineer.requests().request_vm(&key(), &self.wish()).await.expect("the request is taken up")
    }

    /// The engineer asks for one more of the same.
    pub async fn another(&self) -> Request {
        let wish = RequestVm { another: Some(true), ..self.wish() };
        self.engineer.requests().request_vm(&key(), &wish).await.expect("the request is taken up")
    }

    /// What the engineer asks for when a template has this image.
    pub async fn wish_for_image(&self, image: &str) -> RequestVm {
        let template = template(&self.admin, "special", image).await;
        RequestVm { template_version_id: template, ..self.wish() }
    }

    /// The administrator brings the size in or out of use.
    pub async fn set_size(&self, state: CatalogueState) {
        let body = SetCatalogueState { state, message: None, replacement_id: None };
        let set = self.admin.sizes().set_size_version_state(self.size, &body).await;
        set.expect("the state is set");
    }

    /// The approver says yes to what they see.
    pub async fn approve(&self, request: &Request) -> Request {
        let body = Approve {
            spec_hash: request.spec_hash.clone(),
            comment: None,
            cluster_id: None,
            confirm_name: request.vm.as_ref().map(|vm| vm.name.clone()),
            overrides: None,
            set_aside: None,
        };
        self.approver
            .requests()
            .approve_request(request.id, &key(), &body)
            .await
            .expect("the approval counts")
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
        self.made(asked).await
    }

    /// The whole way to one more.
    pub async fn another_running_vm(&self) -> Vm {
        let asked = self.another().await;
        self.made(asked).await
    }

    async fn made(&self, asked: Request) -> Vm {
        self.approve(&asked).await;
        let done = self.reaches(asked.id, RequestState::Succeeded).await;
        self.does(done.vm.expect("it has a VM").id, PowerState::Running).await
    }
}

async fn catalogue(
    admin: &Caller,
    environment_id: EnvironmentId,
    namespace: &str,
) -> (Namespace, TemplateVersionId, SizeVersionId) {
    let namespace = CreateNamespace { name: namespace.into(), environment_id, system_ids: None };
    let namespace =
        admin.catalogue().create_namespace(&key(), &namespace).await.expect("the namespace is made");
    let template = template(admin, "demo", "shepherd/demo:1").await;
    let content =
        SizeContent { milli_vcpu: 1000, memory_bytes: 128 << 20, disk_bytes: 1 << 30, compute: None };
    let size = CreateSize { name: "small".into(), description: None, environment_ids: None, content };
    let size = admin.sizes().create_size(&key(), &size).await.expect("the size is made");
    (namespace, template, size.versions[0].id)
}

async fn service(engineer: &Caller) -> Service {
    let system = CreateSystem { name: "shop".into(), description: None, sample: None };
    let system = engineer.systems().create_system(&key(), &system).await.expect("the System is made");
    let service =
        CreateService { system_id: system.id, name: "redis".into(), description: None, sample: None };
    engineer.systems().create_service(&key(), &service).await.expect("the Service is made")
}

async fn template(admin: &Caller, name: &str, image: &str) -> TemplateVersionId {
    let content = TemplateContent {
        family: GuestFamily::Linux,
        root: RootDisk::Ephemeral,
        source: TemplateSource::Image(ImageSource { image: image.into() }),
        // Too long for the VM's own object, so that the Secret that carries it is part of every story.
        user_data: format!("#cloud-config\nhostname: {{{{ hostname }}}}\n{}", "# and so on\n".repeat(200)),
        variables: vec![],
        min_disk_bytes: None,
        advanced: None,
    };
    let template = CreateTemplate {
        name: name.into(),
        title: name.into(),
        description: None,
        environment_ids: None,
        content,
    };
    let template = admin.templates().create_template(&key(), &template).await.expect("the template is made");
    template.versions[0].id
}

//! What the organisation has before it asks for anything: environments, clusters, templates, sizes, namespaces, and the
//! System `shop` with its Services. What is there already stays as it is.

use std::collections::HashMap;

use shepherd_contract::runtime::Secret;
use shepherd_contract::types::{
    AddBinding, ClusterMode, CreateEnvironment, CreateNamespace, CreateService, CreateSize, CreateSystem,
    CreateTemplate, GuestFamily, ImageSource, ListNamespacesQuery, ListServicesQuery, ListSizesQuery,
    ListSystemsQuery, ListTemplatesQuery, RootDisk, SizeContent, TemplateContent, TemplateSource,
    TemplateVariable,
};
use shepherd_domain::ids::{EnvironmentId, NamespaceId, ServiceId, SizeVersionId, TemplateVersionId};

use super::Crew;
use crate::failure::Failure;
use crate::instance::{Cluster, LOCAL};

/// Ids of what the administrator provides.
pub struct Platform {
    pub test: NamespaceId,
    pub prod: NamespaceId,
    pub templates: HashMap<&'static str, TemplateVersionId>,
    pub sizes: HashMap<&'static str, SizeVersionId>,
}

/// Ids of what requests name.
pub struct Catalogue {
    pub platform: Platform,
    pub services: HashMap<&'static str, ServiceId>,
    /// The System was made just now: nothing else of the organisation is there either.
    pub fresh: bool,
}

pub const SERVICES: [(&str, &str); 3] =
    [("web", "The shop's pages"), ("api", "Orders, stock and payment"), ("redis", "Sessions and carts")];

const MIB: i64 = 1 << 20;
/// Name, thousandths of a CPU, memory, disk.
const SIZES: [(&str, i64, i64, i64); 3] = [
    ("small", 250, 256 * MIB, 1024 * MIB),
    ("medium", 500, 512 * MIB, 2048 * MIB),
    ("large", 2000, 2048 * MIB, 10240 * MIB),
];

/// A user with a password that anybody may know: the demo guest is reachable from this machine only.
const USER_DATA: &str = "#cloud-config
hostname: {{ hostname }}
user: demo
password: demo
chpasswd:
  expire: false
write_files:
  - path: /var/www/html/index.html
    content: \"<!doctype html><title>{{ hostname }}</title><h1>{{ hostname }}</h1><p>{{ greeting }}</p>\"
";

/// Templates: name, title, image. The second boots nowhere, for something that is broken.
const TEMPLATES: [(&str, &str, &str); 2] = [
    ("demo-linux", "Demo Linux (boots in seconds)", "shepherd/demo:1"),
    ("legacy-linux", "Legacy Linux (known to crash)", "shepherd/legacy-crash:1"),
];

/// Everything.
pub async fn ensure(crew: &Crew, clusters: &[Cluster; 2]) -> Result<Catalogue, Failure> {
    let platform = platform(crew, clusters).await?;
    let (services, fresh) = shop(crew).await?;
    Ok(Catalogue { platform, services, fresh })
}

/// What the administrator provides.
pub async fn platform(crew: &Crew, clusters: &[Cluster; 2]) -> Result<Platform, Failure> {
    let admin = &crew.admin;
    let test = environment(crew, "test", "Test", false, "#2f9e44", 1).await?;
    let prod = environment(crew, "prod", "Production", true, "#cf1322", 2).await?;
    for cluster in clusters {
        register(crew, cluster, if cluster.name == LOCAL { test } else { prod }).await?;
    }
    second_approver(crew, prod).await?;

    let mut templates = HashMap::new();
    let there = admin
        .templates()
        .list_templates(&ListTemplatesQuery { limit: Some(200), ..Default::default() })
        .await?;
    for (name, title, image) in TEMPLATES {
        let template = match there.items.iter().find(|row| row.name == name) {
            Some(row) => row.clone(),
            None => {
                let content = content(image);
                let body = CreateTemplate {
                    name: name.into(),
                    title: title.into(),
                    description: None,
                    environment_ids: None,
                    content,
                };
                admin.templates().create_template(&format!("sample-template-{name}"), &body).await?
            }
        };
        templates.insert(name, newest(&template.versions).map(|v| v.id).ok_or_else(|| empty(name))?);
    }
    let mut sizes = HashMap::new();
    let there = admin.sizes().list_sizes(&ListSizesQuery { limit: Some(200), ..Default::default() }).await?;
    for (name, milli_vcpu, memory_bytes, disk_bytes) in SIZES {
        let size = match there.items.iter().find(|row| row.name == name) {
            Some(row) => row.clone(),
            None => {
                let content = SizeContent { milli_vcpu, memory_bytes, disk_bytes, compute: None };
                let body =
                    CreateSize { name: name.into(), description: None, environment_ids: None, content };
                admin.sizes().create_size(&format!("sample-size-{name}"), &body).await?
            }
        };
        sizes.insert(name, newest(&size.versions).map(|v| v.id).ok_or_else(|| empty(name))?);
    }
    let (test, prod) = (namespace(crew, "test", test).await?, namespace(crew, "prod", prod).await?);
    Ok(Platform { test, prod, templates, sizes })
}

fn content(image: &str) -> TemplateContent {
    let greeting = TemplateVariable {
        name: "greeting".into(),
        title: "What its web page says".into(),
        default: Some("Welcome to the shop".into()),
        pattern: Some("[ -~]{0,80}".into()),
        kind: None,
        min: None,
        max: None,
        choices: None,
    };
    TemplateContent {
        family: GuestFamily::Linux,
        root: RootDisk::Ephemeral,
        source: TemplateSource::Image(ImageSource { image: image.into() }),
        user_data: USER_DATA.into(),
        variables: vec![greeting],
        min_disk_bytes: None,
        advanced: None,
    }
}

/// Lists hold versions newest first.
fn newest<V>(versions: &[V]) -> Option<&V> {
    versions.first()
}

fn empty(name: &str) -> Failure {
    Failure::new("SAMPLE", format!("{name} has no version"))
}

async fn environment(
    crew: &Crew,
    name: &str,
    title: &str,
    protected: bool,
    colour: &str,
    position: i32,
) -> Result<EnvironmentId, Failure> {
    let there = crew.admin.catalogue().list_environments().await?;
    if let Some(row) = there.items.iter().find(|row| row.name == name) {
        return Ok(row.id);
    }
    let body = CreateEnvironment {
        name: name.into(),
        title: title.into(),
        protected,
        colour: colour.into(),
        position: Some(position),
        trash_days: None,
    };
    Ok(crew.admin.catalogue().create_environment(&format!("sample-environment-{name}"), &body).await?.id)
}

/// Registers a cluster, or tells Shepherd its new address: ports of this machine can be taken by others meanwhile.
async fn register(crew: &Crew, cluster: &Cluster, environment_id: EnvironmentId) -> Result<(), Failure> {
    let kubeconfig = Secret::from(cluster.kubeconfig()?);
    let (admin, mode) = (&crew.admin, ClusterMode::Govern);
    Ok(shepherd_cli::enrol_one(admin, cluster.name, environment_id, mode, kubeconfig, true).await?)
}

/// Deleting in production takes two people.
async fn second_approver(crew: &Crew, prod: EnvironmentId) -> Result<(), Failure> {
    let me = crew.admin.me().get_me().await?.id;
    let held = crew.admin.people().get_person(me).await?.bindings;
    if held.iter().any(|binding| binding.role == "approver") {
        return Ok(());
    }
    let body = AddBinding { role: "approver".into(), environment_ids: vec![prod] };
    crew.admin.people().add_binding(me, "sample-second-approver", &body).await?;
    Ok(())
}

async fn namespace(crew: &Crew, name: &str, environment_id: EnvironmentId) -> Result<NamespaceId, Failure> {
    let query = ListNamespacesQuery { q: Some(name.into()), limit: Some(200), ..Default::default() };
    let there = crew.admin.catalogue().list_namespaces(&query).await?;
    if let Some(row) = there.items.iter().find(|row| row.name == name) {
        return Ok(row.id);
    }
    let body = CreateNamespace { name: name.into(), environment_id, system_ids: None };
    Ok(crew.admin.catalogue().create_namespace(&format!("sample-namespace-{name}"), &body).await?.id)
}

async fn shop(crew: &Crew) -> Result<(HashMap<&'static str, ServiceId>, bool), Failure> {
    let systems = crew.engineer.systems();
    let query = ListSystemsQuery { q: Some("shop".into()), limit: Some(200), ..Default::default() };
    let there = systems.list_systems(&query).await?.items.into_iter().find(|row| row.name == "shop");
    let fresh = there.is_none();
    let system = match there {
        Some(row) => row,
        None => {
            let description = Some("The web shop (sample)".to_owned());
            let body = CreateSystem { name: "shop".into(), description, sample: Some(true) };
            systems.create_system("sample-system-shop", &body).await?
        }
    };
    let query = ListServicesQuery { system_id: Some(system.id), limit: Some(200), ..Default::default() };
    let there = systems.list_services(&query).await?;
    let mut services = HashMap::new();
    for (name, description) in SERVICES {
        let id = match there.items.iter().find(|row| row.name == name) {
            Some(row) => row.id,
            None => {
                let description = Some(description.to_owned());
                let body = CreateService {
                    system_id: system.id,
                    name: name.into(),
                    description,
                    sample: Some(true),
                };
                systems.create_service(&format!("sample-service-{name}"), &body).await?.id
            }
        };
        services.insert(name, id);
    }
    Ok((services, fresh))
}

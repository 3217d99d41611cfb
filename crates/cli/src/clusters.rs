//! `cluster ...`: registering clusters, looking at them, giving them other credentials, and what is on them.

mod capability;
mod check;
mod enrol;
mod sign_in;

use clap::Subcommand;
use shepherd_contract::client::Client;
use shepherd_contract::types::{
    Cluster, ClusterMode, ListClustersQuery, ListUnmanagedVmsQuery, PowerState, RegisterCluster,
    RotateCluster, UnmanagedVm, UpdateCluster,
};

use crate::output::{Column, time};
use crate::paging::{Limit, collect};
use crate::quantity::{bytes, vcpu};
use crate::{Failure, Output, resolve};
use sign_in::SignInArgs;

pub(crate) use capability::manifest;
pub use enrol::{enrol, enrol_one};

#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// List the clusters
    List {
        /// Part of the name
        search: Option<String>,
        #[command(flatten)]
        limit: Limit,
    },
    /// Show one cluster
    Show { cluster: String },
    /// Register a cluster
    Add {
        name: String,
        /// The environment all its VMs are in
        #[arg(long)]
        environment: String,
        /// Only look at it, and never write to it
        #[arg(long)]
        observe: bool,
        /// Only try it: say what would work and what would not, and register nothing
        #[arg(long)]
        check: bool,
        #[command(flatten)]
        sign_in: SignInArgs,
    },
    /// Give other credentials, which are tried before they take the place of those in use
    Rotate {
        cluster: String,
        #[command(flatten)]
        sign_in: SignInArgs,
    },
    /// Ask it now what it can do, and show that
    Probe { cluster: String },
    /// Print the least rights Shepherd needs in a cluster, as YAML; works without a server
    Manifest(capability::ManifestArgs),
    /// Show what is under way with it, and what waits for it
    Work { cluster: String },
    /// Close or open it to new VMs; begin or end to govern it
    Set {
        cluster: String,
        /// Whether it takes new VMs
        #[arg(long, value_name = "BOOL")]
        accept_vms: Option<bool>,
        /// observe or govern
        #[arg(long)]
        mode: Option<ClusterMode>,
    },
    /// List the VMs there that nobody governs, with who may own them
    Unmanaged {
        /// All clusters, if left out
        cluster: Option<String>,
        /// Part of a name, a namespace or a hint
        #[arg(long)]
        search: Option<String>,
        #[arg(long)]
        namespace: Option<String>,
        /// Only those in this power state, such as running
        #[arg(long)]
        power: Option<PowerState>,
        #[command(flatten)]
        limit: Limit,
    },
}

const COLUMNS: [Column<Cluster>; 9] = [
    ("NAME", |row| row.name.clone()),
    ("ENVIRONMENT", |row| row.environment.name.clone()),
    ("MODE", |row| row.mode.to_string()),
    ("HEALTH", |row| row.health.to_string()),
    ("KUBEVIRT", |row| row.kubevirt_version.clone().unwrap_or_default()),
    ("VMS", |row| row.vm_count.to_string()),
    ("UNMANAGED", |row| row.unmanaged_count.to_string()),
    ("HEARD", |row| row.observed_at.as_ref().map(time).unwrap_or_default()),
    ("ADDRESS", |row| row.api_url.clone()),
];

const FIELDS: [Column<Cluster>; 13] = [
    ("Name", |row| row.name.clone()),
    ("Environment", |row| row.environment.name.clone()),
    ("Mode", |row| row.mode.to_string()),
    ("Health", |row| row.health.to_string()),
    ("Says", |row| row.message.clone().unwrap_or_default()),
    ("Heard", |row| row.observed_at.as_ref().map(time).unwrap_or_default()),
    ("Calls", |row| row.breaker.to_string()),
    ("KubeVirt", |row| row.kubevirt_version.clone().unwrap_or_default()),
    ("Takes new VMs", |row| row.accepts_vms.to_string()),
    ("VMs", |row| format!("{} governed, {} unmanaged", row.vm_count, row.unmanaged_count)),
    ("Capacity", |row| {
        row.capacity.as_ref().map_or_else(String::new, |c| {
            format!(
                "{} of {} vCPU, {} of {} memory",
                vcpu(c.committed_milli_vcpu),
                vcpu(c.milli_vcpu),
                bytes(c.committed_memory_bytes),
                bytes(c.memory_bytes)
            )
        })
    }),
    ("Address", |row| row.api_url.clone()),
    ("Credentials", |row| format!("{} since {}", row.sign_in, time(&row.rotated_at))),
];

const UNMANAGED: [Column<UnmanagedVm>; 9] = [
    ("CLUSTER", |vm| vm.cluster.name.clone()),
    ("NAMESPACE", |vm| vm.namespace.clone()),
    ("NAME", |vm| vm.name.clone()),
    ("POWER", |vm| if vm.stale { format!("{}?", vm.power) } else { vm.power.to_string() }),
    ("VCPU", |vm| vm.milli_vcpu.map(vcpu).unwrap_or_default()),
    ("MEMORY", |vm| vm.memory_bytes.map(bytes).unwrap_or_default()),
    ("DISKS", |vm| match vm.disk_bytes {
        Some(size) => format!("{} ({})", vm.disk_count, bytes(size)),
        None => vm.disk_count.to_string(),
    }),
    ("MADE", |vm| vm.born_at.as_ref().map(time).unwrap_or_default()),
    ("OWNER?", |vm| {
        let hints = vm.hints.iter().map(|hint| format!("{}={}", hint.key, hint.value));
        let writers = vm.writers.iter().map(|writer| format!("written by {writer}"));
        hints.chain(writers).take(3).collect::<Vec<_>>().join(", ")
    }),
];

pub(crate) async fn run(command: Command, client: &Client, out: &Output) -> Result<(), Failure> {
    match command {
        Command::List { search, limit } => {
            let search = &search;
            let rows = collect(limit.limit, |cursor, limit| async move {
                let q = search.clone();
                let query = ListClustersQuery { cursor, limit: Some(limit), q, ..Default::default() };
                client.clusters().list_clusters(&query).await.map(|page| (page.items, page.next_cursor))
            });
            out.list(&rows.await?, &COLUMNS)
        }
        Command::Show { cluster } => {
            let id = resolve::cluster(client, &cluster).await?;
            out.one(&client.clusters().get_cluster(id).await?, &FIELDS)
        }
        Command::Add { environment, observe, check: true, sign_in, .. } => {
            let mode = if observe { ClusterMode::Observe } else { ClusterMode::Govern };
            let environment = resolve::environment(client, &environment).await?;
            check::run(environment, mode, sign_in.read()?, client, out).await
        }
        Command::Add { name, environment, observe, check: false, sign_in } => {
            let given = sign_in.read()?;
            let body = RegisterCluster {
                name,
                environment_id: resolve::environment(client, &environment).await?,
                mode: Some(if observe { ClusterMode::Observe } else { ClusterMode::Govern }),
                kubeconfig: given.kubeconfig,
                token: given.token,
                in_cluster: given.in_cluster,
                api_url: given.api_url,
                ca_pem: given.ca_pem,
                proxy_url: given.proxy_url,
                sample: None,
            };
            out.one(&client.clusters().register_cluster(&body).await?, &FIELDS)
        }
        Command::Rotate { cluster, sign_in } => {
            let body: RotateCluster = sign_in.read()?;
            let id = resolve::cluster(client, &cluster).await?;
            out.one(&client.clusters().rotate_cluster(id, &body).await?, &FIELDS)
        }
        Command::Probe { cluster } => capability::probe(client, &cluster, out).await,
        Command::Manifest(args) => manifest(&args),
        Command::Work { cluster } => capability::work(client, &cluster, out).await,
        Command::Set { cluster, accept_vms, mode } => {
            let id = resolve::cluster(client, &cluster).await?;
            let version = client.clusters().get_cluster(id).await?.version;
            let body = UpdateCluster { accepts_vms: accept_vms, mode, policy: None };
            out.one(&client.clusters().update_cluster(id, version, &body).await?, &FIELDS)
        }
        Command::Unmanaged { cluster, search, namespace, power, limit } => {
            let cluster_id = match &cluster {
                Some(name) => Some(resolve::cluster(client, name).await?),
                None => None,
            };
            let query =
                ListUnmanagedVmsQuery { q: search, cluster_id, namespace, power, ..Default::default() };
            let query = &query;
            let rows = collect(limit.limit, |cursor, limit| async move {
                let query = ListUnmanagedVmsQuery { cursor, limit: Some(limit), ..query.clone() };
                let page = client.unmanaged().list_unmanaged_vms(&query).await?;
                Ok((page.items, page.next_cursor))
            });
            out.list(&rows.await?, &UNMANAGED)
        }
    }
}

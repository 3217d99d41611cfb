//! `cluster probe`, `cluster manifest`, `cluster work`.

use std::io::Write;

use clap::Args;
use shepherd_contract::client::Client;
use shepherd_contract::types::{ClusterCapability, WaitingOperation};
use shepherd_domain::rights::{self, Account, Ask};
use shepherd_domain::states::ClusterMode;

use crate::output::{Column, time};
use crate::quantity::bytes;
use crate::{Failure, Output, resolve};

#[derive(Debug, Clone, Args)]
pub struct ManifestArgs {
    /// Only what looking needs; nothing in it lets anybody write
    #[arg(long)]
    observe: bool,
    /// A namespace to govern; all, if none is named. Can be given several times
    #[arg(long = "namespace", value_name = "NAME", conflicts_with = "observe")]
    namespaces: Vec<String>,
    /// The service account to make
    #[arg(long, default_value = "shepherd")]
    account: String,
    /// The namespace to make it in
    #[arg(long, default_value = "shepherd-system", value_name = "NAME")]
    account_namespace: String,
    /// Where KubeVirt runs
    #[arg(long, default_value = "kubevirt", value_name = "NAME")]
    kubevirt_namespace: String,
}

const FIELDS: [Column<ClusterCapability>; 12] = [
    ("Kubernetes", |row| row.kubernetes_version.clone().unwrap_or_default()),
    ("KubeVirt", |row| {
        let found = row.kubevirt.as_ref().and_then(|kubevirt| kubevirt.version.clone()).unwrap_or_default();
        format!("{found} ({})", row.support)
    }),
    ("Gates", |row| row.kubevirt.as_ref().map(|k| k.gates_enabled.join(", ")).unwrap_or_default()),
    ("CDI", |row| yes(row.cdi)),
    ("Snapshots", |row| yes(row.snapshots)),
    ("Multus", |row| yes(row.multus)),
    ("Nodes", |row| {
        let node = |n: &shepherd_contract::types::ClusterNode| {
            let zone = n.zone.as_ref().map(|zone| format!(", {zone}")).unwrap_or_default();
            let off = if n.schedulable { "" } else { ", takes none" };
            format!("{}: {} CPU, {}{zone}{off}", n.name, n.milli_cpu / 1000, bytes(n.memory_bytes))
        };
        row.nodes.iter().map(node).collect::<Vec<_>>().join("\n")
    }),
    ("Storage", |row| {
        let class = |c: &shepherd_contract::types::ClusterStorageClass| {
            let default = if c.default { " (default)" } else { "" };
            format!("{}{default} {}", c.name, c.volume_modes.join(" "))
        };
        row.storage_classes.iter().map(class).collect::<Vec<_>>().join("\n")
    }),
    ("Networks", |row| row.networks.join(", ")),
    ("May not", |row| {
        let refused = row.rights.iter().filter(|right| !right.allowed);
        let line = |r: &shepherd_contract::types::ClusterRight| {
            format!("{} {} (to {}: {})", r.verb, r.resource, r.mode, r.why)
        };
        refused.map(line).collect::<Vec<_>>().join("\n")
    }),
    ("Not known", |row| {
        row.missing.iter().map(|part| format!("{}: {}", part.part, part.code)).collect::<Vec<_>>().join("\n")
    }),
    ("Asked", |row| row.probed_at.as_ref().map(time).unwrap_or_default()),
];

const WAITING: [Column<WaitingOperation>; 6] = [
    ("OPERATION", |row| format!("O-{}", row.number)),
    ("WHAT", |row| row.operation.to_string()),
    ("STATE", |row| row.state.to_string()),
    ("VM", |row| row.vm.name.clone()),
    ("SINCE", |row| time(&row.since)),
    ("NOT AFTER", |row| time(&row.not_after)),
];

fn yes(value: Option<bool>) -> String {
    match value {
        Some(true) => "yes".to_owned(),
        Some(false) => "no".to_owned(),
        None => "not known".to_owned(),
    }
}

pub(super) async fn probe(client: &Client, cluster: &str, out: &Output) -> Result<(), Failure> {
    let id = resolve::cluster(client, cluster).await?;
    out.one(&client.capability().probe_cluster(id).await?, &FIELDS)
}

pub(super) async fn work(client: &Client, cluster: &str, out: &Output) -> Result<(), Failure> {
    let id = resolve::cluster(client, cluster).await?;
    let work = client.capability().get_cluster_work(id).await?;
    let busy = work.permits - work.permits_free;
    out.remark(&format!(
        "Calls {}; {busy} of {} permits taken; {} waiting",
        work.breaker, work.permits, work.waiting_count
    ));
    for other in &work.outside {
        out.remark(&format!("{} was written by {}", other.vm.name, other.writers.join(", ")));
    }
    out.list(&work.waiting, &WAITING)
}

pub(crate) fn manifest(args: &ManifestArgs) -> Result<(), Failure> {
    let ask = Ask {
        mode: if args.observe { ClusterMode::Observe } else { ClusterMode::Govern },
        namespaces: args.namespaces.clone(),
        account: Account { name: args.account.clone(), namespace: args.account_namespace.clone() },
        kubevirt: args.kubevirt_namespace.clone(),
    };
    let yaml = rights::manifest(&ask).map_err(|error| Failure::local("the manifest", error))?;
    let written = std::io::stdout().lock().write_all(yaml.as_bytes());
    written.map_err(|error| Failure::local("standard output", error))
}

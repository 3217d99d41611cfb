//! `vm ...`: asking for virtual machines and working with them.

mod change;
mod console;
pub(crate) mod place;
mod power;
mod request;

use clap::{Args, Subcommand};
use shepherd_contract::client::Client;
use shepherd_contract::types::{ListVmsQuery, PowerState, Vm, VmSummary};

use crate::output::{Column, time};
use crate::paging::{Limit, collect};
use crate::quantity::{bytes, vcpu};
use crate::{Failure, Output, resolve};

pub(crate) use place::PlaceArgs;
pub(crate) use request::parse_pair;

#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Ask for a VM
    Request(request::RequestArgs),
    /// List the VMs I may see
    List(ListArgs),
    /// Show one VM
    Get {
        /// Its full name
        vm: String,
    },
    /// Ask to start a VM
    Start(power::PowerArgs),
    /// Ask to stop a VM
    Stop(power::StopArgs),
    /// Ask to restart a VM
    Restart(power::PowerArgs),
    /// Ask to freeze a VM in memory
    Pause(power::PowerArgs),
    /// Ask to let a paused VM go on
    Unpause(power::PowerArgs),
    /// Ask for another size, a larger disk, a newer template version or other labels
    Modify(change::ModifyArgs),
    /// Protect a VM from deletion, or describe it
    Set(change::SetArgs),
    /// Ask to take a VM out of the trash
    Restore(power::PowerArgs),
    /// Ask to remove a VM from the trash for good
    Purge(power::DeleteArgs),
    /// Ask to delete a VM: it is kept in the trash for a time
    Delete(power::DeleteArgs),
    /// Open the serial console of a VM; Ctrl-] leaves it
    Console(console::ConsoleArgs),
}

#[derive(Debug, Clone, Args)]
pub struct ListArgs {
    /// Part of the name
    search: Option<String>,
    /// Only those of this System
    #[arg(long)]
    system: Option<String>,
    /// Only those of this Service (SYSTEM/SERVICE)
    #[arg(long)]
    service: Option<String>,
    /// Only those in this environment
    #[arg(long)]
    environment: Option<String>,
    /// Only those on this cluster
    #[arg(long)]
    cluster: Option<String>,
    /// Those in the trash instead of those in use
    #[arg(long)]
    trash: bool,
    /// Only those in this power state, such as running
    #[arg(long)]
    power: Option<PowerState>,
    #[command(flatten)]
    limit: Limit,
}

const COLUMNS: [Column<VmSummary>; 7] = [
    ("NAME", |row| row.name.clone()),
    ("STATE", |row| row.state.to_string()),
    ("POWER", |row| if row.stale { format!("{}?", row.power) } else { row.power.to_string() }),
    ("SERVICE", |row| format!("{}/{}", row.system.name, row.service.name)),
    ("CLUSTER", |row| row.cluster.as_ref().map(|c| c.name.clone()).unwrap_or_default()),
    ("SIZE", |row| row.size.name.clone()),
    ("ADDRESS", |row| row.address.clone().unwrap_or_default()),
];

pub(super) const FIELDS: [Column<Vm>; 18] = [
    ("Name", |vm| vm.name.clone()),
    ("State", |vm| vm.state.to_string()),
    ("Power", |vm| vm.power.to_string()),
    ("Reason", |vm| {
        [vm.status_reason.as_deref(), vm.status_message.as_deref()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(": ")
    }),
    ("Service", |vm| format!("{}/{}", vm.system.name, vm.service.name)),
    ("Environment", |vm| vm.environment.name.clone()),
    ("Namespace", |vm| vm.namespace.name.clone()),
    ("Cluster", |vm| vm.cluster.as_ref().map(|c| c.name.clone()).unwrap_or_default()),
    ("Address", |vm| vm.address.clone().unwrap_or_default()),
    ("Template", |vm| format!("{}@{}", vm.template.name, vm.template.version)),
    ("Size", |vm| {
        format!(
            "{} ({} vCPU, {}, disk {})",
            vm.size.name,
            vcpu(vm.size.milli_vcpu),
            bytes(vm.size.memory_bytes),
            bytes(vm.size.disk_bytes)
        )
    }),
    ("Root disk", |vm| vm.root.to_string()),
    ("Created", |vm| format!("{} by {}", time(&vm.created_at), vm.created_by.name)),
    ("Observed", |vm| {
        let at = vm.observed_at.as_ref().map(time).unwrap_or_default();
        if vm.stale { format!("{at} (the cluster has been silent since)") } else { at }
    }),
    (
        "Restart",
        |vm| if vm.restart_required { "needed for changes to count".to_owned() } else { String::new() },
    ),
    ("Trash", |vm| vm.purge_at.as_ref().map(|at| format!("until {}", time(at))).unwrap_or_default()),
    ("Labels", |vm| {
        vm.labels.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("\n")
    }),
    ("Protected", |vm| if vm.delete_protected { "from deletion".to_owned() } else { String::new() }),
];

pub(crate) async fn run(command: Command, client: &Client, out: &Output) -> Result<(), Failure> {
    match command {
        Command::Request(args) => request::run(args, client, out).await,
        Command::List(args) => list(args, client, out).await,
        Command::Get { vm } => {
            let id = resolve::vm(client, &vm).await?;
            out.one(&client.vms().get_vm(id).await?, &FIELDS)
        }
        Command::Start(args) => power::start(args, client, out).await,
        Command::Stop(args) => power::stop(args, client, out).await,
        Command::Restart(args) => power::restart(args, client, out).await,
        Command::Pause(args) => power::pause(args, client, out).await,
        Command::Unpause(args) => power::unpause(args, client, out).await,
        Command::Modify(args) => change::modify(args, client, out).await,
        Command::Set(args) => change::set(args, client, out).await,
        Command::Restore(args) => power::restore(args, client, out).await,
        Command::Purge(args) => power::purge(args, client, out).await,
        Command::Delete(args) => power::delete(args, client, out).await,
        Command::Console(args) => console::run(args, client, out).await,
    }
}

async fn list(args: ListArgs, client: &Client, out: &Output) -> Result<(), Failure> {
    let mut query = ListVmsQuery {
        q: args.search,
        power: args.power,
        trashed: args.trash.then_some(true),
        ..Default::default()
    };
    if let Some(name) = &args.system {
        query.system_id = Some(resolve::system(client, name).await?);
    }
    if let Some(name) = &args.service {
        query.service_id = Some(resolve::service(client, name).await?);
    }
    if let Some(name) = &args.environment {
        query.environment_id = Some(resolve::environment(client, name).await?);
    }
    if let Some(name) = &args.cluster {
        query.cluster_id = Some(resolve::cluster(client, name).await?);
    }
    let query = &query;
    let rows = collect(args.limit.limit, |cursor, limit| async move {
        let query = ListVmsQuery { cursor, limit: Some(limit), ..query.clone() };
        client.vms().list_vms(&query).await.map(|page| (page.items, page.next_cursor))
    });
    out.list(&rows.await?, &COLUMNS)
}

//! `size list`, `size get`.

use clap::Subcommand;
use shepherd_contract::client::Client;
use shepherd_contract::types::{ListSizesQuery, Size, SizeCompute};

use crate::output::Column;
use crate::paging::{Limit, collect};
use crate::quantity::{bytes, vcpu};
use crate::templates::{newest, scope};
use crate::{Failure, Output, resolve};

#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// List sizes, each with its newest version
    List {
        /// Part of the name
        search: Option<String>,
        /// Only those that may be used there
        #[arg(long)]
        environment: Option<String>,
        #[command(flatten)]
        limit: Limit,
    },
    /// Show one size
    Get { name: String },
}

const COLUMNS: [Column<Size>; 8] = [
    ("NAME", |row| row.name.clone()),
    ("VERSION", |row| newest(&row.versions, |v| v.version.to_string())),
    ("STATE", |row| newest(&row.versions, |v| v.state.to_string())),
    ("VCPU", |row| newest(&row.versions, |v| vcpu(v.milli_vcpu))),
    ("MEMORY", |row| newest(&row.versions, |v| bytes(v.memory_bytes))),
    ("DISK", |row| newest(&row.versions, |v| bytes(v.disk_bytes))),
    ("ASKS FOR", |row| newest(&row.versions, |v| asks(&v.compute))),
    ("ENVIRONMENTS", |row| scope(&row.environments)),
];

const FIELDS: [Column<Size>; 11] = [
    ("Name", |s| s.name.clone()),
    ("Description", |s| s.description.clone()),
    ("Environments", |s| scope(&s.environments)),
    ("Version", |s| newest(&s.versions, |v| v.version.to_string())),
    ("State", |s| newest(&s.versions, |v| v.state.to_string())),
    ("Because", |s| newest(&s.versions, |v| v.message.clone().unwrap_or_default())),
    ("Instead", |s| {
        newest(&s.versions, |v| {
            v.replacement.as_ref().map(|r| format!("{}@{}", r.name, r.version)).unwrap_or_default()
        })
    }),
    ("vCPU", |s| newest(&s.versions, |v| vcpu(v.milli_vcpu))),
    ("Memory", |s| newest(&s.versions, |v| bytes(v.memory_bytes))),
    ("Disk", |s| newest(&s.versions, |v| bytes(v.disk_bytes))),
    ("Asks for", |s| newest(&s.versions, |v| asks(&v.compute))),
];

/// What it asks of a node beyond amounts, in a few words.
fn asks(compute: &SizeCompute) -> String {
    let mut parts = Vec::new();
    if compute.dedicated_cpu == Some(true) {
        parts.push("dedicated CPU".to_owned());
    }
    if let Some(milli) = compute.request_milli_cpu {
        parts.push(format!("{} CPU", vcpu(milli)));
    }
    if let Some(memory) = compute.request_memory_bytes {
        parts.push(format!("{} memory", bytes(memory)));
    }
    if let Some(pages) = &compute.hugepages {
        parts.push(format!("pages of {pages}"));
    }
    parts.extend(compute.gpus.iter().flatten().map(|gpu| format!("{} x {}", gpu.count, gpu.device)));
    parts.join(", ")
}

pub(crate) async fn run(command: Command, client: &Client, out: &Output) -> Result<(), Failure> {
    match command {
        Command::List { search, environment, limit } => {
            let environment_id = resolve::optional_environment(client, environment.as_deref()).await?;
            let search = &search;
            let rows = collect(limit.limit, |cursor, limit| async move {
                let query = ListSizesQuery { cursor, limit: Some(limit), q: search.clone(), environment_id };
                client.sizes().list_sizes(&query).await.map(|page| (page.items, page.next_cursor))
            });
            out.list(&rows.await?, &COLUMNS)
        }
        Command::Get { name } => {
            let id = resolve::size_item(client, &name).await?;
            out.one(&client.sizes().get_size(id).await?, &FIELDS)
        }
    }
}

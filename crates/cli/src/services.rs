//! `service list`, `service create`.

use clap::Subcommand;
use shepherd_contract::client::Client;
use shepherd_contract::types::{CreateService, ListServicesQuery, Service};

use crate::output::Column;
use crate::paging::{Limit, collect};
use crate::{Failure, Output, resolve};

#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// List the Services I may see
    List {
        /// Part of the name
        search: Option<String>,
        /// Only those of this System
        #[arg(long)]
        system: Option<String>,
        #[command(flatten)]
        limit: Limit,
    },
    /// Create a Service
    Create {
        /// SYSTEM/SERVICE
        name: String,
        #[arg(long)]
        description: Option<String>,
    },
}

const COLUMNS: [Column<Service>; 3] = [
    ("NAME", |row| format!("{}/{}", row.system.name, row.name)),
    ("VMS", |row| row.vm_count.to_string()),
    ("DESCRIPTION", |row| row.description.clone()),
];

pub(crate) async fn run(command: Command, client: &Client, out: &Output) -> Result<(), Failure> {
    match command {
        Command::List { search, system, limit } => {
            let system_id = match &system {
                Some(name) => Some(resolve::system(client, name).await?),
                None => None,
            };
            let search = &search;
            let rows = collect(limit.limit, |cursor, limit| async move {
                let query = ListServicesQuery { cursor, limit: Some(limit), q: search.clone(), system_id };
                client.systems().list_services(&query).await.map(|page| (page.items, page.next_cursor))
            });
            out.list(&rows.await?, &COLUMNS)
        }
        Command::Create { name, description } => {
            let Some((system, name)) = name.split_once('/') else {
                return Err(Failure::Usage(format!("name the Service with its System: SYSTEM/{name}")));
            };
            let system_id = resolve::system(client, system).await?;
            let body = CreateService { system_id, name: name.to_owned(), description, sample: None };
            out.one(&client.systems().create_service(&crate::connect::key(), &body).await?, &COLUMNS)
        }
    }
}

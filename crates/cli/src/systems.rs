//! `system list`, `system create`.

use clap::Subcommand;
use shepherd_contract::client::Client;
use shepherd_contract::types::{CreateSystem, ListSystemsQuery, System};

use crate::output::Column;
use crate::paging::{Limit, collect};
use crate::{Failure, Output};

#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// List the Systems I may see
    List {
        /// Part of the name
        search: Option<String>,
        #[command(flatten)]
        limit: Limit,
    },
    /// Create a System; I become its owner
    Create {
        /// At most 15 characters: a-z, 0-9 and single hyphens
        name: String,
        #[arg(long)]
        description: Option<String>,
    },
}

const COLUMNS: [Column<System>; 5] = [
    ("NAME", |row| row.name.clone()),
    ("SERVICES", |row| row.service_count.to_string()),
    ("VMS", |row| row.vm_count.to_string()),
    ("OWNERS", |row| row.owners.iter().map(|p| p.name.as_str()).collect::<Vec<_>>().join(", ")),
    ("DESCRIPTION", |row| row.description.clone()),
];

pub(crate) async fn run(command: Command, client: &Client, out: &Output) -> Result<(), Failure> {
    match command {
        Command::List { search, limit } => {
            let search = &search;
            let rows = collect(limit.limit, |cursor, limit| async move {
                let query = ListSystemsQuery { cursor, limit: Some(limit), q: search.clone() };
                client.systems().list_systems(&query).await.map(|page| (page.items, page.next_cursor))
            });
            out.list(&rows.await?, &COLUMNS)
        }
        Command::Create { name, description } => {
            let body = CreateSystem { name, description, sample: None };
            out.one(&client.systems().create_system(&crate::connect::key(), &body).await?, &COLUMNS)
        }
    }
}

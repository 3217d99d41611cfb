//! `network list`, `network get`.

use clap::Subcommand;
use shepherd_contract::client::Client;
use shepherd_contract::types::{ListNetworksQuery, Network};

use crate::output::Column;
use crate::paging::{Limit, collect};
use crate::{Failure, Output, resolve};

#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// List networks
    List {
        /// Part of the name
        search: Option<String>,
        /// Only those that may be used there
        #[arg(long)]
        environment: Option<String>,
        #[command(flatten)]
        limit: Limit,
    },
    /// Show one network
    Get { name: String },
}

const COLUMNS: [Column<Network>; 6] = [
    ("NAME", |row| row.name.clone()),
    ("KIND", |row| row.kind.to_string()),
    ("STATE", |row| row.state.to_string()),
    ("ENVIRONMENT", |row| row.environment.as_ref().map_or("every".to_owned(), |e| e.name.clone())),
    ("DEFINITION", |row| row.definition.clone().unwrap_or_default()),
    ("TITLE", |row| row.title.clone()),
];

pub(crate) async fn run(command: Command, client: &Client, out: &Output) -> Result<(), Failure> {
    match command {
        Command::List { search, environment, limit } => {
            let environment_id = resolve::optional_environment(client, environment.as_deref()).await?;
            let search = &search;
            let rows = collect(limit.limit, |cursor, limit| async move {
                let query =
                    ListNetworksQuery { cursor, limit: Some(limit), q: search.clone(), environment_id };
                client.networks().list_networks(&query).await.map(|page| (page.items, page.next_cursor))
            });
            out.list(&rows.await?, &COLUMNS)
        }
        Command::Get { name } => {
            let id = resolve::network(client, &name).await?;
            out.one(&client.networks().get_network(id).await?, &COLUMNS)
        }
    }
}

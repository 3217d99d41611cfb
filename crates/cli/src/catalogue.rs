//! `namespace list|create`, `environment list|create`.

use clap::Subcommand;
use shepherd_contract::client::Client;
use shepherd_contract::types::{
    CreateEnvironment, CreateNamespace, Environment, ListNamespacesQuery, Namespace,
};

use crate::connect::key;
use crate::output::Column;
use crate::paging::{Limit, collect};
use crate::{Failure, Output, resolve};

#[derive(Debug, Clone, Subcommand)]
pub enum Namespaces {
    /// List namespaces
    List {
        /// Part of the name
        search: Option<String>,
        #[command(flatten)]
        limit: Limit,
    },
    /// Add a namespace
    Create {
        /// At most 24 characters: a-z, 0-9 and single hyphens
        name: String,
        #[arg(long)]
        environment: String,
        /// Only these Systems may use it; can be repeated
        #[arg(long)]
        system: Vec<String>,
    },
}

#[derive(Debug, Clone, Subcommand)]
pub enum Environments {
    /// List environments
    List,
    /// Add an environment
    Create {
        /// At most 15 characters: a-z, 0-9 and single hyphens
        name: String,
        /// What people see; the name if left out
        #[arg(long)]
        title: Option<String>,
        /// What changes things there needs approval
        #[arg(long)]
        protected: bool,
        /// Colour of its label
        #[arg(long, default_value = "#2f9e44")]
        colour: String,
        /// Days a deleted VM is kept; 30 where it is protected and 7 elsewhere, if left out
        #[arg(long, value_name = "DAYS")]
        trash_days: Option<i32>,
    },
}

const NAMESPACES: [Column<Namespace>; 4] = [
    ("NAME", |row| row.name.clone()),
    ("ENVIRONMENT", |row| row.environment.name.clone()),
    ("VMS", |row| row.vm_count.to_string()),
    ("SYSTEMS", |row| match row.systems.as_slice() {
        [] => "every".to_owned(),
        some => some.iter().map(|s| s.name.as_str()).collect::<Vec<_>>().join(", "),
    }),
];

const ENVIRONMENTS: [Column<Environment>; 5] = [
    ("NAME", |row| row.name.clone()),
    ("PROTECTED", |row| if row.protected { "yes".to_owned() } else { String::new() }),
    ("CLUSTERS", |row| row.cluster_count.to_string()),
    ("VMS", |row| row.vm_count.to_string()),
    ("TITLE", |row| row.title.clone()),
];

pub(crate) async fn namespaces(command: Namespaces, client: &Client, out: &Output) -> Result<(), Failure> {
    match command {
        Namespaces::List { search, limit } => {
            let search = &search;
            let rows = collect(limit.limit, |cursor, limit| async move {
                let q = search.clone();
                let query = ListNamespacesQuery { cursor, limit: Some(limit), q, ..Default::default() };
                client.catalogue().list_namespaces(&query).await.map(|page| (page.items, page.next_cursor))
            });
            out.list(&rows.await?, &NAMESPACES)
        }
        Namespaces::Create { name, environment, system } => {
            let mut systems = Vec::new();
            for name in &system {
                systems.push(resolve::system(client, name).await?);
            }
            let environment_id = resolve::environment(client, &environment).await?;
            let body = CreateNamespace { name, environment_id, system_ids: Some(systems) };
            out.one(&client.catalogue().create_namespace(&key(), &body).await?, &NAMESPACES)
        }
    }
}

pub(crate) async fn environments(
    command: Environments,
    client: &Client,
    out: &Output,
) -> Result<(), Failure> {
    match command {
        Environments::List => out.list(&client.catalogue().list_environments().await?.items, &ENVIRONMENTS),
        Environments::Create { name, title, protected, colour, trash_days } => {
            let title = title.unwrap_or_else(|| name.clone());
            let body = CreateEnvironment { name, title, protected, colour, position: None, trash_days };
            out.one(&client.catalogue().create_environment(&key(), &body).await?, &ENVIRONMENTS)
        }
    }
}

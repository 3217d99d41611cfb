//! `template list`, `template get`.

use clap::Subcommand;
use shepherd_contract::client::Client;
use shepherd_contract::types::{EnvironmentRef, ListTemplatesQuery, Template, TemplateSource};

use crate::output::Column;
use crate::paging::{Limit, collect};
use crate::quantity::bytes;
use crate::{Failure, Output, resolve};

#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// List templates, each with its newest version
    List {
        /// Part of the name
        search: Option<String>,
        /// Only those that may be used there
        #[arg(long)]
        environment: Option<String>,
        #[command(flatten)]
        limit: Limit,
    },
    /// Show one template
    Get { name: String },
}

const COLUMNS: [Column<Template>; 6] = [
    ("NAME", |row| row.name.clone()),
    ("VERSION", |row| newest(&row.versions, |v| v.version.to_string())),
    ("STATE", |row| newest(&row.versions, |v| v.state.to_string())),
    ("ROOT", |row| newest(&row.versions, |v| v.root.to_string())),
    ("ENVIRONMENTS", |row| scope(&row.environments)),
    ("TITLE", |row| row.title.clone()),
];

const FIELDS: [Column<Template>; 11] = [
    ("Name", |t| t.name.clone()),
    ("Title", |t| t.title.clone()),
    ("Description", |t| t.description.clone()),
    ("Environments", |t| scope(&t.environments)),
    ("Version", |t| newest(&t.versions, |v| v.version.to_string())),
    ("State", |t| newest(&t.versions, |v| v.state.to_string())),
    ("Because", |t| newest(&t.versions, |v| v.message.clone().unwrap_or_default())),
    ("Instead", |t| {
        newest(&t.versions, |v| {
            v.replacement.as_ref().map(|r| format!("{}@{}", r.name, r.version)).unwrap_or_default()
        })
    }),
    ("Source", |t| newest(&t.versions, |v| source(&v.source))),
    ("Smallest disk", |t| newest(&t.versions, |v| bytes(v.min_disk_bytes))),
    ("Variables", |t| {
        newest(&t.versions, |v| v.variables.iter().map(|v| v.name.as_str()).collect::<Vec<_>>().join(", "))
    }),
];

/// Where an item may be used.
pub(crate) fn scope(environments: &[EnvironmentRef]) -> String {
    match environments {
        [] => "every".to_owned(),
        some => some.iter().map(|e| e.name.as_str()).collect::<Vec<_>>().join(", "),
    }
}

/// Lists hold versions newest first.
pub(crate) fn newest<V>(versions: &[V], show: fn(&V) -> String) -> String {
    versions.first().map(show).unwrap_or_default()
}

fn source(source: &TemplateSource) -> String {
    match source {
        TemplateSource::Image(image) => image.image.clone(),
        TemplateSource::Http(http) => http.url.clone(),
        TemplateSource::Pvc(pvc) => format!("a copy of {}/{}", pvc.namespace, pvc.name),
    }
}

pub(crate) async fn run(command: Command, client: &Client, out: &Output) -> Result<(), Failure> {
    match command {
        Command::List { search, environment, limit } => {
            let environment_id = resolve::optional_environment(client, environment.as_deref()).await?;
            let search = &search;
            let rows = collect(limit.limit, |cursor, limit| async move {
                let query =
                    ListTemplatesQuery { cursor, limit: Some(limit), q: search.clone(), environment_id };
                client.templates().list_templates(&query).await.map(|page| (page.items, page.next_cursor))
            });
            out.list(&rows.await?, &COLUMNS)
        }
        Command::Get { name } => {
            let id = resolve::template_item(client, &name).await?;
            out.one(&client.templates().get_template(id).await?, &FIELDS)
        }
    }
}

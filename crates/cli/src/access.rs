//! `access ...`: who may do what, and why.

use clap::{Args, Subcommand};
use shepherd_contract::client::Client;
use shepherd_contract::types::{AccessHolder, AccessVerdict, ExplainAccessQuery, WhoHasAccessQuery};
use shepherd_domain::ids::{EnvironmentId, ServiceId, SystemId, VmId};

use crate::groups::held;
use crate::output::Column;
use crate::paging::{Limit, collect};
use crate::{Failure, Output, resolve};

#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Show what somebody may do, and why
    Explain {
        /// A person or service account; left out, oneself
        person: Option<String>,
        /// Only this permission, such as vm:start
        #[arg(long)]
        permission: Option<String>,
        #[command(flatten)]
        place: Place,
    },
    /// List who may do a thing, and why
    Who {
        /// Such as vm:start
        permission: String,
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        limit: Limit,
    },
}

/// Where is asked about.
#[derive(Debug, Clone, Args)]
pub struct Place {
    /// In this System
    #[arg(long, group = "place")]
    system: Option<String>,
    /// In this Service, as SYSTEM/SERVICE
    #[arg(long, group = "place")]
    service: Option<String>,
    /// At this VM
    #[arg(long, group = "place")]
    vm: Option<String>,
    /// In this environment; a VM is in its own
    #[arg(long, short = 'e')]
    environment: Option<String>,
}

struct Found {
    system: Option<SystemId>,
    service: Option<ServiceId>,
    vm: Option<VmId>,
    environment: Option<EnvironmentId>,
}

impl Place {
    async fn find(&self, client: &Client) -> Result<Found, Failure> {
        let mut found = Found { system: None, service: None, vm: None, environment: None };
        if let Some(name) = &self.system {
            found.system = Some(resolve::system(client, name).await?);
        }
        if let Some(name) = &self.service {
            found.service = Some(resolve::service(client, name).await?);
        }
        if let Some(name) = &self.vm {
            found.vm = Some(resolve::vm(client, name).await?);
        }
        if let Some(name) = &self.environment {
            found.environment = Some(resolve::environment(client, name).await?);
        }
        Ok(found)
    }
}

const VERDICTS: [Column<AccessVerdict>; 5] = [
    ("PERMISSION", |row| row.permission.clone()),
    ("ALLOWED", |row| if row.allowed { "yes".into() } else { "no".into() }),
    ("BY ROLE", roles),
    ("BY PLACE", places),
    ("MISSING", |row| row.missing.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
];

const HOLDERS: [Column<AccessHolder>; 4] = [
    ("NAME", |row| row.principal.name.clone()),
    ("KIND", |row| row.kind.to_string()),
    ("BY ROLE", |row| roles(&row.verdict)),
    ("BY PLACE", |row| places(&row.verdict)),
];

fn roles(row: &AccessVerdict) -> String {
    let named = row.roles.iter().map(|binding| match &binding.group {
        Some(group) => format!("{} through {}", held(binding), group.name),
        None => held(binding),
    });
    named.collect::<Vec<_>>().join("; ")
}

fn places(row: &AccessVerdict) -> String {
    let named = row.memberships.iter().map(|place| match &place.group {
        Some(group) => format!("{} of the {} through {}", place.role, place.within, group.name),
        None => format!("{} of the {}", place.role, place.within),
    });
    named.collect::<Vec<_>>().join("; ")
}

pub(crate) async fn run(command: Command, client: &Client, out: &Output) -> Result<(), Failure> {
    match command {
        Command::Explain { person, permission, place } => {
            let found = place.find(client).await?;
            let mut query = ExplainAccessQuery {
                permission,
                system_id: found.system,
                service_id: found.service,
                vm_id: found.vm,
                environment_id: found.environment,
                ..Default::default()
            };
            if let Some(name) = person {
                query.principal_id = Some(resolve::person(client, &name).await?);
            }
            out.list(&client.access().explain_access(&query).await?.verdicts, &VERDICTS)
        }
        Command::Who { permission, place, limit } => {
            let found = place.find(client).await?;
            let (permission, found) = (&permission, &found);
            let rows = collect(limit.limit, |cursor, limit| async move {
                let query = WhoHasAccessQuery {
                    permission: permission.clone(),
                    system_id: found.system,
                    service_id: found.service,
                    vm_id: found.vm,
                    environment_id: found.environment,
                    cursor,
                    limit: Some(limit),
                };
                client.access().who_has_access(&query).await.map(|page| (page.items, page.next_cursor))
            });
            out.list(&rows.await?, &HOLDERS)
        }
    }
}

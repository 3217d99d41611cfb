//! `role ...`: what may be done, in sets, and giving it to people and service accounts.

use clap::Subcommand;
use shepherd_contract::client::Client;
use shepherd_contract::types::{AddBinding, CreateRole, PermissionInfo, Role, UpdateRole};

use crate::groups::{BINDING, chosen};
use crate::output::Column;
use crate::{Failure, Output, connect, resolve};

#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// List the roles
    List,
    /// Show a role and what it allows
    #[command(alias = "get")]
    Show { role: String },
    /// List every permission a role may have
    Permissions,
    /// Make a role
    Create {
        name: String,
        /// What people read; the name if left out
        #[arg(long)]
        title: Option<String>,
        /// Such as vm:read; may be repeated
        #[arg(long = "permission", short = 'p', required = true)]
        permissions: Vec<String>,
    },
    /// Change a role that was made here
    Edit {
        role: String,
        #[arg(long)]
        title: Option<String>,
        /// Also allow this; may be repeated
        #[arg(long = "add")]
        add: Vec<String>,
        /// No longer allow this; may be repeated
        #[arg(long = "remove")]
        remove: Vec<String>,
    },
    /// Delete a role that nobody holds
    Delete { role: String },
    /// Give a role to a person or service account
    Grant {
        person: String,
        role: String,
        /// Only in this environment; may be repeated. Left out, in every one
        #[arg(long = "environment", short = 'e')]
        environments: Vec<String>,
    },
    /// Take a role away; one that comes through a group is taken from the group
    Revoke {
        person: String,
        role: String,
        /// The grant in just these environments; needed where the role was given more than once
        #[arg(long = "environment", short = 'e')]
        environments: Vec<String>,
    },
}

const COLUMNS: [Column<Role>; 4] = [
    ("NAME", |row| row.name.clone()),
    ("TITLE", |row| row.title.clone()),
    ("BUILT-IN", |row| if row.builtin { "yes".into() } else { String::new() }),
    ("PERMISSIONS", |row| row.permissions.len().to_string()),
];

const CARD: [Column<Role>; 4] = [
    ("NAME", |row| row.name.clone()),
    ("TITLE", |row| row.title.clone()),
    ("BUILT-IN", |row| if row.builtin { "yes".into() } else { "no".into() }),
    ("PERMISSIONS", |row| row.permissions.join("\n")),
];

const PERMISSIONS: [Column<PermissionInfo>; 4] = [
    ("NAME", |row| row.name.clone()),
    ("KIND", |row| row.kind.to_string()),
    ("LEAST PLACE", |row| row.member_role.map(|role| role.to_string()).unwrap_or_default()),
    ("PEOPLE ONLY", |row| if row.people_only { "yes".into() } else { String::new() }),
];

pub(crate) async fn run(command: Command, client: &Client, out: &Output) -> Result<(), Failure> {
    match command {
        Command::List => out.list(&client.roles().list_roles().await?.items, &COLUMNS),
        Command::Show { role } => out.one(&resolve::role(client, &role).await?, &CARD),
        Command::Permissions => out.list(&client.roles().list_permissions().await?.items, &PERMISSIONS),
        Command::Create { name, title, permissions } => {
            let body = CreateRole { title: title.unwrap_or_else(|| name.clone()), name, permissions };
            out.one(&client.roles().create_role(&connect::key(), &body).await?, &CARD)
        }
        Command::Edit { role, title, add, remove } => {
            let row = resolve::role(client, &role).await?;
            let kept = row.permissions.iter().filter(|name| !remove.contains(name)).cloned();
            let permissions = (!add.is_empty() || !remove.is_empty()).then(|| kept.chain(add).collect());
            let body = UpdateRole { title, permissions };
            out.one(&client.roles().update_role(row.id, row.version, &body).await?, &CARD)
        }
        Command::Delete { role } => {
            Ok(client.roles().delete_role(resolve::role(client, &role).await?.id).await?)
        }
        Command::Grant { person, role, environments } => {
            let id = resolve::person(client, &person).await?;
            let environment_ids = resolve::environments(client, &environments).await?;
            let body = AddBinding { role, environment_ids };
            out.one(&client.people().add_binding(id, &connect::key(), &body).await?, &BINDING)
        }
        Command::Revoke { person, role, environments } => {
            let row = client.people().get_person(resolve::person(client, &person).await?).await?;
            let own: Vec<_> = row.bindings.into_iter().filter(|binding| binding.group.is_none()).collect();
            let binding = chosen(&own, &role, &environments)?;
            Ok(client.people().remove_binding(row.id, binding.id).await?)
        }
    }
}

//! `group ...`: people and service accounts that hold roles and places together.

use clap::Subcommand;
use shepherd_contract::client::Client;
use shepherd_contract::types::{
    AddBinding, Binding, CreateGroup, Group, GroupMember, ListGroupMembersQuery, ListGroupsQuery, UpdateGroup,
};

use crate::output::{Column, time};
use crate::paging::{Limit, collect};
use crate::{Failure, Output, connect, resolve};

#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// List groups
    List {
        /// Part of the name or title
        search: Option<String>,
        #[command(flatten)]
        limit: Limit,
    },
    /// Show a group and what it holds
    Show { group: String },
    /// Make a group; it holds nothing and has nobody in it
    Create {
        name: String,
        /// What people read; the name if left out
        #[arg(long)]
        title: Option<String>,
    },
    /// Change a group's title
    Rename { group: String, title: String },
    /// Delete a group that holds no role and no place
    Delete { group: String },
    /// List who is in a group
    Members {
        group: String,
        #[command(flatten)]
        limit: Limit,
    },
    /// Take people or service accounts into a group
    Add {
        group: String,
        #[arg(required = true)]
        people: Vec<String>,
    },
    /// Take people or service accounts out of a group
    Remove {
        group: String,
        #[arg(required = true)]
        people: Vec<String>,
    },
    /// Give a role to a group
    Grant {
        group: String,
        role: String,
        /// Only in this environment; may be repeated. Left out, in every one
        #[arg(long = "environment", short = 'e')]
        environments: Vec<String>,
    },
    /// Take a role away from a group
    Revoke {
        group: String,
        role: String,
        /// The grant in just these environments; needed where the role was given more than once
        #[arg(long = "environment", short = 'e')]
        environments: Vec<String>,
    },
}

const COLUMNS: [Column<Group>; 4] = [
    ("NAME", |row| row.name.clone()),
    ("TITLE", |row| row.title.clone()),
    ("MEMBERS", |row| row.member_count.to_string()),
    ("ROLES", |row| row.bindings.iter().map(held).collect::<Vec<_>>().join(", ")),
];

const MEMBERS: [Column<GroupMember>; 5] = [
    ("NAME", |row| row.person.name.clone()),
    ("DISPLAY NAME", |row| row.person.display_name.clone()),
    ("KIND", |row| row.kind.to_string()),
    ("DISABLED", |row| if row.disabled { "yes".into() } else { String::new() }),
    ("SINCE", |row| time(&row.since)),
];

/// What a person wants to see of a role that was given.
pub(crate) const BINDING: [Column<Binding>; 3] = [
    ("ROLE", |row| row.role.clone()),
    ("ENVIRONMENTS", environments),
    ("GROUP", |row| row.group.as_ref().map(|group| group.name.clone()).unwrap_or_default()),
];

pub(crate) fn held(row: &Binding) -> String {
    match row.all_environments {
        true => row.role.clone(),
        false => format!("{} in {}", row.role, environments(row)),
    }
}

fn environments(row: &Binding) -> String {
    match row.all_environments {
        true => "all".into(),
        false => row.environments.iter().map(|e| e.name.as_str()).collect::<Vec<_>>().join(" "),
    }
}

pub(crate) async fn run(command: Command, client: &Client, out: &Output) -> Result<(), Failure> {
    let groups = client.groups();
    match command {
        Command::List { search, limit } => {
            let search = &search;
            let rows = collect(limit.limit, |cursor, limit| async move {
                let query = ListGroupsQuery { cursor, limit: Some(limit), q: search.clone() };
                client.groups().list_groups(&query).await.map(|page| (page.items, page.next_cursor))
            });
            out.list(&rows.await?, &COLUMNS)
        }
        Command::Show { group } => {
            out.one(&groups.get_group(resolve::group(client, &group).await?).await?, &COLUMNS)
        }
        Command::Create { name, title } => {
            let body = CreateGroup { title: title.unwrap_or_else(|| name.clone()), name };
            out.one(&groups.create_group(&connect::key(), &body).await?, &COLUMNS)
        }
        Command::Rename { group, title } => {
            let row = groups.get_group(resolve::group(client, &group).await?).await?;
            out.one(&groups.update_group(row.id, row.version, &UpdateGroup { title }).await?, &COLUMNS)
        }
        Command::Delete { group } => Ok(groups.delete_group(resolve::group(client, &group).await?).await?),
        Command::Members { group, limit } => {
            let id = resolve::group(client, &group).await?;
            let rows = collect(limit.limit, |cursor, limit| async move {
                let query = ListGroupMembersQuery { cursor, limit: Some(limit), q: None };
                client
                    .groups()
                    .list_group_members(id, &query)
                    .await
                    .map(|page| (page.items, page.next_cursor))
            });
            out.list(&rows.await?, &MEMBERS)
        }
        Command::Add { group, people } => {
            let id = resolve::group(client, &group).await?;
            let mut rows = Vec::new();
            for name in people {
                let who = resolve::person(client, &name).await?;
                rows.push(groups.add_group_member(id, who).await?);
            }
            out.list(&rows, &MEMBERS)
        }
        Command::Remove { group, people } => {
            let id = resolve::group(client, &group).await?;
            for name in people {
                groups.remove_group_member(id, resolve::person(client, &name).await?).await?;
            }
            Ok(())
        }
        Command::Grant { group, role, environments } => {
            let id = resolve::group(client, &group).await?;
            let environment_ids = resolve::environments(client, &environments).await?;
            let body = AddBinding { role, environment_ids };
            out.one(&groups.add_group_binding(id, &connect::key(), &body).await?, &BINDING)
        }
        Command::Revoke { group, role, environments } => {
            let row = groups.get_group(resolve::group(client, &group).await?).await?;
            let binding = chosen(&row.bindings, &role, &environments)?;
            Ok(groups.remove_group_binding(row.id, binding.id).await?)
        }
    }
}

/// The one grant that is meant: of the role, and in just these environments if any are named.
pub(crate) fn chosen<'a>(
    bindings: &'a [Binding],
    role: &str,
    environments: &[String],
) -> Result<&'a Binding, Failure> {
    let meant = |row: &&Binding| {
        let names = || row.environments.iter().map(|e| &e.name);
        let same = environments.len() == row.environments.len() && names().all(|n| environments.contains(n));
        row.role == role && (environments.is_empty() || same)
    };
    let mut found = bindings.iter().filter(meant);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => {
            Err(Failure::NotFound(format!("the role {role} was not given so, or comes through a group")))
        }
        (Some(_), Some(_)) => Err(Failure::Usage(format!(
            "{role} was given more than once: say in which environments, or use the id"
        ))),
    }
}

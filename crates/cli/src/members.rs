//! `member ...`: places in Systems, Services and VMs.

use clap::{Args, Subcommand};
use shepherd_contract::client::Client;
use shepherd_contract::types::{
    CreateGrant, Grant, GrantRole, JoinSystem, ListServiceGrantsQuery, ListSystemGrantsQuery,
    ListVmGrantsQuery, Member, MemberRole, PersonRef, SetMember,
};

use crate::fields::Answers;
use crate::output::{Column, time};
use crate::paging::{Limit, collect};
use crate::requests::FIELDS;
use crate::wait::Wait;
use crate::{Failure, Output, connect, resolve};

#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// List who belongs to a System
    List { system: String },
    /// List places of groups in a System, and of anybody in its Services and VMs
    Grants {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        limit: Limit,
    },
    /// Give a person or a group a place, or change its role
    Set {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        holder: Holder,
        /// owner (of a System, people only), member or viewer
        #[arg(long)]
        role: MemberRole,
    },
    /// Ask to belong to a System, by its exact name; one of its owners decides
    Join {
        system: String,
        /// owner (people only), member or viewer
        #[arg(long)]
        role: MemberRole,
        /// Why
        #[arg(long)]
        reason: Option<String>,
        #[command(flatten)]
        answers: Answers,
        #[command(flatten)]
        wait: Wait,
    },
    /// Take a place away
    Remove {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        holder: Holder,
    },
}

#[derive(Debug, Clone, Args)]
#[group(id = "where", required = true, multiple = false)]
pub struct Place {
    /// In this System
    #[arg(long)]
    system: Option<String>,
    /// In this Service, as SYSTEM/SERVICE
    #[arg(long)]
    service: Option<String>,
    /// At this VM
    #[arg(long)]
    vm: Option<String>,
}

#[derive(Debug, Clone, Args)]
#[group(id = "whom", required = true, multiple = false)]
pub struct Holder {
    /// A person or service account, by name or e-mail address
    #[arg(long)]
    person: Option<String>,
    /// A group
    #[arg(long)]
    group: Option<String>,
}

const MEMBERS: [Column<Member>; 4] = [
    ("NAME", |row| row.person.name.clone()),
    ("DISPLAY NAME", |row| row.person.display_name.clone()),
    ("ROLE", |row| row.role.to_string()),
    ("SINCE", |row| time(&row.since)),
];

const GRANTS: [Column<Grant>; 5] = [
    ("PERSON", |row| row.person.as_ref().map(|p| p.name.clone()).unwrap_or_default()),
    ("GROUP", |row| row.group.as_ref().map(|g| g.name.clone()).unwrap_or_default()),
    ("ROLE", |row| row.role.to_string()),
    ("WHERE", |row| match (&row.vm, &row.service) {
        (Some(vm), _) => vm.name.clone(),
        (None, Some(service)) => format!("{}/{}", row.system.name, service.name),
        (None, None) => row.system.name.clone(),
    }),
    ("SINCE", |row| time(&row.since)),
];

pub(crate) async fn run(command: Command, client: &Client, out: &Output) -> Result<(), Failure> {
    match command {
        Command::Join { system, role, reason, answers, wait } => {
            let body = JoinSystem { system, role, reason, fields: answers.values(client).await? };
            let request = client.membership().join_system(&connect::key(), &body).await?;
            out.one(&wait.finish(client, request, out).await?, &FIELDS)
        }
        Command::List { system } => {
            let id = resolve::system(client, &system).await?;
            out.list(&client.systems().list_members(id).await?.items, &MEMBERS)
        }
        Command::Grants { place, limit } => out.list(&grants(client, &place, limit.limit).await?, &GRANTS),
        Command::Set { place, holder, role } => match (&place.system, &holder.person) {
            (Some(system), Some(person)) => {
                let id = resolve::system(client, system).await?;
                let who = resolve::holder(client, person).await?;
                out.one(&client.systems().set_member(id, who, &SetMember { role }).await?, &MEMBERS)
            }
            _ => {
                let role = match role {
                    MemberRole::Owner => {
                        return Err(Failure::Usage("only people own, and only whole Systems".into()));
                    }
                    MemberRole::Member => GrantRole::Member,
                    MemberRole::Viewer => GrantRole::Viewer,
                };
                let body = body(client, &place, &holder, role).await?;
                out.one(&client.grants().create_grant(&connect::key(), &body).await?, &GRANTS)
            }
        },
        Command::Remove { place, holder } => match (&place.system, &holder.person) {
            (Some(system), Some(person)) => {
                let id = resolve::system(client, system).await?;
                let members = client.systems().list_members(id).await?.items;
                let found = members.iter().find(|row| names(&row.person, person));
                let found = found.ok_or_else(|| Failure::NotFound(format!("{person} has no place there")))?;
                Ok(client.systems().remove_member(id, found.person.id).await?)
            }
            _ => {
                let rows = grants(client, &place, usize::MAX).await?;
                let found = rows.iter().find(|row| meant(row, &place, &holder));
                let found = found.ok_or_else(|| Failure::NotFound("there is no such place".into()))?;
                Ok(client.grants().remove_grant(found.id).await?)
            }
        },
    }
}

/// Whether a listed place is the one at exactly this level. The list is of the place that was named.
fn meant(row: &Grant, place: &Place, holder: &Holder) -> bool {
    let level = match (&row.vm, &row.service) {
        (Some(_), _) => place.vm.is_some(),
        (None, Some(_)) => place.service.is_some(),
        (None, None) => place.system.is_some(),
    };
    let person = holder.person.as_deref().zip(row.person.as_ref());
    let group = holder.group.as_deref().zip(row.group.as_ref());
    level
        && (person.is_some_and(|(wanted, row)| names(row, wanted))
            || group.is_some_and(|(wanted, row)| row.name == wanted || row.id.to_string() == wanted))
}

fn names(person: &PersonRef, wanted: &str) -> bool {
    person.name == wanted || person.id.to_string() == wanted
}

async fn body(
    client: &Client,
    place: &Place,
    holder: &Holder,
    role: GrantRole,
) -> Result<CreateGrant, Failure> {
    let mut body = CreateGrant {
        system_id: None,
        service_id: None,
        vm_id: None,
        principal_id: None,
        group_id: None,
        role,
    };
    if let Some(name) = &place.system {
        body.system_id = Some(resolve::system(client, name).await?);
    }
    if let Some(name) = &place.service {
        body.service_id = Some(resolve::service(client, name).await?);
    }
    if let Some(name) = &place.vm {
        body.vm_id = Some(resolve::vm(client, name).await?);
    }
    if let Some(name) = &holder.person {
        body.principal_id = Some(resolve::holder(client, name).await?);
    }
    if let Some(name) = &holder.group {
        body.group_id = Some(resolve::holder_group(client, name).await?);
    }
    Ok(body)
}

async fn grants(client: &Client, place: &Place, most: usize) -> Result<Vec<Grant>, Failure> {
    if let Some(name) = &place.service {
        let id = resolve::service(client, name).await?;
        return collect(most, |cursor, limit| async move {
            let query = ListServiceGrantsQuery { cursor, limit: Some(limit) };
            client.grants().list_service_grants(id, &query).await.map(|page| (page.items, page.next_cursor))
        })
        .await;
    }
    if let Some(name) = &place.vm {
        let id = resolve::vm(client, name).await?;
        return collect(most, |cursor, limit| async move {
            let query = ListVmGrantsQuery { cursor, limit: Some(limit) };
            client.grants().list_vm_grants(id, &query).await.map(|page| (page.items, page.next_cursor))
        })
        .await;
    }
    let id = resolve::system(client, place.system.as_deref().unwrap_or_default()).await?;
    collect(most, |cursor, limit| async move {
        let query = ListSystemGrantsQuery { cursor, limit: Some(limit) };
        client.grants().list_system_grants(id, &query).await.map(|page| (page.items, page.next_cursor))
    })
    .await
}

//! Telling people of roles and places they were given or lost, in the transaction that gives or takes them.

use shepherd_domain::ids::{GroupId, PrincipalId, ServiceId, SystemId, VmId};
use uuid::Uuid;

use crate::bindings::Holder;
use crate::events::CHANNEL;
use crate::{Result, Tx};

/// What happened to what somebody holds, and who did it.
#[derive(Clone, Copy)]
pub struct Doing {
    pub given: bool,
    pub actor: PrincipalId,
}

impl Doing {
    fn kind(self) -> &'static str {
        if self.given { "role.given" } else { "role.lost" }
    }
}

/// A role was given to, or taken from, somebody or a group. No environments stand for everywhere.
pub async fn role(
    tx: &mut Tx,
    holder: Holder,
    role: &str,
    environments: &[Uuid],
    doing: Doing,
) -> Result<()> {
    let (person, group) = of(holder);
    let told = sqlx::query!(
        "with told as (
           insert into inbox_item (person_id, kind, role, environment_ids, actor_id)
           select p.id, $3, $4, $5, $6
             from principal p
            where (p.id = $1 or p.id in (select principal_id from group_member where group_id = $2)) and p.id <> $6
           returning person_id
         )
         insert into event (kind, resource_id, version, principal_id)
         select 'inbox', person_id, 0, person_id from told",
        person,
        group,
        doing.kind(),
        role,
        environments,
        doing.actor.0,
    )
    .execute(&mut **tx)
    .await?;
    announce(tx, told.rows_affected());
    Ok(())
}

/// Somebody came into a group, or left it, and with it all its roles and places.
pub async fn group(tx: &mut Tx, group: GroupId, who: PrincipalId, doing: Doing) -> Result<()> {
    let told = sqlx::query!(
        "with told as (
           insert into inbox_item (person_id, kind, role, environment_ids, system_id, service_id, vm_id, actor_id)
           select p.id, $3, h.role, h.environment_ids, h.system_id, h.service_id, h.vm_id, $4
             from principal p, (
                 select r.name as role, b.environment_ids, null::uuid as system_id, null::uuid as service_id,
                        null::uuid as vm_id
                   from binding b join role r on r.id = b.role_id where b.group_id = $1
                 union all
                 select m.role, '{}', m.system_id, m.service_id, m.vm_id from resource_member m where m.group_id = $1
                 limit 100) h
            where p.id = $2 and p.id <> $4
           returning person_id
         )
         insert into event (kind, resource_id, version, principal_id)
         select distinct 'inbox', person_id, 0, person_id from told",
        group.0,
        who.0,
        doing.kind(),
        doing.actor.0,
    )
    .execute(&mut **tx)
    .await?;
    announce(tx, told.rows_affected());
    Ok(())
}

/// Where a place is: in a whole System, in one Service of it, or at one VM.
#[derive(Clone, Copy)]
pub struct Place {
    pub system: SystemId,
    pub service: Option<ServiceId>,
    pub vm: Option<VmId>,
}

impl Place {
    /// In a whole System.
    pub fn system(system: SystemId) -> Self {
        Self { system, service: None, vm: None }
    }
}

/// A place was given to, or taken from, somebody or a group.
pub async fn place(tx: &mut Tx, holder: Holder, place: Place, role: &str, doing: Doing) -> Result<()> {
    let (person, group) = of(holder);
    let told = sqlx::query!(
        "with told as (
           insert into inbox_item (person_id, kind, role, system_id, service_id, vm_id, actor_id)
           select p.id, $3, $4, $5, $6, $7, $8
             from principal p
            where (p.id = $1 or p.id in (select principal_id from group_member where group_id = $2)) and p.id <> $8
           returning person_id
         )
         insert into event (kind, resource_id, version, principal_id)
         select 'inbox', person_id, 0, person_id from told",
        person,
        group,
        doing.kind(),
        role,
        place.system.0,
        place.service.map(|id| id.0),
        place.vm.map(|id| id.0),
        doing.actor.0,
    )
    .execute(&mut **tx)
    .await?;
    announce(tx, told.rows_affected());
    Ok(())
}

fn of(holder: Holder) -> (Option<Uuid>, Option<Uuid>) {
    match holder {
        Holder::Principal(id) => (Some(id.0), None),
        Holder::Group(id) => (None, Some(id.0)),
    }
}

fn announce(tx: &mut Tx, told: u64) {
    if told > 0 {
        tx.announce(CHANNEL, "");
    }
}

//! Places that are none of a person in a whole System: of groups in a System, and of either in one Service or VM.
//!
//! Every change moves the epoch of all whom it concerns. Not here: a System's own members ([`crate::systems`]).

use chrono::{DateTime, Utc};
use shepherd_domain::authz::{Authorized, ManageMembers, Resource, SystemScope};
use shepherd_domain::ids::{GrantId, GroupId, PrincipalId, ServiceId, SystemId, VmId};
use sqlx::PgConnection;

use crate::bindings::Holder;
use crate::{Result, Tx};

/// A place as pages show it.
#[derive(Clone, Debug)]
pub struct GrantRow {
    pub id: GrantId,
    pub system_id: SystemId,
    pub system_name: String,
    pub service_id: Option<ServiceId>,
    pub service_name: Option<String>,
    pub vm_id: Option<VmId>,
    pub vm_name: Option<String>,
    pub principal_id: Option<PrincipalId>,
    pub principal_name: Option<String>,
    pub principal_display: Option<String>,
    pub group_id: Option<GroupId>,
    pub group_name: Option<String>,
    pub group_title: Option<String>,
    pub role: String,
    pub since: DateTime<Utc>,
}

/// Places at what the caller may read, and in what belongs to it, oldest first; `after` is the last of the page before.
pub async fn list<A, R: Resource>(
    conn: &mut PgConnection,
    auth: &Authorized<A, R>,
    after: Option<GrantId>,
    limit: i64,
) -> Result<Vec<GrantRow>> {
    let on = auth.resource();
    // A resource of no System has no places.
    let system = on.system().unwrap_or(SystemId(uuid::Uuid::nil()));
    select(conn, None, system, on.service(), on.vm(), after, limit).await
}

async fn select(
    conn: &mut PgConnection,
    id: Option<GrantId>,
    system: SystemId,
    service: Option<ServiceId>,
    vm: Option<VmId>,
    after: Option<GrantId>,
    limit: i64,
) -> Result<Vec<GrantRow>> {
    let rows = sqlx::query_as!(
        GrantRow,
        r#"select r.id as "id: GrantId", r.system_id as "system_id: SystemId", y.name as system_name,
                  r.service_id as "service_id: ServiceId", v.name as "service_name?", r.vm_id as "vm_id: VmId",
                  m.name as "vm_name?", r.principal_id as "principal_id: PrincipalId", p.name as "principal_name?",
                  p.display_name as "principal_display?", r.group_id as "group_id: GroupId", g.name as "group_name?",
                  g.title as "group_title?", r.role, r.since
             from resource_member r
             join system y on y.id = r.system_id
             left join service v on v.id = r.service_id
             left join vm m on m.id = r.vm_id
             left join principal p on p.id = r.principal_id
             left join user_group g on g.id = r.group_id
            where r.system_id = $2
              and ($1::uuid is null or r.id = $1)
              and ($3::uuid is null or r.service_id = $3)
              and ($4::uuid is null or r.vm_id = $4)
              and ($5::uuid is null or r.id > $5)
            order by r.id
            limit $6"#,
        id.map(|id| id.0),
        system.0,
        service.map(|id| id.0),
        vm.map(|id| id.0),
        after.map(|id| id.0),
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// Where a place is to be: the Service, or the VM with its Service, or neither for the whole System.
#[derive(Clone, Copy, Debug)]
pub struct Spot {
    pub service: Option<ServiceId>,
    pub vm: Option<VmId>,
}

/// The System a place is in, for the check before it is taken away.
pub async fn system_of(conn: &mut PgConnection, id: GrantId) -> Result<SystemId> {
    let system =
        sqlx::query_scalar!(r#"select system_id as "id: SystemId" from resource_member where id = $1"#, id.0)
            .fetch_one(conn)
            .await?;
    Ok(system)
}

/// How many places a holder has, to be asked with the holder locked by [`set`].
pub async fn count(tx: &mut Tx, holder: Holder) -> Result<i64> {
    let (principal, group) = holder.ids();
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from resource_member where principal_id = $1 or group_id = $2"#,
        principal,
        group,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(count)
}

/// Gives a place or changes its role, and returns it with the role before.
pub async fn set(
    tx: &mut Tx,
    auth: &Authorized<ManageMembers, SystemScope>,
    spot: Spot,
    holder: Holder,
    role: &str,
) -> Result<(GrantRow, Option<String>)> {
    holder.touch(tx).await?;
    let (principal, group) = holder.ids();
    let system = auth.resource().0;
    let before = sqlx::query_scalar!(
        "select role from resource_member
          where system_id = $1 and service_id is not distinct from $2 and vm_id is not distinct from $3
            and (principal_id = $4 or group_id = $5)",
        system.0,
        spot.service.map(|id| id.0),
        spot.vm.map(|id| id.0),
        principal,
        group,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let id = sqlx::query_scalar!(
        r#"insert into resource_member (id, system_id, service_id, vm_id, principal_id, group_id, role, granted_by)
           values ($1, $2, $3, $4, $5, $6, $7, $8)
           on conflict (system_id, service_id, vm_id, principal_id, group_id) do update set role = excluded.role
           returning id as "id: GrantId""#,
        GrantId::new().0,
        system.0,
        spot.service.map(|id| id.0),
        spot.vm.map(|id| id.0),
        principal,
        group,
        role,
        auth.by().0,
    )
    .fetch_one(&mut **tx)
    .await?;
    let row = select(tx, Some(id), system, None, None, None, 1).await?.pop();
    Ok((row.ok_or(crate::StoreError::NotFound)?, before))
}

/// Takes a place away and returns what it was; `None` says that there is none in this System.
pub async fn remove(
    tx: &mut Tx,
    auth: &Authorized<ManageMembers, SystemScope>,
    id: GrantId,
) -> Result<Option<GrantRow>> {
    let Some(row) = select(tx, Some(id), auth.resource().0, None, None, None, 1).await?.pop() else {
        return Ok(None);
    };
    let holder = match (row.principal_id, row.group_id) {
        (Some(id), _) => Holder::Principal(id),
        (None, Some(id)) => Holder::Group(id),
        (None, None) => return Ok(None),
    };
    holder.touch(tx).await?;
    let done = sqlx::query!("delete from resource_member where id = $1", id.0).execute(&mut **tx).await?;
    Ok((done.rows_affected() == 1).then_some(row))
}

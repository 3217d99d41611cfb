//! Systems and their members.

use chrono::{DateTime, Utc};
use serde::Serialize;
use shepherd_domain::authz::{
    Authorized, CreateSystem, DeleteSystem, ManageMembers, Platform, ReadSystem, SystemScope, UpdateSystem,
    Visible,
};
use shepherd_domain::ids::{PrincipalId, SystemId};
use sqlx::PgConnection;

use crate::{Result, StoreError, Tx, epochs};

/// A System as pages show it.
#[derive(Clone, Debug, Serialize)]
pub struct SystemRow {
    pub id: SystemId,
    pub name: String,
    pub description: String,
    pub owners: sqlx::types::Json<Vec<PersonRow>>,
    pub service_count: i64,
    pub vm_count: i64,
    pub sample: bool,
    pub created_at: DateTime<Utc>,
    pub version: i64,
}

/// How a person is named wherever they are mentioned.
#[derive(Clone, Debug, Serialize, serde::Deserialize)]
pub struct PersonRow {
    pub id: PrincipalId,
    pub name: String,
    pub display_name: String,
}

/// A member of a System.
#[derive(Clone, Debug)]
pub struct MemberRow {
    pub id: PrincipalId,
    pub name: String,
    pub display_name: String,
    pub role: String,
    pub since: DateTime<Utc>,
}

/// By name; `after` is the last name of the page before.
pub async fn list(
    conn: &mut PgConnection,
    visible: &Visible,
    search: Option<&str>,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<SystemRow>> {
    let systems: Vec<_> = visible.systems.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        SystemRow,
        r#"select s.id as "id: SystemId", s.name, s.description,
                  (select coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'name', p.name,
                                   'display_name', p.display_name) order by p.name), '[]')
                     from system_member m join principal p on p.id = m.principal_id
                    where m.system_id = s.id and m.role = 'owner') as "owners!: sqlx::types::Json<Vec<PersonRow>>",
                  (select count(*) from service v where v.system_id = s.id and v.deleted_at is null) as "service_count!",
                  (select count(*) from vm where vm.system_id = s.id and vm.deleted_at is null) as "vm_count!",
                  s.sample, s.created_at, s.version
             from system s
            where s.deleted_at is null
              and ($1 or ($2 and s.id = any($3)))
              and ($4::text is null or strpos(s.name, lower($4)) > 0)
              and ($5::text is null or s.name > $5)
            order by s.name
            limit $6"#,
        visible.any_environment(),
        visible.as_member(),
        &systems,
        search,
        after,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// One System.
pub async fn get(conn: &mut PgConnection, auth: &Authorized<ReadSystem, SystemScope>) -> Result<SystemRow> {
    let row = sqlx::query_as!(
        SystemRow,
        r#"select s.id as "id: SystemId", s.name, s.description,
                  (select coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'name', p.name,
                                   'display_name', p.display_name) order by p.name), '[]')
                     from system_member m join principal p on p.id = m.principal_id
                    where m.system_id = s.id and m.role = 'owner') as "owners!: sqlx::types::Json<Vec<PersonRow>>",
                  (select count(*) from service v where v.system_id = s.id and v.deleted_at is null) as "service_count!",
                  (select count(*) from vm where vm.system_id = s.id and vm.deleted_at is null) as "vm_count!",
                  s.sample, s.created_at, s.version
             from system s
            where s.id = $1 and s.deleted_at is null"#,
        auth.resource().0.0,
    )
    .fetch_one(conn)
    .await?;
    Ok(row)
}

/// Makes a System; its first owner is its maker, or the person who answers for it. A taken name violates `system_name`.
pub async fn create(
    tx: &mut Tx,
    auth: &Authorized<CreateSystem, Platform>,
    name: &str,
    description: &str,
    sample: bool,
    owner: PrincipalId,
) -> Result<SystemId> {
    let id = SystemId::new();
    sqlx::query!(
        "insert into system (id, name, description, created_by, sample) values ($1, $2, $3, $4, $5)",
        id.0,
        name,
        description,
        auth.by().0,
        sample,
    )
    .execute(&mut **tx)
    .await?;
    // A service account works in what it makes; the person who answers for it owns it.
    sqlx::query!(
        "insert into system_member (system_id, principal_id, role)
         select $1::uuid, $2::uuid, 'owner'
         union all select $1::uuid, $3::uuid, 'member' where $2::uuid <> $3::uuid",
        id.0,
        owner.0,
        auth.by().0,
    )
    .execute(&mut **tx)
    .await?;
    epochs::of_principal(tx, owner).await?;
    epochs::of_principal(tx, auth.by()).await?;
    Ok(id)
}

/// Changes the description if the version is still `version`; `None` says it is not.
pub async fn update(
    tx: &mut Tx,
    auth: &Authorized<UpdateSystem, SystemScope>,
    version: i64,
    description: &str,
) -> Result<Option<i64>> {
    let new = sqlx::query_scalar!(
        "update system set description = $3, version = version + 1
          where id = $1 and version = $2 and deleted_at is null returning version",
        auth.resource().0.0,
        version,
        description,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(new)
}

/// Marks an empty System deleted; `false` says that it still has Services.
pub async fn delete(tx: &mut Tx, auth: &Authorized<DeleteSystem, SystemScope>) -> Result<bool> {
    let id = auth.resource().0;
    // The lock keeps a Service from being added between the look and the mark: adding one locks the row as well.
    sqlx::query!("select id from system where id = $1 for update", id.0).fetch_one(&mut **tx).await?;
    let done = sqlx::query!(
        "update system set deleted_at = app_now(), version = version + 1
          where id = $1 and deleted_at is null
            and not exists (select from service where system_id = $1 and deleted_at is null)",
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Everybody who belongs to it. Not paged: a System has tens of members, and a limit guards the rest.
pub async fn members(
    conn: &mut PgConnection,
    auth: &Authorized<ReadSystem, SystemScope>,
) -> Result<Vec<MemberRow>> {
    let rows = sqlx::query_as!(
        MemberRow,
        r#"select p.id as "id: PrincipalId", p.name, p.display_name, m.role, m.since
             from system_member m join principal p on p.id = m.principal_id
            where m.system_id = $1
            order by p.name
            limit 1000"#,
        auth.resource().0.0,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// Sets a member's role and returns the one before. The last owner cannot be made less: see [`owners`].
pub async fn set_member(
    tx: &mut Tx,
    auth: &Authorized<ManageMembers, SystemScope>,
    principal: PrincipalId,
    role: &str,
) -> Result<Option<String>> {
    seat(tx, auth.resource().0, principal, role).await
}

/// The same on an approved request: its approval is the right to it.
pub async fn seat(tx: &mut Tx, id: SystemId, principal: PrincipalId, role: &str) -> Result<Option<String>> {
    lock(tx, id).await?;
    let before = sqlx::query_scalar!(
        "select role from system_member where system_id = $1 and principal_id = $2",
        id.0,
        principal.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into system_member (system_id, principal_id, role) values ($1, $2, $3)
         on conflict (system_id, principal_id) do update set role = excluded.role",
        id.0,
        principal.0,
        role,
    )
    .execute(&mut **tx)
    .await?;
    epochs::of_principal(tx, principal).await?;
    Ok(before)
}

/// Removes a member and returns the role they had; `None` says they were none.
pub async fn remove_member(
    tx: &mut Tx,
    auth: &Authorized<ManageMembers, SystemScope>,
    principal: PrincipalId,
) -> Result<Option<String>> {
    let id = auth.resource().0;
    lock(tx, id).await?;
    let before = sqlx::query_scalar!(
        "delete from system_member where system_id = $1 and principal_id = $2 returning role",
        id.0,
        principal.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    epochs::of_principal(tx, principal).await?;
    Ok(before)
}

/// A System as somebody names it who may not know of it.
#[derive(Clone, Debug)]
pub struct NamedSystem {
    pub id: SystemId,
    /// Active people who own it, in whichever way, but for the one who asks.
    pub owners: i64,
    /// What the one who asks is in it, in whichever way.
    pub role: Option<String>,
}

/// The System of exactly this name, for a request to belong to it. Nothing of the answer but `role` may be told to whoever
/// asks.
pub async fn named(
    conn: &mut PgConnection,
    name: &str,
    who: PrincipalId,
    person: PrincipalId,
) -> Result<Option<NamedSystem>> {
    let row = sqlx::query_as!(
        NamedSystem,
        r#"select s.id as "id: SystemId",
                  (select count(distinct h.principal_id) from held_place h join principal p on p.id = h.principal_id
                    where h.system_id = s.id and h.service_id is null and h.vm_id is null and h.role = 'owner'
                      and p.kind = 'person' and p.disabled_at is null and p.id <> $3) as "owners!",
                  (select h.role from held_place h
                    where h.system_id = s.id and h.service_id is null and h.vm_id is null and h.principal_id = $2
                    order by array_position(array['owner', 'member', 'viewer'], h.role) limit 1) as role
             from system s where s.name = $1 and s.deleted_at is null"#,
        name,
        who.0,
        person.0,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row)
}

/// How many active owners there are, to be asked after a change and before the commit.
pub async fn owners(tx: &mut Tx, id: SystemId) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from system_member m join principal p on p.id = m.principal_id
            where m.system_id = $1 and m.role = 'owner' and p.kind = 'person' and p.disabled_at is null"#,
        id.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(count)
}

async fn lock(tx: &mut Tx, id: SystemId) -> Result<()> {
    sqlx::query!("select id from system where id = $1 and deleted_at is null for update", id.0)
        .fetch_optional(&mut **tx)
        .await?
        .map(drop)
        .ok_or(StoreError::NotFound)
}

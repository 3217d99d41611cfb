//! Principals: people, and later service accounts and pools.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use shepherd_domain::authz::{Authorized, ManageUsers, Platform, ReadUsers};
use shepherd_domain::ids::{BindingId, EnvironmentId, GroupId, PrincipalId, SystemId};
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::systems::PersonRow;
use crate::{Result, Tx};

/// A principal as pages show it.
#[derive(Clone, Debug)]
pub struct PrincipalRow {
    pub id: PrincipalId,
    pub kind: String,
    pub name: String,
    pub display_name: String,
    pub email: Option<String>,
    pub disabled: bool,
    pub sample: bool,
    pub created_at: DateTime<Utc>,
    pub version: i64,
    pub bindings: Json<Vec<HeldBinding>>,
    pub memberships: Json<Vec<HeldMembership>>,
}

/// A role held, with the environments it reaches.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HeldBinding {
    pub id: BindingId,
    pub role: String,
    pub all: bool,
    pub environments: Vec<EnvironmentRow>,
    /// The group it was given to; `None` for the principal itself.
    pub group: Option<GroupNameRow>,
}

/// How a group is named wherever it is mentioned.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GroupNameRow {
    pub id: GroupId,
    pub name: String,
    pub title: String,
}

/// How an environment is named wherever it is mentioned.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EnvironmentRow {
    pub id: EnvironmentId,
    pub name: String,
    pub title: String,
    pub protected: bool,
    pub colour: String,
}

/// A place in a System.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HeldMembership {
    pub system_id: SystemId,
    pub system_name: String,
    pub service: Option<NameRow>,
    pub vm: Option<NameRow>,
    pub role: String,
    /// The group that has the place; `None` for the principal itself.
    pub group: Option<GroupNameRow>,
}

/// How a thing of a System is named.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NameRow {
    pub id: uuid::Uuid,
    pub name: String,
}

/// How a person is mentioned.
pub async fn reference(conn: &mut PgConnection, id: PrincipalId) -> Result<PersonRow> {
    let row = sqlx::query_as!(
        PersonRow,
        r#"select id as "id: PrincipalId", name, display_name from principal where id = $1"#,
        id.0,
    )
    .fetch_one(conn)
    .await?;
    Ok(row)
}

/// An account as its owner sees it.
#[derive(Clone, Debug)]
pub struct AccountRow {
    pub id: PrincipalId,
    pub name: String,
    pub display_name: String,
    pub email: Option<String>,
    pub locale: String,
    pub sample: bool,
    pub version: i64,
}

/// One's own account.
pub async fn account(conn: &mut PgConnection, id: PrincipalId) -> Result<AccountRow> {
    let row = sqlx::query_as!(
        AccountRow,
        r#"select id as "id: PrincipalId", name, display_name, email, locale, sample, version
             from principal where id = $1"#,
        id.0,
    )
    .fetch_one(conn)
    .await?;
    Ok(row)
}

/// Changes one's own name or language and returns the account as it is then.
pub async fn update_account(
    tx: &mut Tx,
    id: PrincipalId,
    display_name: Option<&str>,
    locale: Option<&str>,
) -> Result<AccountRow> {
    let row = sqlx::query_as!(
        AccountRow,
        r#"update principal set display_name = coalesce($2, display_name), locale = coalesce($3, locale),
                  version = version + 1
            where id = $1
           returning id as "id: PrincipalId", name, display_name, email, locale, sample, version"#,
        id.0,
        display_name,
        locale,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(row)
}

/// By name; `after` is the last name of the page before.
pub async fn list(
    conn: &mut PgConnection,
    _auth: &Authorized<ReadUsers, Platform>,
    search: Option<&str>,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<PrincipalRow>> {
    select(conn, None, search, after, limit).await
}

/// One principal.
pub async fn get(
    conn: &mut PgConnection,
    _auth: &Authorized<ReadUsers, Platform>,
    id: PrincipalId,
) -> Result<PrincipalRow> {
    select(conn, Some(id), None, None, 1).await?.pop().ok_or(crate::StoreError::NotFound)
}

async fn select(
    conn: &mut PgConnection,
    id: Option<PrincipalId>,
    search: Option<&str>,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<PrincipalRow>> {
    let rows = sqlx::query_as!(
        PrincipalRow,
        r#"select p.id as "id: PrincipalId", p.kind, p.name, p.display_name, p.email,
                  p.disabled_at is not null as "disabled!", p.sample, p.created_at, p.version,
                  (select coalesce(jsonb_agg(jsonb_build_object('id', h.binding_id, 'role', r.name, 'all', h.all_environments,
                          'environments', (select coalesce(jsonb_agg(jsonb_build_object('id', e.id, 'name', e.name,
                              'title', e.title, 'protected', e.protected, 'colour', e.colour) order by e.position, e.name), '[]')
                              from environment e where e.id = any(h.environment_ids)),
                          'group', case when g.id is not null then jsonb_build_object('id', g.id, 'name', g.name, 'title', g.title) end)
                          order by r.name, g.name nulls first), '[]')
                     from held_role h join role r on r.id = h.role_id left join user_group g on g.id = h.group_id
                    where h.principal_id = p.id) as "bindings!: Json<Vec<HeldBinding>>",
                  (select coalesce(jsonb_agg(jsonb_build_object('system_id', y.id, 'system_name', y.name, 'role', h.role,
                          'service', case when v.id is not null then jsonb_build_object('id', v.id, 'name', v.name) end,
                          'vm', case when m.id is not null then jsonb_build_object('id', m.id, 'name', m.name) end,
                          'group', case when g.id is not null then jsonb_build_object('id', g.id, 'name', g.name, 'title', g.title) end)
                          order by y.name, v.name nulls first, m.name nulls first, g.name nulls first), '[]')
                     from held_place h join system y on y.id = h.system_id left join service v on v.id = h.service_id
                     left join vm m on m.id = h.vm_id left join user_group g on g.id = h.group_id
                    where h.principal_id = p.id) as "memberships!: Json<Vec<HeldMembership>>"
             from principal p
            where p.kind in ('person', 'service_account')
              and ($1::uuid is null or p.id = $1)
              and ($2::text is null or strpos(p.name, lower($2)) > 0 or strpos(lower(p.display_name), lower($2)) > 0)
              and ($3::text is null or p.name > $3)
            order by p.name
            limit $4"#,
        id.map(|id| id.0),
        search,
        after,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// A person to add, with the hash of their initial password, which they must change.
pub struct NewPerson<'a> {
    pub name: &'a str,
    pub display_name: &'a str,
    pub email: Option<&'a str>,
    pub password_hash: &'a str,
    pub must_change: bool,
    pub sample: bool,
}

/// Adds a local account. A taken name violates `principal_name_key`.
pub async fn create(tx: &mut Tx, person: &NewPerson<'_>) -> Result<PrincipalId> {
    let id = PrincipalId::new();
    sqlx::query!(
        "insert into principal (id, kind, name, display_name, email, sample) values ($1, 'person', $2, $3, $4, $5)",
        id.0,
        person.name,
        person.display_name,
        person.email,
        person.sample,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into password (principal_id, hash, must_change) values ($1, $2, $3)",
        id.0,
        person.password_hash,
        person.must_change,
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}

/// Renames, disables or enables, if the version is still `version`. Disabling ends every session at once, because a
/// disabled principal is never a caller.
pub async fn update(
    tx: &mut Tx,
    _auth: &Authorized<ManageUsers, Platform>,
    id: PrincipalId,
    version: i64,
    display_name: Option<&str>,
    disabled: Option<bool>,
) -> Result<Option<i64>> {
    let new = sqlx::query_scalar!(
        "update principal set display_name = coalesce($3, display_name),
                disabled_at = case when $4 then coalesce(disabled_at, app_now()) when not $4 then null else disabled_at end,
                epoch = epoch + 1, version = version + 1
          where id = $1 and version = $2 and kind <> 'system' returning version",
        id.0,
        version,
        display_name,
        disabled,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(new)
}

/// What sort of principal it is.
pub async fn kind(conn: &mut PgConnection, id: PrincipalId) -> Result<String> {
    let kind = sqlx::query_scalar!("select kind from principal where id = $1", id.0).fetch_one(conn).await?;
    Ok(kind)
}

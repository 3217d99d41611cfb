//! Groups: people and service accounts that hold roles and places together. A deleted group keeps its row, because what
//! happened in its day names it.

use chrono::{DateTime, Utc};
use shepherd_domain::authz::{Authorized, GrantRoles, Platform, ReadUsers};
use shepherd_domain::ids::{EnvironmentId, GroupId, PrincipalId};
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::people::HeldBinding;
use crate::{Result, StoreError, Tx, epochs};

/// A group as pages show it.
#[derive(Clone, Debug)]
pub struct GroupRow {
    pub id: GroupId,
    pub name: String,
    pub title: String,
    pub member_count: i64,
    pub bindings: Json<Vec<HeldBinding>>,
    pub created_at: DateTime<Utc>,
    pub version: i64,
}

/// Somebody in a group.
#[derive(Clone, Debug)]
pub struct GroupMemberRow {
    pub id: PrincipalId,
    pub name: String,
    pub display_name: String,
    pub kind: String,
    pub disabled: bool,
    pub since: DateTime<Utc>,
}

/// By name; `after` is the last name of the page before.
pub async fn list(
    conn: &mut PgConnection,
    _auth: &Authorized<ReadUsers, Platform>,
    search: Option<&str>,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<GroupRow>> {
    select(conn, None, search, after, limit).await
}

/// One group.
pub async fn get(
    conn: &mut PgConnection,
    _auth: &Authorized<ReadUsers, Platform>,
    id: GroupId,
) -> Result<GroupRow> {
    one(conn, id).await
}

/// One group, for a use case whose own check follows.
pub async fn one(conn: &mut PgConnection, id: GroupId) -> Result<GroupRow> {
    select(conn, Some(id), None, None, 1).await?.pop().ok_or(StoreError::NotFound)
}

async fn select(
    conn: &mut PgConnection,
    id: Option<GroupId>,
    search: Option<&str>,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<GroupRow>> {
    let rows = sqlx::query_as!(
        GroupRow,
        r#"select g.id as "id: GroupId", g.name, g.title, g.created_at, g.version,
                  (select count(*) from group_member m where m.group_id = g.id) as "member_count!",
                  (select coalesce(jsonb_agg(jsonb_build_object('id', b.id, 'role', r.name, 'all', b.all_environments,
                          'environments', (select coalesce(jsonb_agg(jsonb_build_object('id', e.id, 'name', e.name,
                              'title', e.title, 'protected', e.protected, 'colour', e.colour) order by e.position, e.name), '[]')
                              from environment e where e.id = any(b.environment_ids)),
                          'group', jsonb_build_object('id', g.id, 'name', g.name, 'title', g.title)) order by r.name), '[]')
                     from binding b join role r on r.id = b.role_id
                    where b.group_id = g.id) as "bindings!: Json<Vec<HeldBinding>>"
             from user_group g
            where g.deleted_at is null
              and ($1::uuid is null or g.id = $1)
              and ($2::text is null or strpos(g.name, lower($2)) > 0 or strpos(lower(g.title), lower($2)) > 0)
              and ($3::text is null or g.name > $3)
            order by g.name
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

/// The group of a name.
pub async fn by_name(conn: &mut PgConnection, name: &str) -> Result<Option<GroupId>> {
    let id = sqlx::query_scalar!(
        r#"select id as "id: GroupId" from user_group where name = $1 and deleted_at is null"#,
        name,
    )
    .fetch_optional(conn)
    .await?;
    Ok(id)
}

/// Makes a group. A taken name violates `user_group_name`.
pub async fn create(
    tx: &mut Tx,
    auth: &Authorized<GrantRoles, Platform>,
    name: &str,
    title: &str,
) -> Result<GroupId> {
    let id = GroupId::new();
    sqlx::query!(
        "insert into user_group (id, name, title, created_by) values ($1, $2, $3, $4)",
        id.0,
        name,
        title,
        auth.by().0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}

/// Changes the title if the version is still `version`; `None` says it is not.
pub async fn update(
    tx: &mut Tx,
    _auth: &Authorized<GrantRoles, Platform>,
    id: GroupId,
    version: i64,
    title: &str,
) -> Result<Option<i64>> {
    let new = sqlx::query_scalar!(
        "update user_group set title = $3, version = version + 1
          where id = $1 and version = $2 and deleted_at is null returning version",
        id.0,
        version,
        title,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(new)
}

/// Marks a group deleted and empties it; `false` says that it still holds a role or a place.
pub async fn delete(tx: &mut Tx, _auth: &Authorized<GrantRoles, Platform>, id: GroupId) -> Result<bool> {
    epochs::lock_group(tx, id).await?;
    let done = sqlx::query!(
        "update user_group g set deleted_at = app_now(), version = version + 1
          where id = $1
            and not exists (select from binding b where b.group_id = g.id)
            and not exists (select from resource_member r join system y on y.id = r.system_id and y.deleted_at is null
                             where r.group_id = g.id)",
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 1 {
        epochs::of_group(tx, id).await?;
        sqlx::query!("delete from group_member where group_id = $1", id.0).execute(&mut **tx).await?;
    }
    Ok(done.rows_affected() == 1)
}

/// Who is in it, by name; `after` is the last name of the page before.
pub async fn members(
    conn: &mut PgConnection,
    _auth: &Authorized<ReadUsers, Platform>,
    id: GroupId,
    search: Option<&str>,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<GroupMemberRow>> {
    let rows = sqlx::query_as!(
        GroupMemberRow,
        r#"select p.id as "id: PrincipalId", p.name, p.display_name, p.kind,
                  p.disabled_at is not null as "disabled!", m.since
             from group_member m join principal p on p.id = m.principal_id
            where m.group_id = $1
              and ($2::text is null or strpos(p.name, lower($2)) > 0 or strpos(lower(p.display_name), lower($2)) > 0)
              and ($3::text is null or p.name > $3)
            order by p.name
            limit $4"#,
        id.0,
        search,
        after,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// Takes somebody in, who may be in already, and returns how they are listed. Only people and service accounts.
pub async fn add_member(
    tx: &mut Tx,
    auth: &Authorized<GrantRoles, Platform>,
    group: GroupId,
    who: PrincipalId,
) -> Result<GroupMemberRow> {
    epochs::lock_group(tx, group).await?;
    sqlx::query!(
        "insert into group_member (group_id, principal_id, added_by)
         select $1, id, $3 from principal where id = $2 and kind in ('person', 'service_account')
         on conflict do nothing",
        group.0,
        who.0,
        auth.by().0,
    )
    .execute(&mut **tx)
    .await?;
    epochs::of_principal(tx, who).await?;
    let row = sqlx::query_as!(
        GroupMemberRow,
        r#"select p.id as "id: PrincipalId", p.name, p.display_name, p.kind,
                  p.disabled_at is not null as "disabled!", m.since
             from group_member m join principal p on p.id = m.principal_id
            where m.group_id = $1 and m.principal_id = $2"#,
        group.0,
        who.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(row)
}

/// Takes somebody out; `false` says that they were not in.
pub async fn remove_member(
    tx: &mut Tx,
    _auth: &Authorized<GrantRoles, Platform>,
    group: GroupId,
    who: PrincipalId,
) -> Result<bool> {
    epochs::lock_group(tx, group).await?;
    let done =
        sqlx::query!("delete from group_member where group_id = $1 and principal_id = $2", group.0, who.0,)
            .execute(&mut **tx)
            .await?;
    epochs::of_principal(tx, who).await?;
    Ok(done.rows_affected() == 1)
}

/// A role of a group, as joining it gives it.
#[derive(Clone, Debug)]
pub struct GivenRow {
    pub role: String,
    pub permissions: Vec<String>,
    pub environment_ids: Vec<EnvironmentId>,
}

/// The roles a group holds.
pub async fn roles(tx: &mut Tx, id: GroupId) -> Result<Vec<GivenRow>> {
    let rows = sqlx::query_as!(
        GivenRow,
        r#"select r.name as role, r.permissions, b.environment_ids as "environment_ids: Vec<EnvironmentId>"
             from binding b join role r on r.id = b.role_id where b.group_id = $1"#,
        id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

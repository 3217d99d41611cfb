//! Service accounts: principals that are no people. Each has an active person who answers for it; while that person is
//! disabled, so is the account (see [`crate::callers`]).

use chrono::{DateTime, Utc};
use shepherd_domain::authz::{Authorized, ManageUsers, Platform, ReadUsers};
use shepherd_domain::ids::PrincipalId;
use sqlx::PgConnection;

use crate::{Result, StoreError, Tx};

/// A service account as pages show it.
#[derive(Clone, Debug)]
pub struct AccountRow {
    pub id: PrincipalId,
    pub name: String,
    pub display_name: String,
    pub owner_id: PrincipalId,
    pub owner_name: String,
    pub owner_display: String,
    pub owner_disabled: bool,
    pub disabled: bool,
    pub created_at: DateTime<Utc>,
    pub version: i64,
}

/// By name; `after` is the last name of the page before.
pub async fn list(
    conn: &mut PgConnection,
    _auth: &Authorized<ReadUsers, Platform>,
    search: Option<&str>,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<AccountRow>> {
    select(conn, None, None, search, after, limit).await
}

/// Those a person answers for: few, and a limit guards what should not be.
pub async fn owned(conn: &mut PgConnection, owner: PrincipalId) -> Result<Vec<AccountRow>> {
    select(conn, None, Some(owner), None, None, 500).await
}

/// One of them, for a use case whose own check follows.
pub async fn one(conn: &mut PgConnection, id: PrincipalId) -> Result<AccountRow> {
    select(conn, Some(id), None, None, None, 1).await?.pop().ok_or(StoreError::NotFound)
}

async fn select(
    conn: &mut PgConnection,
    id: Option<PrincipalId>,
    owner: Option<PrincipalId>,
    search: Option<&str>,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<AccountRow>> {
    let rows = sqlx::query_as!(
        AccountRow,
        r#"select p.id as "id: PrincipalId", p.name, p.display_name, o.id as "owner_id: PrincipalId",
                  o.name as owner_name, o.display_name as owner_display,
                  o.disabled_at is not null as "owner_disabled!", p.disabled_at is not null as "disabled!",
                  p.created_at, p.version
             from principal p join principal o on o.id = p.owner_id
            where p.kind = 'service_account'
              and ($1::uuid is null or p.id = $1)
              and ($2::uuid is null or p.owner_id = $2)
              and ($3::text is null or strpos(p.name, lower($3)) > 0 or strpos(lower(p.display_name), lower($3)) > 0)
              and ($4::text is null or p.name > $4)
            order by p.name
            limit $5"#,
        id.map(|id| id.0),
        owner.map(|id| id.0),
        search,
        after,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// Whether somebody is an active person. Locks their row, so that they stay one until the commit.
pub async fn is_active_person(tx: &mut Tx, id: PrincipalId) -> Result<bool> {
    let active = sqlx::query_scalar!(
        r#"select (kind = 'person' and disabled_at is null) as "active!" from principal where id = $1 for share"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(active.unwrap_or(false))
}

/// Makes one. A taken name violates `principal_name_key`.
pub async fn create(
    tx: &mut Tx,
    _auth: &Authorized<ManageUsers, Platform>,
    name: &str,
    display_name: &str,
    owner: PrincipalId,
) -> Result<PrincipalId> {
    let id = PrincipalId::new();
    sqlx::query!(
        "insert into principal (id, kind, name, display_name, owner_id) values ($1, 'service_account', $2, $3, $4)",
        id.0,
        name,
        display_name,
        owner.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}

/// What changes of one; what is `None` stays.
#[derive(Clone, Copy, Debug, Default)]
pub struct AccountPatch<'a> {
    pub display_name: Option<&'a str>,
    pub disabled: Option<bool>,
    pub owner: Option<PrincipalId>,
}

/// Changes one if the version is still `version`; `None` says it is not. A new owner ends its tokens: the one before
/// may have kept them.
pub async fn update(
    tx: &mut Tx,
    _auth: &Authorized<ManageUsers, Platform>,
    id: PrincipalId,
    version: i64,
    patch: AccountPatch<'_>,
) -> Result<Option<i64>> {
    let new = sqlx::query_scalar!(
        "with ended as (
             update api_token set revoked_at = app_now()
              where principal_id = $1 and revoked_at is null
                and exists (select from principal where id = $1 and version = $2 and owner_id <> $5))
         update principal set display_name = coalesce($3, display_name), owner_id = coalesce($5, owner_id),
                disabled_at = case when $4 then coalesce(disabled_at, app_now()) when not $4 then null else disabled_at end,
                epoch = epoch + 1, version = version + 1
          where id = $1 and version = $2 and kind = 'service_account' returning version",
        id.0,
        version,
        patch.display_name,
        patch.disabled,
        patch.owner.map(|id| id.0),
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(new)
}

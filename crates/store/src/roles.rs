//! Roles: named sets of permissions. Names of permissions that this version does not know allow nothing.

use shepherd_domain::authz::{Authorized, GrantRoles, PLATFORM_ADMIN, Platform};
use shepherd_domain::ids::RoleId;
use sqlx::PgConnection;

use crate::{Result, Tx, epochs};

/// A role.
#[derive(Clone, Debug)]
pub struct RoleRow {
    pub id: RoleId,
    pub name: String,
    pub title: String,
    pub builtin: bool,
    pub permissions: Vec<String>,
    pub version: i64,
}

/// All roles, those that ship first. Roles are few; the limit guards against what should not be.
pub async fn list(conn: &mut PgConnection) -> Result<Vec<RoleRow>> {
    let rows = sqlx::query_as!(
        RoleRow,
        r#"select id as "id: RoleId", name, title, builtin, permissions, version from role
            order by builtin desc, id limit 500"#,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// The role of a name, to be given: it stays what it is until the commit.
pub async fn by_name(tx: &mut Tx, name: &str) -> Result<Option<RoleRow>> {
    let row = sqlx::query_as!(
        RoleRow,
        r#"select id as "id: RoleId", name, title, builtin, permissions, version from role where name = $1 for share"#,
        name,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

/// Whether there is a role of this name.
pub async fn exists(conn: &mut PgConnection, name: &str) -> Result<bool> {
    let found = sqlx::query_scalar!(r#"select exists (select from role where name = $1) as "found!""#, name)
        .fetch_one(conn)
        .await?;
    Ok(found)
}

/// One role.
pub async fn get(conn: &mut PgConnection, id: RoleId) -> Result<RoleRow> {
    let row = sqlx::query_as!(
        RoleRow,
        r#"select id as "id: RoleId", name, title, builtin, permissions, version from role where id = $1"#,
        id.0,
    )
    .fetch_one(conn)
    .await?;
    Ok(row)
}

/// One role, to be changed: nobody gives it or changes it until the commit.
pub async fn hold(tx: &mut Tx, id: RoleId) -> Result<RoleRow> {
    let row = sqlx::query_as!(
        RoleRow,
        r#"select id as "id: RoleId", name, title, builtin, permissions, version from role
            where id = $1 for update"#,
        id.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(row)
}

/// Makes a role. A taken name violates `role_name_key`.
pub async fn create(
    tx: &mut Tx,
    _auth: &Authorized<GrantRoles, Platform>,
    name: &str,
    title: &str,
    permissions: &[String],
) -> Result<RoleId> {
    let id = RoleId::new();
    sqlx::query!(
        "insert into role (id, name, title, builtin, permissions) values ($1, $2, $3, false, $4)",
        id.0,
        name,
        title,
        permissions,
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}

/// Changes a role that was locked with [`hold`]; everybody who holds it holds something else then.
pub async fn update(
    tx: &mut Tx,
    _auth: &Authorized<GrantRoles, Platform>,
    id: RoleId,
    title: &str,
    permissions: &[String],
) -> Result<()> {
    sqlx::query!(
        "update role set title = $2, permissions = $3, version = version + 1 where id = $1 and not builtin",
        id.0,
        title,
        permissions,
    )
    .execute(&mut **tx)
    .await?;
    epochs::of_role(tx, id).await
}

/// Deletes a role that was locked with [`hold`]; `false` says that it is held.
pub async fn delete(tx: &mut Tx, _auth: &Authorized<GrantRoles, Platform>, id: RoleId) -> Result<bool> {
    let done = sqlx::query!(
        "delete from role r where id = $1 and not builtin and not exists (select from binding b where b.role_id = r.id)",
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Makes everyone who would take a platform administrator away wait for each other, until the transaction ends.
/// Count them with [`platform_admins`] after the change and before the commit.
pub async fn lock_platform_admins(tx: &mut Tx) -> Result<()> {
    sqlx::query!("select id from role where name = $1 for no key update", PLATFORM_ADMIN)
        .fetch_one(&mut **tx)
        .await?;
    Ok(())
}

/// How many active people administer the platform, in every environment.
pub async fn platform_admins(tx: &mut Tx) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(distinct p.id) as "count!"
             from held_role h join role r on r.id = h.role_id join principal p on p.id = h.principal_id
            where r.name = $1 and h.all_environments and p.kind = 'person' and p.disabled_at is null"#,
        PLATFORM_ADMIN,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(count)
}

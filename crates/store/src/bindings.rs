//! Who holds which role, and in which environments. Every change moves the principal's epoch, so that open streams
//! and consoles look again at what they may show.

use shepherd_domain::authz::{Authorized, GrantRoles, Platform};
use shepherd_domain::ids::{BindingId, EnvironmentId, PrincipalId, RoleId};
use sqlx::PgConnection;

use crate::people::EnvironmentRow;
use crate::{Result, Tx};

/// A role to give.
pub struct NewBinding<'a> {
    pub principal: PrincipalId,
    pub role: RoleId,
    /// None means every environment, also those made later.
    pub environments: &'a [EnvironmentId],
    pub granted_by: PrincipalId,
}

/// Gives a role, for someone who may. `None` says that the principal holds just this already.
pub async fn grant(
    tx: &mut Tx,
    _auth: &Authorized<GrantRoles, Platform>,
    new: &NewBinding<'_>,
) -> Result<Option<BindingId>> {
    insert(tx, new).await
}

/// Gives a role without anybody's grant: the first administrator, the sample organisation.
pub async fn install(tx: &mut Tx, new: &NewBinding<'_>) -> Result<Option<BindingId>> {
    insert(tx, new).await
}

async fn insert(tx: &mut Tx, new: &NewBinding<'_>) -> Result<Option<BindingId>> {
    let id = BindingId::new();
    let mut environments: Vec<_> = new.environments.iter().map(|id| id.0).collect();
    environments.sort_unstable();
    environments.dedup();
    // Two equal grants at once wait for each other here.
    bump(tx, new.principal).await?;
    let done = sqlx::query!(
        "insert into binding (id, principal_id, role_id, environment_ids, all_environments, granted_by)
         select $1, $2, $3, $4, cardinality($4::uuid[]) = 0, $5
          where not exists (select from binding where principal_id = $2 and role_id = $3 and environment_ids = $4)",
        id.0,
        new.principal.0,
        new.role.0,
        &environments,
        new.granted_by.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok((done.rows_affected() == 1).then_some(id))
}

/// A grant that was taken away.
#[derive(Clone, Debug)]
pub struct RemovedRow {
    pub role: String,
    pub environment_ids: Vec<uuid::Uuid>,
}

/// Takes a grant away and returns what it was; `None` says that the principal has no such grant.
pub async fn revoke(
    tx: &mut Tx,
    _auth: &Authorized<GrantRoles, Platform>,
    principal: PrincipalId,
    id: BindingId,
) -> Result<Option<RemovedRow>> {
    let row = sqlx::query_as!(
        RemovedRow,
        r#"delete from binding b using role r
            where b.id = $1 and b.principal_id = $2 and r.id = b.role_id
           returning r.name as role, b.environment_ids"#,
        id.0,
        principal.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    bump(tx, principal).await?;
    Ok(row)
}

/// The environments, in the order people know them; all of them, or those of `ids`. They are few.
pub async fn environments(
    conn: &mut PgConnection,
    ids: Option<&[EnvironmentId]>,
) -> Result<Vec<EnvironmentRow>> {
    let ids: Option<Vec<_>> = ids.map(|ids| ids.iter().map(|id| id.0).collect());
    let rows = sqlx::query_as!(
        EnvironmentRow,
        r#"select id as "id: EnvironmentId", name, title, protected, colour from environment
            where $1::uuid[] is null or id = any($1)
            order by position, name limit 500"#,
        ids as Option<Vec<uuid::Uuid>>,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

async fn bump(tx: &mut Tx, principal: PrincipalId) -> Result<()> {
    sqlx::query!("update principal set epoch = epoch + 1 where id = $1", principal.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

//! Who holds which role, and in which environments. Every change moves the epoch of all whom it concerns.

use shepherd_domain::authz::{Authorized, GrantRoles, Platform};
use shepherd_domain::ids::{BindingId, EnvironmentId, GroupId, PrincipalId, RoleId};
use sqlx::PgConnection;

use crate::people::EnvironmentRow;
use crate::{Result, Tx, epochs};

/// Whom a role is given to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    Principal(PrincipalId),
    Group(GroupId),
}

impl Holder {
    pub(crate) fn ids(self) -> (Option<uuid::Uuid>, Option<uuid::Uuid>) {
        match self {
            Self::Principal(id) => (Some(id.0), None),
            Self::Group(id) => (None, Some(id.0)),
        }
    }

    /// Two equal grants at once wait for each other here.
    pub(crate) async fn touch(self, tx: &mut Tx) -> Result<()> {
        match self {
            Self::Principal(id) => epochs::of_principal(tx, id).await,
            Self::Group(id) => {
                epochs::lock_group(tx, id).await?;
                epochs::of_group(tx, id).await
            }
        }
    }
}

/// A role to give.
pub struct NewBinding<'a> {
    pub holder: Holder,
    pub role: RoleId,
    /// None means every environment, also those made later.
    pub environments: &'a [EnvironmentId],
    pub granted_by: PrincipalId,
}

/// Gives a role, for someone who may. `None` says that the holder has just this already.
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
    new.holder.touch(tx).await?;
    let (principal, group) = new.holder.ids();
    let done = sqlx::query!(
        "insert into binding (id, principal_id, group_id, role_id, environment_ids, all_environments, granted_by)
         select $1, $2, $3, $4, $5, cardinality($5::uuid[]) = 0, $6
          where not exists (select from binding where (principal_id = $2 or group_id = $3)
                               and role_id = $4 and environment_ids = $5)",
        id.0,
        principal,
        group,
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
    pub permissions: Vec<String>,
    pub environment_ids: Vec<uuid::Uuid>,
}

/// Takes a grant away and returns what it was; `None` says that the holder has no such grant.
pub async fn revoke(
    tx: &mut Tx,
    _auth: &Authorized<GrantRoles, Platform>,
    holder: Holder,
    id: BindingId,
) -> Result<Option<RemovedRow>> {
    holder.touch(tx).await?;
    let (principal, group) = holder.ids();
    let row = sqlx::query_as!(
        RemovedRow,
        r#"delete from binding b using role r
            where b.id = $1 and (b.principal_id = $2 or b.group_id = $3)
              and r.id = b.role_id
           returning r.name as role, r.permissions, b.environment_ids"#,
        id.0,
        principal,
        group,
    )
    .fetch_optional(&mut **tx)
    .await?;
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

//! Systems that lost their last active owner: a row waits until somebody names a new one.

use chrono::{DateTime, Utc};
use shepherd_domain::authz::{Authorized, ManageUsers, Platform, ReadUsers};
use shepherd_domain::ids::{PrincipalId, SystemId, TransferId};
use sqlx::PgConnection;

use crate::{Result, Tx, epochs};

/// A transfer as pages show it.
#[derive(Clone, Debug)]
pub struct TransferRow {
    pub id: TransferId,
    pub system_id: SystemId,
    pub system_name: String,
    pub former_id: PrincipalId,
    pub former_name: String,
    pub former_display: String,
    pub cause: String,
    pub opened_at: DateTime<Utc>,
    pub owner_id: Option<PrincipalId>,
    pub owner_name: Option<String>,
    pub owner_display: Option<String>,
    pub resolved_at: Option<DateTime<Utc>>,
}

/// Oldest first; `after` is the last of the page before. Those of deleted Systems wait for nobody and are left out.
pub async fn list(
    conn: &mut PgConnection,
    _auth: &Authorized<ReadUsers, Platform>,
    open: Option<bool>,
    after: Option<TransferId>,
    limit: i64,
) -> Result<Vec<TransferRow>> {
    select(conn, None, open, after, limit).await
}

/// One of them.
pub async fn get(
    conn: &mut PgConnection,
    _auth: &Authorized<ReadUsers, Platform>,
    id: TransferId,
) -> Result<TransferRow> {
    select(conn, Some(id), None, None, 1).await?.pop().ok_or(crate::StoreError::NotFound)
}

async fn select(
    conn: &mut PgConnection,
    id: Option<TransferId>,
    open: Option<bool>,
    after: Option<TransferId>,
    limit: i64,
) -> Result<Vec<TransferRow>> {
    let rows = sqlx::query_as!(
        TransferRow,
        r#"select t.id as "id: TransferId", t.system_id as "system_id: SystemId", y.name as system_name,
                  f.id as "former_id: PrincipalId", f.name as former_name, f.display_name as former_display, t.cause,
                  t.opened_at, t.new_owner_id as "owner_id: PrincipalId", o.name as "owner_name?",
                  o.display_name as "owner_display?", t.resolved_at
             from ownership_transfer t
             join system y on y.id = t.system_id and (y.deleted_at is null or t.resolved_at is not null)
             join principal f on f.id = t.former_owner_id
             left join principal o on o.id = t.new_owner_id
            where ($1::uuid is null or t.id = $1)
              and ($2::boolean is null or $2 = (t.resolved_at is null))
              and ($3::uuid is null or t.id > $3)
            order by t.id
            limit $4"#,
        id.map(|id| id.0),
        open,
        after.map(|id| id.0),
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// A System whose last active owner has gone.
#[derive(Clone, Debug)]
pub struct OrphanRow {
    pub transfer: TransferId,
    pub system: SystemId,
    pub name: String,
}

/// Opens a transfer for each System of which this person was the last active owner, to be called when they are an active
/// owner no more. `only` looks at one System, whose owner they were until now; otherwise at all that they own.
pub async fn open(
    tx: &mut Tx,
    former: PrincipalId,
    only: Option<SystemId>,
    cause: &str,
    by: PrincipalId,
) -> Result<Vec<OrphanRow>> {
    // Locked in the order of their ids, so that nobody removes another owner meanwhile.
    let systems = sqlx::query_scalar!(
        r#"select id as "id: SystemId" from system
            where deleted_at is null
              and (id = $2 or ($2::uuid is null and id in
                   (select system_id from system_member where principal_id = $1 and role = 'owner')))
            order by id for no key update"#,
        former.0,
        only.map(|id| id.0),
    )
    .fetch_all(&mut **tx)
    .await?;
    let systems: Vec<_> = systems.into_iter().map(|id| id.0).collect();
    let ids: Vec<_> = systems.iter().map(|_| TransferId::new().0).collect();
    let rows = sqlx::query_as!(
        OrphanRow,
        r#"with made as (
             insert into ownership_transfer (id, system_id, former_owner_id, cause, opened_by)
             select new.id, new.system_id, $3, $4, $5 from unnest($1::uuid[], $2::uuid[]) new (id, system_id)
              where not exists (select from system_member o join principal p on p.id = o.principal_id
                                 where o.system_id = new.system_id and o.role = 'owner' and p.kind = 'person'
                                   and p.disabled_at is null)
             on conflict (system_id) where resolved_at is null do nothing
             returning id, system_id)
           select made.id as "transfer: TransferId", y.id as "system: SystemId", y.name
             from made join system y on y.id = made.system_id order by y.name"#,
        &ids,
        &systems,
        former.0,
        cause,
        by.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Ends the waiting of every System that has an active owner again because this person is one.
pub async fn close(tx: &mut Tx, owner: PrincipalId) -> Result<()> {
    sqlx::query!(
        "update ownership_transfer t set resolved_at = app_now(), resolved_by = $1, new_owner_id = $1
          where t.resolved_at is null
            and exists (select from system_member m join principal p on p.id = m.principal_id
                         where m.system_id = t.system_id and m.principal_id = $1 and m.role = 'owner'
                           and p.disabled_at is null)",
        owner.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Makes the person an owner and ends the waiting; a former owner who is disabled becomes a member. `false` says that
/// it had ended before.
pub async fn resolve(
    tx: &mut Tx,
    auth: &Authorized<ManageUsers, Platform>,
    id: TransferId,
    owner: PrincipalId,
) -> Result<bool> {
    let system = sqlx::query_scalar!(
        r#"select y.id as "id: SystemId" from ownership_transfer t join system y on y.id = t.system_id
            where t.id = $1 and y.deleted_at is null for update of y"#,
        id.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    let done = sqlx::query!(
        "update ownership_transfer set resolved_at = app_now(), resolved_by = $2, new_owner_id = $3
          where id = $1 and resolved_at is null",
        id.0,
        auth.by().0,
        owner.0,
    )
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query!(
        "update system_member m set role = 'member' from principal p
          where m.system_id = $1 and m.role = 'owner' and p.id = m.principal_id and p.disabled_at is not null",
        system.0,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into system_member (system_id, principal_id, role) values ($1, $2, 'owner')
         on conflict (system_id, principal_id) do update set role = 'owner'",
        system.0,
        owner.0,
    )
    .execute(&mut **tx)
    .await?;
    epochs::of_principal(tx, owner).await?;
    Ok(true)
}

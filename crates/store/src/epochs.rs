//! The epoch of a principal grows with every change of what they hold: open streams and consoles on every replica
//! compare it and look again.
//!
//! A change of a group or a role is one of everybody who holds through it, in the same transaction and one statement.
//! So that nobody joins unseen meanwhile, whoever changes a group or adds to it locks the group first ([`lock_group`]),
//! and whoever changes a role or gives it locks the role before that. Rows of principals are locked in the order of
//! their ids, so that two such changes never wait for each other in a circle.

use shepherd_domain::ids::{GroupId, PrincipalId, RoleId};

use crate::{Result, StoreError, Tx};

/// One principal holds something else now.
pub async fn of_principal(tx: &mut Tx, id: PrincipalId) -> Result<()> {
    sqlx::query!("update principal set epoch = epoch + 1 where id = $1", id.0).execute(&mut **tx).await?;
    Ok(())
}

/// Every member of a group does.
pub async fn of_group(tx: &mut Tx, id: GroupId) -> Result<()> {
    sqlx::query!(
        "with held as materialized (
             select p.id from group_member m join principal p on p.id = m.principal_id
              where m.group_id = $1 order by p.id for no key update of p)
         update principal set epoch = epoch + 1 where id in (select id from held)",
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Every holder of a role does, whichever way they hold it. The role must be locked.
pub async fn of_role(tx: &mut Tx, id: RoleId) -> Result<()> {
    sqlx::query!(
        "select id from user_group where id in (select group_id from binding where role_id = $1 and group_id is not null)
          order by id for no key update",
        id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    sqlx::query!(
        "with held as materialized (
             select p.id from principal p
              where p.id in (select h.principal_id from held_role h where h.role_id = $1)
              order by p.id for no key update)
         update principal set epoch = epoch + 1 where id in (select id from held)",
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Makes every other change of a group, and everyone who would join or leave it, wait until the commit.
pub async fn lock_group(tx: &mut Tx, id: GroupId) -> Result<()> {
    sqlx::query!("select id from user_group where id = $1 and deleted_at is null for no key update", id.0)
        .fetch_optional(&mut **tx)
        .await?
        .map(drop)
        .ok_or(StoreError::NotFound)
}

//! How a pool comes to another spec and back.
//!
//! A pool remembers what its members were before the rollout that is under way, or the last one. A spec that never came to
//! its end is nothing to go back to: what was before it stays remembered.

use serde_json::Value;
use shepherd_domain::ids::{PoolId, RequestId};

use crate::{Result, Tx};

/// Gives it another spec that was agreed to. Another spec of its members begins a rollout.
pub async fn change(
    tx: &mut Tx,
    id: PoolId,
    spec: &Value,
    desired: i64,
    agreed_by: RequestId,
) -> Result<i64> {
    let version = sqlx::query_scalar!(
        r#"update pool set spec = $2, desired = $3, agreed_by = $4, revision = revision + 1, due_at = app_now(),
                version = version + 1,
                member_revision = case when other then revision + 1 else member_revision end,
                before_member = case when other and whole then spec->'member' when other and rolled_back_at is not null then null
                    else before_member end,
                before_revision = case when other and whole then member_revision when other and rolled_back_at is not null
                    then null else before_revision end,
                before_agreed_by = case when other and whole then agreed_by when other and rolled_back_at is not null then null
                    else before_agreed_by end,
                rollout_since = case when other then app_now() else rollout_since end,
                rollout_done_at = case when other then null else rollout_done_at end,
                rollout_paused = rollout_paused and not other,
                rollout_behind_since = case when other then null else rollout_behind_since end,
                rolled_back_at = case when other then null else rolled_back_at end
           from (select l.id as pool_id, l.spec->'member' is distinct from ($2::jsonb)->'member' as other,
                        l.rollout_since is null or l.rollout_done_at is not null as whole
                   from pool l where l.id = $1) as seen
          where id = $1 and seen.pool_id = id returning version"#,
        id.0,
        spec,
        desired,
        agreed_by.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(version)
}

/// Has a rollout rest, or go on with its time beginning anew. `false`: none is under way.
pub async fn set_paused(tx: &mut Tx, id: PoolId, paused: bool) -> Result<bool> {
    let done = sqlx::query!(
        "update pool set rollout_paused = $2, rollout_since = app_now(), rollout_behind_since = null, due_at = app_now(), version = version + 1
          where id = $1 and rollout_since is not null and rollout_done_at is null",
        id.0,
        paused,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Takes the members back to what they were before: those that are of that spec stay, the others go once they are
/// relieved. `false`: there is nothing to go back to.
pub async fn roll_back(tx: &mut Tx, id: PoolId, spec: &Value) -> Result<bool> {
    let revision = sqlx::query_scalar!(
        r#"update pool set spec = $2, revision = revision + 1, member_revision = before_revision,
                agreed_by = before_agreed_by, before_member = null, before_revision = null, before_agreed_by = null,
                rollout_since = app_now(), rollout_done_at = null, rollout_paused = false,
                rollout_behind_since = null, rolled_back_at = app_now(),
                due_at = app_now(), version = version + 1
          where id = $1 and before_member is not null returning member_revision"#,
        id.0,
        spec,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(revision) = revision else { return Ok(false) };
    sqlx::query!(
        "update vm set pool_leaving = true, version = version + 1
          where pool_id = $1 and deleted_at is null and not pool_leaving and pool_revision <> $2",
        id.0,
        revision,
    )
    .execute(&mut **tx)
    .await?;
    // Now their places are free for those they were to relieve.
    sqlx::query!(
        "update vm set pool_leaving = false, version = version + 1
          where pool_id = $1 and deleted_at is null and pool_leaving and pool_revision = $2
            and state in ('creating', 'active', 'restoring', 'failed')
            and not exists (select from vm o where o.pool_id = $1 and o.pool_ordinal = vm.pool_ordinal and o.id <> vm.id
                and not o.pool_leaving and o.state in ('creating', 'active', 'restoring', 'failed'))",
        id.0,
        revision,
    )
    .execute(&mut **tx)
    .await?;
    Ok(true)
}

/// Remembers since when somebody of the new spec is missing, or that nobody is.
pub async fn behind(tx: &mut Tx, id: PoolId, behind: bool) -> Result<()> {
    sqlx::query!(
        "update pool set rollout_behind_since = case when $2 then app_now() end
          where id = $1 and (rollout_behind_since is not null) <> $2",
        id.0,
        behind,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Every member is of the spec they were to be brought to. `false`: that was known.
pub async fn done(tx: &mut Tx, id: PoolId) -> Result<bool> {
    let done = sqlx::query!(
        "update pool set rollout_done_at = app_now(), version = version + 1
          where id = $1 and rollout_since is not null and rollout_done_at is null",
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

//! The trash: VMs that were deleted and are kept for a time.

use shepherd_domain::ids::VmId;

use crate::{Result, Tx};

/// Puts a VM in, for as long as its environment keeps what is deleted.
pub async fn put(tx: &mut Tx, id: VmId) -> Result<i64> {
    let version = sqlx::query_scalar!(
        "update vm m set state = 'trashed', trashed_at = app_now(), version = m.version + 1,
                purge_at = app_now() + make_interval(days =>
                    coalesce(e.trash_days, case when e.protected then 30 else 7 end))
           from environment e where m.id = $1 and e.id = m.environment_id returning m.version",
        id.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(version)
}

/// Takes a VM out: it is in use again.
pub async fn take_out(tx: &mut Tx, id: VmId) -> Result<i64> {
    let version = sqlx::query_scalar!(
        "update vm set state = 'active', trashed_at = null, purge_at = null, wanted_power = 'running',
                version = version + 1
          where id = $1 returning version",
        id.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(version)
}

/// What was to take a VM out did not come to its end: it stays, at least for so many hours more.
pub async fn keep(tx: &mut Tx, id: VmId, hours: i32) -> Result<i64> {
    let version = sqlx::query_scalar!(
        "update vm set state = 'trashed', purge_at = greatest(purge_at, app_now() + make_interval(hours => $2)),
                version = version + 1
          where id = $1 returning version",
        id.0,
        hours,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(version)
}

/// Locks a VM whose time is over and that nobody wants back. Skips what someone else is working on.
pub async fn lock_due(tx: &mut Tx) -> Result<Option<VmId>> {
    let id = sqlx::query_scalar!(
        r#"select m.id as "id: VmId" from vm m
            where m.state = 'trashed' and m.purge_at <= app_now() and not m.delete_protected
              and not exists (select from request r where r.vm_id = m.id and r.operation = 'vm.restore'
                                 and r.state in ('pending', 'changes_requested', 'approved', 'executing'))
            order by m.purge_at limit 1 for no key update of m skip locked"#,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(id)
}

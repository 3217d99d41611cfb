//! How long a request waits for its people, as the policies it was judged by say.

use shepherd_domain::ids::RequestId;
use shepherd_domain::policy::Pending;

use crate::{Result, Tx};

/// Sets the wait of a request that was just judged, from now on. What nobody has to decide does not wait.
pub async fn wait(tx: &mut Tx, id: RequestId, pending: Pending) -> Result<()> {
    sqlx::query!(
        "update request set pending_hours = $2, pending_then = $3,
                expires_at = case when expires_at is not null then app_now() + make_interval(hours => $2) end
          where id = $1",
        id.0,
        i32::try_from(pending.hours).unwrap_or(i32::MAX),
        pending.then.as_str(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Requests past their time, waiting for their approvers or for their requester. For the reconciler; skips what someone
/// else is working on.
pub async fn lock_expired(tx: &mut Tx, limit: i64) -> Result<Vec<RequestId>> {
    let ids = sqlx::query_scalar!(
        r#"select id as "id: RequestId" from request
            where state in ('pending', 'changes_requested') and expires_at <= app_now()
            order by expires_at limit $1 for update skip locked"#,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(ids)
}

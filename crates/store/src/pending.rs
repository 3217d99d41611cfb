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

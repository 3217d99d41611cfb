//! How a cluster is, as its watcher knows. Apart from the cluster, because it changes all the time. What a probe found
//! is in [`crate::clusters`].

use shepherd_domain::ids::ClusterId;

use crate::lease::{self, Lease};
use crate::{Result, Tx};

/// What the watcher has to say.
pub struct Heard<'a> {
    pub health: &'a str,
    pub message: Option<&'a str>,
    pub breaker: &'a str,
    /// It was heard from just now.
    pub fresh: bool,
}

/// Writes it, and says whether anything but the freshness has changed. `unknown` is what a watcher says that has heard
/// nothing yet: it does not contradict what was known.
pub async fn write(tx: &mut Tx, lease: &Lease, cluster: ClusterId, heard: &Heard<'_>) -> Result<bool> {
    lease::guard(tx, lease).await?;
    let changed = sqlx::query_scalar!(
        r#"with before as (select health, breaker, message from cluster_status where cluster_id = $1)
           insert into cluster_status (cluster_id, health, message, breaker, observed_at, epoch)
           values ($1, $2, $3, $4, case when $5 then app_now() end, $6)
           on conflict (cluster_id) do update set
              health = case excluded.health when 'unknown' then cluster_status.health else excluded.health end,
              message = case excluded.health when 'unknown' then cluster_status.message else excluded.message end,
              breaker = excluded.breaker, observed_at = coalesce(excluded.observed_at, cluster_status.observed_at),
              epoch = excluded.epoch
           returning (select (b.health, b.breaker, b.message)
                               is distinct from (cluster_status.health, cluster_status.breaker, cluster_status.message)
                        from (select 1) one left join before b on true) as "changed!""#,
        cluster.0,
        heard.health,
        heard.message,
        heard.breaker,
        heard.fresh,
        lease.epoch,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(changed)
}

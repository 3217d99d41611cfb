//! Pools: groups of VMs kept at their count, spec and health.
//!
//! What a pool is was agreed to like everything else; inside that it acts alone. A manager holds the pool's lease, plans
//! from what is seen, does the first act of the plan in one transaction under lease and lock, and plans anew, until
//! nothing is left to do. Each act is an operation with the pool as its cause, written with its reason and its audit
//! entry. Whatever happens to a member wakes its pool; besides, each is looked at from time to time.
//! Not here: what to do, which is `domain::pool`; and asking for pools, which is `requests::pools`.

mod acts;
mod health;
mod observe;
mod read;
mod rollout;
mod steer;
mod view;
mod work;

pub use health::CheckNetworks;
pub use read::ListPools;
pub(crate) use rollout::under_way;
pub(crate) use steer::not_active;

use shepherd_domain::ids::{PoolId, RequestId};
use shepherd_domain::pool::PoolSpec;
use shepherd_domain::quota::Amount;
use shepherd_jobs::{Job, JobKind};
use shepherd_store::{Tx, quota};

use crate::Result;

/// A stored spec.
pub(crate) fn stored_spec(spec: &serde_json::Value) -> Result<PoolSpec> {
    Ok(serde_json::from_value(spec.clone())?)
}

/// Makes what a pool has reserved these amounts.
pub(crate) async fn settle(tx: &mut Tx, account: RequestId, amounts: &[Amount]) -> Result<()> {
    let amounts: Vec<(&str, i64)> = amounts.iter().map(|a| (a.dimension.as_str(), a.amount)).collect();
    Ok(quota::settle_pool(tx, account, Some(&amounts)).await?)
}

/// Has a pool looked at once this is committed.
pub(crate) async fn wake(tx: &mut Tx, pool: PoolId) -> Result<()> {
    Ok(shepherd_jobs::enqueue(tx, Job::new(JobKind::Reconcile, pool)).await?)
}

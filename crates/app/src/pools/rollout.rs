//! What is done with a rollout: rest, go on, go back, and its end.
//!
//! Going back is inside what was agreed to, because what it goes back to was agreed to as well; it takes no more than is
//! reserved. While a rollout is under way both specs are; once it is over only the new one is.

use serde_json::json;
use shepherd_contract::types::Pool;
use shepherd_domain::ids::PoolId;
use shepherd_domain::pool::{Class, Plan, PoolSpec};
use shepherd_domain::reason::Reason;
use shepherd_store::pool_rollouts as store;
use shepherd_store::pools::{self, PoolRow};
use shepherd_store::{Tx, pool_work};

use super::observe::Seen;
use super::work::{about, pool_event};
use super::{settle, stored_spec};
use crate::change::Change;
use crate::{App, Cx, Error, Result};

/// Whether members are being brought to another spec.
pub(crate) const fn under_way(row: &PoolRow) -> bool {
    row.rollout_since.is_some() && row.rollout_done_at.is_none()
}

/// What the pool would be if it went back; `None` where there is nothing to go back to, or it would take more than is
/// reserved.
pub(super) fn back(row: &PoolRow) -> Result<Option<PoolSpec>> {
    let Some(member) = row.before_member.clone() else { return Ok(None) };
    let spec = stored_spec(&row.spec)?;
    let before = spec.of(serde_json::from_value(member)?);
    let fits = under_way(row) || spec.growth(&before).is_empty();
    Ok(fits.then_some(before))
}

impl App {
    /// Has a rollout rest: no further member gets the new spec.
    pub async fn pause_pool_rollout(&self, cx: &Cx, id: PoolId) -> Result<Pool> {
        self.rest_rollout(cx, id, true).await
    }

    /// Lets it go on.
    pub async fn resume_pool_rollout(&self, cx: &Cx, id: PoolId) -> Result<Pool> {
        self.rest_rollout(cx, id, false).await
    }

    async fn rest_rollout(&self, cx: &Cx, id: PoolId, paused: bool) -> Result<Pool> {
        self.steer(cx, id, async |change, _| {
            if !store::set_paused(change.tx(), id, paused).await? {
                return Err(Error::conflict("NO_ROLLOUT", "No rollout of this pool is under way."));
            }
            Ok((json!({ "rollout_paused": !paused }), json!({ "rollout_paused": paused })))
        })
        .await
    }

    /// Goes back to the spec before the last rollout.
    pub async fn roll_back_pool(&self, cx: &Cx, id: PoolId) -> Result<Pool> {
        self.steer(cx, id, async |change, held| {
            let row = pools::load(change.tx(), id).await?;
            go_back(change.tx(), &row).await?;
            Ok((json!({ "revision": held.revision }), json!({ "revision": held.revision + 1 })))
        })
        .await
    }

    /// Gives a rollout up, of the pool's own accord.
    pub(super) async fn give_rollout_up(
        &self,
        mut change: Change<'_>,
        seen: &Seen,
        reason: &Reason,
    ) -> Result<()> {
        go_back(change.tx(), &seen.row).await?;
        pool_work::acted(change.tx(), seen.row.id, "roll_back", None, None, reason).await?;
        change.event(pool_event(seen, 0));
        let entry = about(seen, "pool.act")
            .code(reason.code.to_string())
            .after(json!({ "act": "roll_back", "reason": reason }));
        change.commit(entry, ()).await
    }

    /// Remembers how a rollout goes, and notices its end: from then on only the new spec is reserved.
    pub(super) async fn follow_rollout(change: &mut Change<'_>, seen: &Seen, plan: &Plan) -> Result<()> {
        if seen.row.state != "active" || !under_way(&seen.row) {
            return Ok(());
        }
        let unseen = |class| matches!(class, Class::Unknown | Class::UnknownTooLong);
        // Of whom nobody can see it is not said that they are not missing.
        if plan.behind || !plan.members.iter().any(|one| unseen(one.class)) {
            store::behind(change.tx(), seen.row.id, plan.behind).await?;
        }
        if plan.rolled_out && store::done(change.tx(), seen.row.id).await? {
            settle(change.tx(), seen.row.request_id, &seen.spec.amounts()).await?;
            change.event(pool_event(seen, seen.row.version + 1));
        }
        Ok(())
    }
}

async fn go_back(tx: &mut Tx, row: &PoolRow) -> Result<()> {
    let Some(before) = back(row)? else {
        let text = "There is no earlier spec that the pool could go back to; ask to change it.";
        return Err(Error::conflict("NOTHING_TO_GO_BACK_TO", text));
    };
    let both = PoolSpec::amounts_of_all([&before, &stored_spec(&row.spec)?]);
    store::roll_back(tx, row.id, &serde_json::to_value(&before)?).await?;
    settle(tx, row.request_id, &both).await
}

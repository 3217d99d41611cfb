//! What follows the approval of a pool, in its transaction: its row and its reservation. The members are its own doing.

use shepherd_domain::ids::PoolId;
use shepherd_domain::pool::{PoolChangeSpec, PoolCreateSpec, PoolSpec};
use shepherd_domain::spec::Spec;
use shepherd_store::events::Event;
use shepherd_store::pools::{self, NewPool};
use shepherd_store::{StoreError, pool_health, pool_rollouts, quota, request_facts};

use super::approved::facts_of;
use super::view::Whole;
use crate::change::Change;
use crate::pools::{not_active, settle, under_way, wake};
use crate::{App, Error, Result};

impl App {
    pub(super) async fn pool_approved(
        &self,
        change: &mut Change<'_>,
        whole: &Whole,
        spec: &Spec,
    ) -> Result<()> {
        let (id, version) = match spec {
            Spec::PoolCreate(create) => (write(change, whole, create).await?, 1),
            Spec::PoolChange(to) => (to.pool_id, rewrite(change, whole, to).await?),
            Spec::PoolDelete(of) => {
                let held = pools::hold(change.tx(), of.pool_id).await?;
                if held.state != "active" {
                    return Err(not_active(&held.state));
                }
                (of.pool_id, pools::let_go(change.tx(), of.pool_id).await?)
            }
            _ => return Err(Error::Internal("not a pool's request".into())),
        };
        if whole.row.automatic_rule.is_none() {
            self.pool_takes(change, whole).await?;
        }
        let at = pools::scope(change.tx(), id).await?;
        let asked = match spec {
            Spec::PoolCreate(create) => !create.pool.upkeep.health.is_empty(),
            Spec::PoolChange(to) => !to.to.upkeep.health.is_empty(),
            _ => false,
        };
        pool_health::follow(change.tx(), id, asked).await?;
        let event = Event::new("pool", id, version);
        change.event(event.system(at.system).service(at.service).environment(at.environment));
        wake(change.tx(), id).await
    }

    /// Makes what a pool's request has reserved the pool's. Of other requests it changes nothing.
    pub(super) async fn pool_takes(&self, change: &mut Change<'_>, whole: &Whole) -> Result<()> {
        match whole.effective()? {
            Spec::PoolCreate(_) => Ok(quota::settle_pool(change.tx(), whole.row.id, None).await?),
            Spec::PoolChange(to) => {
                // Members of what was are there until the rollout is over.
                let row = pools::load(change.tx(), to.pool_id).await?;
                let amounts = match (under_way(&row), row.before_member.clone()) {
                    (false, _) => to.to.amounts(),
                    (true, None) => PoolSpec::amounts_of_all([&to.from, &to.to]),
                    (true, Some(member)) => {
                        let before = to.to.of(serde_json::from_value(member)?);
                        PoolSpec::amounts_of_all([&before, &to.from, &to.to])
                    }
                };
                settle(change.tx(), row.request_id, &amounts).await?;
                Ok(quota::release_request(change.tx(), whole.row.id).await?)
            }
            _ => Ok(()),
        }
    }
}

async fn write(change: &mut Change<'_>, whole: &Whole, create: &PoolCreateSpec) -> Result<PoolId> {
    let (id, row, member) = (PoolId::new(), &whole.row, &create.pool.member);
    request_facts::hold(change.tx(), member.service_id, member.namespace_id).await?;
    facts_of(change.tx(), member).await?;
    let new = NewPool {
        id,
        name: create.name.as_str(),
        system: member.system_id,
        service: member.service_id,
        environment: member.environment_id,
        namespace: member.namespace_id,
        request: row.id,
        created_by: row.requester_id,
        spec: &serde_json::to_value(&create.pool)?,
        desired: create.desired,
        sample: row.sample,
    };
    pools::insert(change.tx(), &new).await.map_err(taken)?;
    Ok(id)
}

async fn rewrite(change: &mut Change<'_>, whole: &Whole, to: &PoolChangeSpec) -> Result<i64> {
    let held = pools::hold(change.tx(), to.pool_id).await?;
    if held.state != "active" {
        return Err(not_active(&held.state));
    }
    if held.revision != to.revision {
        let text = "The pool was changed since this was made from it; ask anew.";
        return Err(Error::conflict("POOL_CHANGED", text));
    }
    let desired = held.desired.clamp(to.to.min, to.to.max);
    let spec = serde_json::to_value(&to.to)?;
    Ok(pool_rollouts::change(change.tx(), to.pool_id, &spec, desired, whole.row.id).await?)
}

fn taken(error: StoreError) -> Error {
    match error.unique_violation() {
        Some("pool_name") => Error::conflict(
            "NAME_TAKEN",
            "The Service has a pool of this name already in this environment; this request can only be rejected.",
        ),
        _ => error.into(),
    }
}

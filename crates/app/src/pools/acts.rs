//! What a pool does, each act one transaction: the operation, the memory, the history, the audit.

use serde_json::{Value, json};
use shepherd_domain::ids::VmId;
use shepherd_domain::plan;
use shepherd_domain::pool::{Act, Planned};
use shepherd_domain::reason::Reason;
use shepherd_domain::spec::{Spec, canonical};
use shepherd_domain::states::{AuditOutcome, PowerState, RequestOperation};
use shepherd_jobs::Job;
use shepherd_store::events::Event;
use shepherd_store::lease::{self, Lease};
use shepherd_store::operations::{self, NewOperation};
use shepherd_store::pool_work::{self, MemberRow};
use shepherd_store::request_facts::{self, Named};
use shepherd_store::{pools, vms};

use super::observe::Seen;
use super::work::{Turn, about, pool_event};
use crate::change::{Audit, Change};
use crate::operations::effect_action;
use crate::requests::{Making, Place};
use crate::{App, Error, Result};

impl App {
    pub(super) async fn act_on_pool(
        &self,
        mut change: Change<'_>,
        lease: &Lease,
        seen: &Seen,
        planned: &Planned,
    ) -> Result<Turn> {
        let Planned { act, reason } = planned;
        match *act {
            Act::Create { ordinal } => {
                let made = self.make_member(&mut change, seen, ordinal).await;
                match made {
                    Ok(vm) => self.pool_acted(change, seen, ("create", ordinal, vm), reason).await?,
                    Err(error) => {
                        // What was written is void with its transaction; what is kept is that it could not be.
                        drop(change);
                        self.refused_member(lease, seen, ordinal, error).await?;
                    }
                }
            }
            Act::RollBack => self.give_rollout_up(change, seen, reason).await?,
            Act::Relieve { vm, ordinal } => {
                pool_work::relieve(change.tx(), vm).await?;
                self.pool_acted(change, seen, ("relieve", ordinal, vm), reason).await?;
            }
            Act::Restart { vm, ordinal } => {
                if !self.still(&mut change, seen, vm).await? {
                    return Ok(Turn::Rest);
                }
                let place = seen.observed.places.get(&ordinal).copied().unwrap_or_default();
                pool_work::set_place(change.tx(), seen.row.id, ordinal, &place.restarted(seen.now)).await?;
                let power = member(seen, vm)?.power.as_deref().map(PowerState::from);
                let down =
                    matches!(power, Some(PowerState::Stopped | PowerState::Failed | PowerState::CrashLoop));
                let operation = if down { RequestOperation::Start } else { RequestOperation::Restart };
                self.work_on_member(&mut change, seen, vm, operation, json!({}), reason).await?;
                vms::set_wanted(change.tx(), vm, "running").await?;
                self.pool_acted(change, seen, ("restart", ordinal, vm), reason).await?;
            }
            Act::Delete { vm, ordinal, remedy } => {
                if !self.still(&mut change, seen, vm).await? {
                    return Ok(Turn::Rest);
                }
                if remedy {
                    let place = seen.observed.places.get(&ordinal).copied().unwrap_or_default();
                    let place = place.recreated(seen.now);
                    pool_work::set_place(change.tx(), seen.row.id, ordinal, &place).await?;
                }
                let was = json!({ "was": member(seen, vm)?.state });
                self.work_on_member(&mut change, seen, vm, RequestOperation::Purge, was, reason).await?;
                vms::set_state(change.tx(), vm, "deleting", Some("stopped")).await?;
                self.pool_acted(change, seen, ("delete", ordinal, vm), reason).await?;
            }
        }
        Ok(Turn::Again)
    }

    /// Whether a member is as it was seen, now that nobody else can begin anything on it.
    async fn still(&self, change: &mut Change<'_>, seen: &Seen, vm: VmId) -> Result<bool> {
        vms::hold(change.tx(), vm).await?;
        let now = pool_work::members(change.tx(), seen.row.id).await?;
        let before = member(seen, vm)?;
        let same = |m: &&MemberRow| {
            m.vm == vm && (&m.state, &m.hand, m.held) == (&before.state, &before.hand, before.held)
        };
        Ok(now.iter().any(|m| same(&m)))
    }

    /// Writes a VM of the pool's spec into a place.
    async fn make_member(&self, change: &mut Change<'_>, seen: &Seen, ordinal: i64) -> Result<VmId> {
        let row = &seen.row;
        let create = &seen.spec.member;
        let named = Named {
            template: Some(create.template_version_id),
            size: Some(create.size_version_id),
            networks: create.networks.iter().map(|network| network.network_id).collect(),
        };
        if request_facts::withdrawn(change.tx(), &named).await? {
            let text =
                "The template, the size or a network of the pool was withdrawn; ask to change the pool.";
            return Err(Error::conflict("WITHDRAWN", text));
        }
        let spec = Spec::Create(Box::new(create.clone()));
        let spec = canonical(&spec).map_err(|error| Error::Internal(Box::new(error)))?;
        let making = Making {
            create,
            spec: &spec.json,
            request: row.request_id,
            created_by: row.created_by,
            sample: row.sample,
            chosen: None,
            place: Some(Place { pool: &row.name, ordinal }),
        };
        let (vm, _) = self.make_vm(change, &making).await?;
        pool_work::join(change.tx(), vm, row.id, ordinal, row.member_revision).await?;
        let reason = Reason::new("POOL_MEMBER", "A member of a pool.");
        self.work_on_member(change, seen, vm, RequestOperation::Create, json!({}), &reason).await?;
        Ok(vm)
    }

    /// Begins work on a member, with the pool as its cause.
    async fn work_on_member(
        &self,
        change: &mut Change<'_>,
        seen: &Seen,
        vm: VmId,
        operation: RequestOperation,
        params: Value,
        reason: &Reason,
    ) -> Result<()> {
        let steps = plan::steps_of(operation, false);
        let steps: Vec<&str> = steps.iter().map(|step| step.as_str()).collect();
        let valid = plan::not_after(operation, seen.now) - seen.now;
        let new = NewOperation {
            vm,
            operation: operation.as_str(),
            cause_kind: "pool",
            cause_id: seen.row.id.0,
            params: &params,
            valid_seconds: valid.num_seconds().max(0).unsigned_abs() as f64,
            steps: &steps,
        };
        let (id, number) = operations::insert(change.tx(), &new).await?;
        if plan::supersedes(operation, false) {
            // Only the pool's own: nothing is begun where somebody else is at work.
            operations::supersede(change.tx(), vm, id).await?;
        }
        shepherd_jobs::enqueue(change.tx(), Job::operation(id)).await?;
        let name = vms::target(change.tx(), vm).await?.name;
        let row = &seen.row;
        let entry = Audit::of("vm", vm, name)
            .action(effect_action(operation.as_str()))
            .outcome(AuditOutcome::Intent)
            .system(row.system_id)
            .environment(row.environment_id)
            .vm(vm)
            .request(row.agreed_by)
            .code(reason.code.to_string())
            .after(json!({ "operation": number, "pool": row.name, "reason": reason }));
        change.record(entry).await
    }

    /// Writes down and commits what was done.
    async fn pool_acted(
        &self,
        mut change: Change<'_>,
        seen: &Seen,
        (act, ordinal, vm): (&'static str, i64, VmId),
        reason: &Reason,
    ) -> Result<()> {
        let row = &seen.row;
        pool_work::acted(change.tx(), row.id, act, Some(ordinal), Some(vm), reason).await?;
        change.event(pool_event(seen, 0));
        change.event(
            Event::new("vm", vm, 0)
                .system(row.system_id)
                .service(row.service_id)
                .environment(row.environment_id),
        );
        let entry = about(seen, "pool.act")
            .vm(vm)
            .code(reason.code.to_string())
            .after(json!({ "act": act, "ordinal": ordinal, "reason": reason }));
        change.commit(entry, ()).await
    }

    /// Remembers that no member could be made, and why; the next attempt waits.
    async fn refused_member(&self, lease: &Lease, seen: &Seen, ordinal: i64, error: Error) -> Result<()> {
        let reason = match error {
            Error::Conflict(reason) | Error::Forbidden(reason) => reason,
            Error::Invalid { reason, .. } | Error::Unavailable { reason, .. } => reason,
            other => return Err(other),
        };
        let row = &seen.row;
        let mut change = self.system_change().await?;
        lease::guard(change.tx(), lease).await?;
        pools::hold(change.tx(), row.id).await?;
        let place = seen.observed.places.get(&ordinal).copied().unwrap_or_default();
        pool_work::set_place(change.tx(), row.id, ordinal, &place.refused(seen.now)).await?;
        pool_work::acted(change.tx(), row.id, "refused", Some(ordinal), None, &reason).await?;
        change.event(pool_event(seen, 0));
        let entry = about(seen, "pool.act")
            .outcome(AuditOutcome::Failed)
            .code(reason.code.to_string())
            .after(json!({ "act": "create", "ordinal": ordinal, "reason": reason }));
        change.commit(entry, ()).await
    }
}

fn member(seen: &Seen, vm: VmId) -> Result<&MemberRow> {
    let found = seen.rows.iter().find(|row| row.vm == vm);
    found.ok_or_else(|| Error::Internal("a plan names a member that is not there".into()))
}

//! Pools as the contract shows them.

use std::collections::BTreeMap;

use serde_json::Value;
use shepherd_contract::types::{
    NamespaceRef, Pool, PoolAct, PoolActKind, PoolClass, PoolMay, PoolMember, PoolMemberHealth, PoolPlan,
    PoolPlanned, PoolProgress, PoolRolloutState, PoolState, PoolSummary, PoolVerdict, PowerState, ServiceRef,
    SizeRef, SystemRef, TemplateVersionRef, VmRef,
};
use shepherd_domain::authz::{Permission, ServiceInEnvironment};
use shepherd_domain::ids::VmId;
use shepherd_domain::pool::{Act, Class, Health, Member, Plan};
use shepherd_domain::reason::Reason;
use shepherd_store::pool_work::MemberRow;
use shepherd_store::pools::{ActRow, PoolRow};

use super::observe::Seen;
use super::rollout::back;
use super::stored_spec;
use crate::requests::{environment_ref, shown_reason as reason};
use crate::{Cx, Result};

/// A row of the list.
pub(super) fn summary(row: &PoolRow) -> Result<PoolSummary> {
    let spec = stored_spec(&row.spec)?;
    let attention = row.plan.get("attention").cloned().unwrap_or(Value::Array(vec![]));
    let attention: Vec<Reason> = serde_json::from_value(attention)?;
    Ok(PoolSummary {
        id: row.id,
        name: row.name.clone(),
        system: SystemRef { id: row.system_id, name: row.system_name.clone() },
        service: ServiceRef { id: row.service_id, name: row.service_name.clone() },
        environment: environment_ref(
            row.environment_id,
            &row.environment_name,
            &row.environment_title,
            row.protected,
            &row.colour,
        ),
        state: row.state.parse().unwrap_or(PoolState::Unknown),
        paused: row.paused,
        unmanaged: spec.upkeep.unmanaged,
        min: spec.min,
        desired: row.desired,
        max: spec.max,
        available: row.available,
        members: row.members,
        attention: attention.into_iter().map(reason).collect(),
        created_at: row.created_at,
        version: row.version,
    })
}

/// A pool with what it would do now.
pub(super) fn pool(
    cx: &Cx,
    seen: Seen,
    (template, size): (Option<TemplateVersionRef>, Option<SizeRef>),
) -> Result<Pool> {
    let now = seen.plan();
    let row = &seen.row;
    let mut shown = summary(row)?;
    // As fresh as the plan beside it.
    shown.available = now.available;
    shown.attention = now.attention.iter().cloned().map(reason).collect();
    Ok(Pool {
        may: may(cx, row),
        namespace: NamespaceRef { id: row.namespace_id, name: row.namespace_name.clone() },
        revision: row.revision,
        template,
        size,
        upkeep: serde_json::from_value(serde_json::to_value(&seen.spec.upkeep)?)?,
        spec: row.spec.as_object().cloned().unwrap_or_default(),
        request_id: row.request_id,
        agreed_by: row.agreed_by,
        rollout: progress(&seen, &now)?,
        planned_at: row.planned_at,
        pool: shown,
        plan: plan(now),
    })
}

/// The last rollout, if there was one.
fn progress(seen: &Seen, plan: &Plan) -> Result<Option<PoolProgress>> {
    let row = &seen.row;
    let Some(since) = row.rollout_since else { return Ok(None) };
    let halted = plan.attention.iter().any(|reason| reason.code == "ROLLOUT_HALTED");
    let state = match (row.rollout_done_at.is_some(), row.rolled_back_at.is_some()) {
        (true, true) => PoolRolloutState::RolledBack,
        (true, false) => PoolRolloutState::RolledOut,
        (false, _) if row.rollout_paused => PoolRolloutState::Paused,
        (false, _) if halted => PoolRolloutState::Halted,
        (false, true) => PoolRolloutState::RollingBack,
        (false, false) => PoolRolloutState::Rolling,
    };
    let of_it =
        |vm: &VmId| seen.observed.members.iter().any(|m| m.vm == *vm && m.revision == row.member_revision);
    let updated = plan.members.iter().filter(|one| one.class == Class::Available && of_it(&one.vm)).count();
    Ok(Some(PoolProgress {
        state,
        since,
        done_at: row.rollout_done_at,
        revision: row.member_revision,
        updated: i64::try_from(updated).unwrap_or(i64::MAX),
        total: seen.observed.desired,
        rolls_back_at: plan.rolls_back_at,
        may_roll_back: row.state == "active" && back(row)?.is_some(),
    }))
}

fn may(cx: &Cx, row: &PoolRow) -> PoolMay {
    let at = ServiceInEnvironment {
        service: row.service_id,
        system: row.system_id,
        environment: row.environment_id,
    };
    let may = |permission| row.state == "active" && cx.grants.check(permission, &at).is_ok();
    PoolMay {
        scale: may(Permission::VmUpdate),
        change: may(Permission::VmCreate),
        delete: may(Permission::VmDelete),
    }
}

/// A plan.
pub(super) fn plan(plan: Plan) -> PoolPlan {
    let acts = plan.acts.into_iter().map(|planned| {
        let (act, ordinal, vm_id) = match planned.act {
            Act::Create { ordinal } => (PoolActKind::Create, Some(ordinal), None),
            Act::Restart { vm, ordinal } => (PoolActKind::Restart, Some(ordinal), Some(vm)),
            Act::Relieve { vm, ordinal } => (PoolActKind::Relieve, Some(ordinal), Some(vm)),
            Act::Delete { vm, ordinal, .. } => (PoolActKind::Delete, Some(ordinal), Some(vm)),
            Act::RollBack => (PoolActKind::RollBack, None, None),
        };
        PoolPlanned { act, ordinal, vm_id, reason: reason(planned.reason) }
    });
    PoolPlan {
        acts: acts.collect(),
        held_back: plan.held_back.into_iter().map(reason).collect(),
        attention: plan.attention.into_iter().map(reason).collect(),
        look_again: plan.look_again,
    }
}

/// Members by their places.
pub(super) fn members(seen: Seen) -> Vec<PoolMember> {
    let judged = seen.plan().members;
    let asked: BTreeMap<VmId, PoolMemberHealth> = seen
        .rows
        .iter()
        .zip(&seen.observed.members)
        .map(|(row, member)| (row.vm, health(row, member)))
        .collect();
    let revision = seen.row.member_revision;
    let shown = seen.rows.into_iter().filter_map(|row| {
        let class = judged.iter().find(|one| one.vm == row.vm)?.class;
        Some(PoolMember {
            ordinal: row.ordinal,
            class: class.as_str().parse().unwrap_or(PoolClass::Unknown),
            power: match row.power.as_deref() {
                Some(power) => power.parse().unwrap_or(PowerState::Unknown),
                None => PowerState::Missing,
            },
            since: row.since,
            revision: row.revision,
            outdated: row.revision != revision,
            leaving: row.leaving,
            health: asked.get(&row.vm)?.clone(),
            address: row.address,
            message: row.message,
            vm: VmRef { id: row.vm, name: row.name },
        })
    });
    shown.collect()
}

/// What its checks came to in this run of its guest.
fn health(row: &MemberRow, member: &Member) -> PoolMemberHealth {
    let checked = member.health != Health::Unchecked;
    let said =
        row.said.clone().filter(|_| checked).and_then(|said| serde_json::from_value::<Reason>(said).ok());
    PoolMemberHealth {
        verdict: member.health.as_str().parse().unwrap_or(PoolVerdict::Unknown),
        failing_since: member.failing_since,
        checked_at: row.checked_at.filter(|_| checked),
        said: said.map(reason),
    }
}

/// Something it did.
pub(super) fn act(row: ActRow) -> PoolAct {
    PoolAct {
        id: row.id,
        at: row.at,
        act: row.act,
        ordinal: row.ordinal,
        vm: row.vm_id.zip(row.vm_name).map(|(id, name)| VmRef { id, name }),
        reason: shepherd_contract::types::Reason {
            code: row.code,
            params: row.params.as_object().cloned().unwrap_or_default(),
            text: row.text,
        },
    }
}

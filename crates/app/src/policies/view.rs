//! Policies as the contract shows them.

use shepherd_contract::types::{
    ApproverKind, OnTimeout, PersonRef, Policy, PolicyPending, PolicyRequirement, PolicyStage,
};
use shepherd_domain::policy::{Asked, StageRule, Who};
use shepherd_store::policies::PolicyRow;

use crate::requests::approvers::count;
use crate::{Error, Result};

/// A version of a policy.
pub(super) fn policy(row: PolicyRow) -> Result<Policy> {
    let unknown = |_| Error::Internal("a stored word of a policy is unknown".into());
    let pending = row.pending_hours.zip(row.pending_then);
    Ok(Policy {
        id: row.id,
        version_id: row.version_id,
        name: row.name,
        version: row.version,
        title: row.title,
        effect: row.effect.parse().map_err(unknown)?,
        enforcement: row.enforcement.parse().map_err(unknown)?,
        operations: row.operations.iter().map(|o| o.parse().map_err(unknown)).collect::<Result<_>>()?,
        protected: row.protected,
        condition: row.condition,
        stages: row.stages.0.into_iter().map(stage).collect(),
        reason_code: row.reason_code,
        override_role: row.override_role,
        pending: pending.map(|(hours, then)| PolicyPending {
            hours,
            then: if then == "reject" { OnTimeout::Reject } else { OnTimeout::Expire },
        }),
        builtin: row.builtin,
        created_by: PersonRef {
            id: row.creator_id,
            name: row.creator_name,
            display_name: row.creator_display,
        },
        created_at: row.created_at,
        retired_at: row.retired_at,
    })
}

fn stage(stage: StageRule) -> PolicyStage {
    PolicyStage {
        position: stage.position,
        requirements: stage.requirements.into_iter().map(requirement).collect(),
        ask_again: Some(stage.ask_again),
    }
}

fn requirement(asked: Asked) -> PolicyRequirement {
    let (kind, name) = match asked.who {
        Who::Permission { name } => (ApproverKind::Permission, Some(name)),
        Who::Role { name } => (ApproverKind::Role, Some(name)),
        Who::Group { name, .. } => (ApproverKind::Group, Some(name)),
        Who::Owners => (ApproverKind::Owners, None),
    };
    PolicyRequirement { kind, name, needed: count(asked.needed) }
}

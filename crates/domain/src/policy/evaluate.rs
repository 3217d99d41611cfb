//! From policies and input to a judgement.

use super::stages::{default_stage, merge, rule_name};
use super::{Condition, Input, Judgement, Outcome, PolicyVersion, RuleResult};
use crate::reason::Reason;
use crate::states::{Enforcement, PolicyEffect, RequestOperation};

/// What the policies in force say about a request. The order in which they are given does not matter.
pub fn evaluate(policies: &[PolicyVersion], input: &Input) -> Judgement {
    let mut sorted: Vec<&PolicyVersion> = policies.iter().collect();
    sorted.sort_by(|a, b| (&a.policy, a.version).cmp(&(&b.policy, b.version)));

    let results: Vec<RuleResult> = sorted.iter().map(|policy| judge(policy, input)).collect();
    let enforced = |effect: PolicyEffect| {
        let both = sorted.iter().zip(&results);
        both.filter(move |(_, result)| result.enforced && result.effect == effect)
    };

    let denials: Vec<Reason> =
        enforced(PolicyEffect::Deny).map(|(_, result)| result.reason.clone()).collect();
    let requires: Vec<&PolicyVersion> = enforced(PolicyEffect::Require).map(|(policy, _)| *policy).collect();
    let outcome = if !denials.is_empty() {
        Outcome::Denied { reasons: denials }
    } else if !requires.is_empty() {
        Outcome::Approval { stages: merge(&requires) }
    } else if let Some((policy, _)) = enforced(PolicyEffect::Allow).next() {
        Outcome::Automatic { rule: rule_name(policy) }
    } else {
        Outcome::Approval { stages: vec![default_stage(Vec::new())] }
    };
    Judgement { results, outcome }
}

/// What one policy says.
fn judge(policy: &PolicyVersion, input: &Input) -> RuleResult {
    // An operation this version does not know is matched by nothing, not by every rule with an unknown word.
    let covered =
        input.operation != RequestOperation::Unknown && policy.operations.contains(&input.operation);
    let holds = match policy.condition {
        Condition::Always => true,
        Condition::Protected(protected) => protected == input.protected,
    };
    let reason = if !covered {
        Reason::new("OPERATION_NOT_COVERED", format!("Not about {}.", input.operation))
            .with("operation", input.operation.as_str())
    } else if !holds {
        Reason::new("ENVIRONMENT_NOT_COVERED", format!("Not about {}.", input.environment))
            .with("environment", input.environment.as_str())
            .with("protected", input.protected)
    } else {
        Reason::new(policy.reason_code.clone(), format!("{}.", policy.title))
            .with("policy", policy.policy.as_str())
            .with("version", policy.version)
    };
    let matched = covered && holds;
    RuleResult {
        policy: policy.policy.clone(),
        version: policy.version,
        effect: policy.effect,
        matched,
        enforced: matched && policy.enforcement != Enforcement::Advisory,
        reason,
    }
}

//! From policies and input to a judgement.

use std::cell::OnceCell;

use super::condition::{Condition, Program, RunError, Scope, roomy};
use super::stages::{Demand, Stage, default_stage, merge, rule_name};
use super::{Input, Judgement, Outcome, Pending, PolicyVersion, RuleResult};
use crate::reason::{Coded, Reason};
use crate::states::{Enforcement, PolicyEffect, RequestOperation};

/// What the policies in force say about a request. The order in which they are given does not matter.
pub fn evaluate(policies: &[PolicyVersion], input: &Input) -> Judgement {
    evaluate_all(policies, &[input])
}

/// What they say about a batch, of which there is
/// one input for each kind of child, and the strictest word counts: one child that a rule refuses, or wants people for, is
/// enough, and a rule waves the batch through only if it would each child.
pub(super) fn evaluate_all(policies: &[PolicyVersion], inputs: &[&Input]) -> Judgement {
    let mut sorted: Vec<&PolicyVersion> = policies.iter().collect();
    sorted.sort_by(|a, b| (&a.policy, a.version).cmp(&(&b.policy, b.version)));
    let scopes: Vec<OnceCell<Scope>> = inputs.iter().map(|_| OnceCell::new()).collect();
    let all = |policy: &PolicyVersion| {
        let each = inputs.iter().zip(&scopes).map(|(input, scope)| judge(policy, input, scope));
        strictest(policy.effect, each.collect())
    };
    // Room is made once for all conditions, and only if one is written.
    let results = || sorted.iter().filter_map(|policy| all(policy)).collect();
    let written = sorted.iter().any(|policy| policy.condition.expression().is_some());
    let results: Vec<RuleResult> = if written { roomy(results) } else { results() };
    let rules = Rules { policies: &sorted, results: &results };
    Judgement { outcome: rules.outcome(), pending: rules.pending(), results }
}

struct Rules<'a> {
    policies: &'a [&'a PolicyVersion],
    results: &'a [RuleResult],
}

impl<'a> Rules<'a> {
    /// The rules of an effect that had a part in the outcome, and whether their condition gave no answer.
    fn enforced(&self, effect: PolicyEffect) -> impl Iterator<Item = (&'a PolicyVersion, &'a RuleResult)> {
        let both = self.policies.iter().copied().zip(self.results);
        both.filter(move |(_, result)| result.enforced && result.effect == effect)
    }

    fn outcome(&self) -> Outcome {
        let denies: Vec<_> = self.enforced(PolicyEffect::Deny).filter(|(_, result)| !result.failed).collect();
        let hard: Vec<Reason> = denies
            .iter()
            .filter(|(policy, _)| policy.set_aside_by().is_none())
            .map(|(_, result)| result.reason.clone())
            .collect();
        if !hard.is_empty() {
            return Outcome::Denied { reasons: hard };
        }
        let mut demands: Vec<Demand<'_>> =
            denies.iter().map(|(policy, _)| Demand::SetAside(policy)).collect();
        // A requirement whose condition gave no answer is asked for: leaving it out would be an open door.
        demands.extend(self.enforced(PolicyEffect::Require).map(|(policy, _)| Demand::Stages(policy)));
        for effect in [PolicyEffect::Allow, PolicyEffect::Deny] {
            let failed = self.enforced(effect).filter(|(_, result)| result.failed);
            demands.extend(failed.map(|(policy, _)| Demand::NoAnswer(policy)));
        }
        let allowed = self.enforced(PolicyEffect::Allow).find(|(_, result)| !result.failed);
        let asks = demands.iter().any(|demand| !matches!(demand, Demand::SetAside(_)));
        match allowed {
            Some((policy, _)) if demands.is_empty() => Outcome::Automatic { rule: rule_name(policy) },
            // Setting a denial aside opens what other rules open, and nothing else.
            None if !asks => {
                let mut stages: Vec<Stage> = merge(&demands);
                let position = stages.last().map_or(1, |last| last.position + 1);
                stages.push(Stage { position, ..default_stage(Vec::new()) });
                Outcome::Approval { stages }
            }
            _ => Outcome::Approval { stages: merge(&demands) },
        }
    }

    /// The shortest wait any rule names that had a part in the outcome.
    fn pending(&self) -> Pending {
        let rules = self.policies.iter().zip(self.results).filter(|(_, result)| result.enforced);
        rules.filter_map(|(policy, _)| policy.pending).min().unwrap_or_default()
    }
}

/// One policy's word on all kinds of children together. `None` for no input at all.
fn strictest(effect: PolicyEffect, results: Vec<RuleResult>) -> Option<RuleResult> {
    let rank = |result: &RuleResult| match (effect, result.failed, result.matched) {
        (PolicyEffect::Allow, true, _) => 0,
        (PolicyEffect::Allow, _, false) => 1,
        (PolicyEffect::Allow, _, true) => 2,
        (_, _, true) => 0,
        (_, true, false) => 1,
        (_, false, false) => 2,
    };
    results.into_iter().min_by_key(rank)
}

/// What one policy says.
fn judge(policy: &PolicyVersion, input: &Input, scope: &OnceCell<Scope>) -> RuleResult {
    // An operation this version does not know is matched by nothing, not by every rule with an unknown word.
    let covered =
        input.operation != RequestOperation::Unknown && policy.operations.contains(&input.operation);
    let here = policy.condition.protected().is_none_or(|protected| protected == input.protected);
    let holds = match &policy.condition {
        Condition::When { expression, .. } if covered && here => {
            holds(expression, scope.get_or_init(|| Scope::new(input)))
        }
        _ => Ok(true),
    };
    let reason = match &holds {
        _ if !covered => Reason::new("OPERATION_NOT_COVERED", format!("Not about {}.", input.operation))
            .with("operation", input.operation.as_str()),
        _ if !here => Reason::new("ENVIRONMENT_NOT_COVERED", format!("Not about {}.", input.environment))
            .with("environment", input.environment.as_str())
            .with("protected", input.protected),
        Err(error) => error.reason(&policy.policy),
        Ok(false) => Reason::new("CONDITION_NOT_MET", "Its condition does not hold here.")
            .with("policy", policy.policy.as_str()),
        Ok(true) => Reason::new(policy.reason_code.clone(), format!("{}.", policy.title))
            .with("policy", policy.policy.as_str())
            .with("version", policy.version),
    };
    let failed = covered && here && holds.is_err();
    let matched = covered && here && holds == Ok(true);
    RuleResult {
        policy: policy.policy.clone(),
        version: policy.version,
        effect: policy.effect,
        matched,
        enforced: (matched || failed) && policy.enforcement != Enforcement::Advisory,
        failed,
        reason,
    }
}

/// A stored expression may be older than a limit of today; then it gives no answer.
fn holds(expression: &str, scope: &Scope) -> Result<bool, RunError> {
    let program = Program::read(expression).map_err(|error| RunError::unreadable(error.code()))?;
    program.holds(scope)
}

//! Policy and who could agree: what a request is told before and after it is submitted.

use shepherd_contract::types::{PolicyResult, StagePreview};
use shepherd_domain::ids::{EnvironmentId, PrincipalId};
use shepherd_domain::policy::{DEFAULT_PERMISSION, Input, Inputs, Judgement, Outcome, Stage};
use shepherd_domain::reason::Reason;
use shepherd_store::{Conn, policies, request_facts};

use super::view::{effect, reason};
use crate::Result;
use crate::systems::person_ref;

/// What policy says, with everything it read.
pub(super) struct Judged {
    pub inputs: Inputs,
    pub judgement: Judgement,
}

impl Judged {
    /// The rule that waves it through, if one does.
    pub fn automatic(&self) -> Option<&str> {
        match &self.judgement.outcome {
            Outcome::Automatic { rule } => Some(rule),
            Outcome::Approval { .. } | Outcome::Denied { .. } => None,
        }
    }

    /// The stages people must pass; none if a rule decided.
    pub fn stages(&self) -> &[Stage] {
        match &self.judgement.outcome {
            Outcome::Approval { stages } => stages,
            Outcome::Automatic { .. } | Outcome::Denied { .. } => &[],
        }
    }

    /// Why it is refused outright; empty if it is not.
    pub fn denied(&self) -> &[Reason] {
        match &self.judgement.outcome {
            Outcome::Denied { reasons } => reasons,
            Outcome::Automatic { .. } | Outcome::Approval { .. } => &[],
        }
    }
}

/// Judges with the policies in force now.
pub(super) async fn judge(conn: &mut Conn, input: Input) -> Result<Judged> {
    let inputs = Inputs { policies: policies::in_force(conn).await?, input };
    let judgement = inputs.judge();
    Ok(Judged { inputs, judgement })
}

/// Stages as they would be, with who could decide them.
pub(super) async fn preview(
    conn: &mut Conn,
    stages: &[Stage],
    environment: EnvironmentId,
    except: &[PrincipalId],
) -> Result<Vec<StagePreview>> {
    let mut previews = Vec::with_capacity(stages.len());
    // Stages are few (policies name one or two), so one query for each is one or two queries.
    for stage in stages {
        let people = request_facts::candidates(conn, &stage.permission, environment, except).await?;
        previews.push(StagePreview {
            position: stage.position,
            requirement: reason(requirement(&stage.permission, stage.needed)),
            needed: i32::try_from(stage.needed).unwrap_or(i32::MAX),
            candidates: people.into_iter().map(person_ref).collect(),
        });
    }
    Ok(previews)
}

/// What a stage asks for, in words. The usual permission is called by what its holders are called.
pub(super) fn requirement(permission: &str, needed: u32) -> Reason {
    let (code, text) = match (permission == DEFAULT_PERMISSION, needed) {
        (true, 1) => ("APPROVERS_NEEDED", "One approver must agree.".to_owned()),
        (true, n) => ("APPROVERS_NEEDED", format!("{n} different approvers must agree.")),
        (false, 1) => ("APPROVALS_NEEDED", format!("One person holding {permission} must approve.")),
        (false, n) => {
            ("APPROVALS_NEEDED", format!("{n} different people holding {permission} must approve."))
        }
    };
    Reason::new(code, text).with("permission", permission).with("needed", needed)
}

/// The verdict, rule by rule, as the contract shows it.
pub(super) fn verdict(judgement: &Judgement) -> Vec<PolicyResult> {
    judgement
        .results
        .iter()
        .map(|result| PolicyResult {
            policy: result.policy.clone(),
            version: result.version,
            effect: effect(result.effect),
            matched: result.matched,
            enforced: result.enforced,
            reason: reason(result.reason.clone()),
        })
        .collect()
}

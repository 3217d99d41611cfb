//! Policy and who could agree: what a request is told before and after it is submitted.

use shepherd_contract::types::{PolicyResult, StagePreview};
use shepherd_domain::policy::{Input, Inputs, Judgement, Outcome, Stage};
use shepherd_domain::reason::Reason;
use shepherd_store::{Conn, policies};

use super::approvers::{self, Bench};
use super::view::{effect, reason};
use crate::Result;

/// What policy says, with everything it read.
pub(crate) struct Judged {
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
    judge_all(conn, input, Vec::new()).await
}

/// The same of a batch, with what its other kinds of children are.
pub(super) async fn judge_all(conn: &mut Conn, input: Input, others: Vec<Input>) -> Result<Judged> {
    let inputs = Inputs { policies: policies::in_force(conn).await?, input, others };
    let judgement = inputs.judge();
    Ok(Judged { inputs, judgement })
}

/// Stages as they would be, with who could decide them.
pub(crate) async fn preview(
    conn: &mut Conn,
    stages: &[Stage],
    bench: Bench<'_>,
) -> Result<Vec<StagePreview>> {
    let mut previews = Vec::with_capacity(stages.len());
    for stage in stages {
        let missing: Vec<u32> = stage.requirements.iter().map(|one| one.needed).collect();
        let requirements = approvers::requirements(conn, &stage.requirements, &missing, bench).await?;
        previews.push(StagePreview {
            position: stage.position,
            requirement: reason(approvers::line(&stage.requirements)),
            needed: approvers::count(missing.iter().sum()),
            candidates: approvers::all_of(&requirements),
            requirements,
        });
    }
    Ok(previews)
}

/// The verdict, rule by rule, as the contract shows it.
pub(crate) fn verdict(judgement: &Judgement) -> Vec<PolicyResult> {
    judgement
        .results
        .iter()
        .map(|result| PolicyResult {
            policy: result.policy.clone(),
            version: result.version,
            effect: effect(result.effect),
            matched: result.matched,
            enforced: result.enforced,
            failed: result.failed,
            reason: reason(result.reason.clone()),
        })
        .collect()
}

//! Who may decide a request, and what a decision changes.
//!
//! Invariants: an approval counts only on the hash it was made on; requester and editors never count; one
//! person counts once over all stages, where the person is who answers for a principal, so that someone's
//! service account is that someone; stages are decided in order; an edit voids every word said before it. What
//! counts is computed from the decisions each time, never trusted from a stored stage state.
//! Not here: which permission someone holds (the caller answers), the row lock that lets one decision happen
//! at a time, and what execution checks again.

mod refusal;

use std::collections::BTreeSet;

use crate::hash::SpecHash;
use crate::ids::{PrincipalId, StageId};
use crate::states::{RequestEvent, RequestState, StageState, Verdict};

pub use refusal::Refusal;

/// A request as far as deciding it needs.
#[derive(Clone, Debug)]
pub struct RequestView {
    /// Where it stands.
    pub state: RequestState,
    /// What is asked for now.
    pub spec_hash: SpecHash,
    /// The person who asks: the requester, or who owns it.
    pub requester: PrincipalId,
    /// The persons who changed it.
    pub editors: Vec<PrincipalId>,
    /// In any order.
    pub stages: Vec<StageView>,
    /// Every decision so far, void ones too.
    pub decisions: Vec<DecisionView>,
    /// The VM name an approver must type, where the environment is protected.
    pub confirm_name: Option<String>,
}

/// One approval stage.
#[derive(Clone, Debug)]
pub struct StageView {
    /// The stage.
    pub id: StageId,
    /// Its place in the order.
    pub position: i32,
    /// What a person must hold in the request's environment.
    pub permission: String,
    /// How many distinct people.
    pub needed: u32,
}

/// One decision that was made.
#[derive(Clone, Debug)]
pub struct DecisionView {
    /// For which stage; none for an automatic one.
    pub stage_id: Option<StageId>,
    /// The person answerable for it.
    pub person_id: PrincipalId,
    /// Yes, no, or not like this.
    pub verdict: Verdict,
    /// On what.
    pub spec_hash: SpecHash,
    /// Taken back by an edit.
    pub void: bool,
}

/// The word someone gives now.
#[derive(Clone, Copy, Debug)]
pub struct Word<'a> {
    /// The person answerable for it.
    pub person: PrincipalId,
    /// Yes, no, or not like this.
    pub verdict: Verdict,
    /// The hash the person saw.
    pub spec_hash: SpecHash,
    /// What the person typed.
    pub confirm_name: Option<&'a str>,
}

/// What a decision changes; the caller writes exactly this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionEffect {
    /// The stage decided.
    pub stage_id: StageId,
    /// That stage after the decision.
    pub stage_state: StageState,
    /// How many have approved that stage, this word included.
    pub given: u32,
    /// The stage that can be decided from now on.
    pub activates: Option<StageId>,
    /// Stages nobody will decide any more.
    pub voids: Vec<StageId>,
    /// The request after the decision.
    pub request: RequestState,
}

/// How far one stage has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The stage.
    pub stage_id: StageId,
    /// Distinct people whose approval counts.
    pub given: u32,
    /// Whether that is enough.
    pub satisfied: bool,
}

/// How far each stage has come, in order.
pub fn progress(view: &RequestView) -> Vec<Progress> {
    let mut stages: Vec<&StageView> = view.stages.iter().collect();
    stages.sort_by_key(|stage| (stage.position, stage.id));
    let mut counted: BTreeSet<PrincipalId> = view.editors.iter().copied().collect();
    counted.insert(view.requester);
    stages
        .into_iter()
        .map(|stage| {
            let given = view.decisions.iter().filter(|decision| {
                decision.stage_id == Some(stage.id)
                    && !decision.void
                    && decision.verdict == Verdict::Approve
                    && decision.spec_hash == view.spec_hash
                    && counted.insert(decision.person_id)
            });
            let given = u32::try_from(given.count()).unwrap_or(u32::MAX);
            Progress { stage_id: stage.id, given, satisfied: given >= stage.needed.max(1) }
        })
        .collect()
}

/// The stage this person could decide now. `holds` says whether the person holds a permission in the request's
/// environment.
///
/// # Errors
/// The [`Refusal`] the person would get.
pub fn may_decide(
    view: &RequestView,
    person: PrincipalId,
    holds: impl Fn(&str) -> bool,
) -> Result<StageId, Refusal> {
    let open = progress(view).into_iter().find(|stage| !stage.satisfied);
    let open = open.and_then(|progress| view.stages.iter().find(|stage| stage.id == progress.stage_id));
    let stage = match (view.state, open) {
        (RequestState::Pending, Some(stage)) => stage,
        (state, _) => return Err(Refusal::NotPending { state }),
    };
    if person == view.requester || view.editors.contains(&person) {
        return Err(Refusal::SelfApproval);
    }
    if !holds(&stage.permission) {
        return Err(Refusal::NotAnApprover { permission: stage.permission.clone() });
    }
    if view.decisions.iter().any(|decision| !decision.void && decision.person_id == person) {
        return Err(Refusal::AlreadyDecided);
    }
    Ok(stage.id)
}

/// What this word changes.
///
/// # Errors
/// A [`Refusal`]; nothing is changed then.
pub fn decide(
    view: &RequestView,
    word: &Word<'_>,
    holds: impl Fn(&str) -> bool,
) -> Result<DecisionEffect, Refusal> {
    let stage_id = may_decide(view, word.person, holds)?;
    if word.spec_hash != view.spec_hash {
        return Err(Refusal::SpecChanged { current: view.spec_hash });
    }
    let others = |progress: &[Progress]| -> Vec<StageId> {
        let open = progress.iter().filter(|stage| !stage.satisfied && stage.stage_id != stage_id);
        open.map(|stage| stage.stage_id).collect()
    };
    let before = progress(view);
    let given = before.iter().find(|stage| stage.stage_id == stage_id).map_or(0, |stage| stage.given);
    let stop = match word.verdict {
        Verdict::Approve => None,
        Verdict::Reject => Some((RequestEvent::Reject, StageState::Rejected)),
        // Its stages are judged anew with the edit that follows.
        Verdict::RequestChanges => Some((RequestEvent::AskChanges, StageState::Void)),
    };
    if let Some((event, stage_state)) = stop {
        let (request, voids) = (step(view.state, event)?, others(&before));
        return Ok(DecisionEffect { stage_id, stage_state, given, activates: None, voids, request });
    }
    if view.confirm_name.is_some() && word.confirm_name != view.confirm_name.as_deref() {
        return Err(Refusal::ConfirmName);
    }

    // The count with this word in it, by the same rule that counted before.
    let mut after = view.clone();
    after.decisions.push(DecisionView {
        stage_id: Some(stage_id),
        person_id: word.person,
        verdict: word.verdict,
        spec_hash: word.spec_hash,
        void: false,
    });
    let after = progress(&after);
    let this = after.iter().find(|stage| stage.stage_id == stage_id);
    let (given, satisfied) = this.map_or((given, false), |stage| (stage.given, stage.satisfied));
    let next = others(&after).into_iter().next().filter(|_| satisfied);
    let request = if after.iter().all(|stage| stage.satisfied) {
        step(view.state, RequestEvent::Approve)?
    } else {
        view.state
    };
    let stage_state = if satisfied { StageState::Satisfied } else { StageState::Active };
    Ok(DecisionEffect { stage_id, stage_state, given, activates: next, voids: Vec::new(), request })
}

/// Whether the request can be changed now, and the state it has after that.
///
/// # Errors
/// [`Refusal::NotEditable`]; nothing is changed then.
pub fn may_edit(state: RequestState) -> Result<RequestState, Refusal> {
    state.apply(RequestEvent::Edit).map_err(|_| Refusal::NotEditable { state })
}

fn step(state: RequestState, event: RequestEvent) -> Result<RequestState, Refusal> {
    state.apply(event).map_err(|_| Refusal::NotPending { state })
}

#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod tests;

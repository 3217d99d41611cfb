//! Who may decide a request, and what a decision changes.
//!
//! Invariants: an approval counts only on the hash it was made on, or on one that was narrowed from it since; requester
//! and editors never count; one person counts once over all stages, where the person is who answers for a principal, so
//! that someone's service account is that someone; stages are decided in order, the requirements of one in any order; an
//! edit voids every word said before it. What counts is computed from the decisions each time, never trusted from a
//! stored stage state.
//! Not here: which permission, role or group someone holds (the caller answers), what may be narrowed (`narrow`), the
//! row lock that lets one decision happen at a time, and what execution checks again.

mod matching;
mod narrow;
mod refusal;

use std::collections::BTreeSet;

use crate::hash::SpecHash;
use crate::ids::{PrincipalId, StageId};
use crate::policy::Who;
use crate::states::{RequestEvent, RequestState, StageState, Verdict};

pub use narrow::{Difference, NarrowError, NarrowerSize, Narrowing, narrow};
pub use refusal::Refusal;

/// A request as far as deciding it needs.
#[derive(Clone, Debug)]
pub struct RequestView {
    /// Where it stands.
    pub state: RequestState,
    /// What is decided now: what was asked for, narrowed by what approvers said.
    pub spec_hash: SpecHash,
    /// What that was narrowed from, one after the other; approvals of these still count.
    pub wider: Vec<SpecHash>,
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
    /// All of these are needed.
    pub requirements: Vec<RequirementView>,
    /// Whether a later narrowing asks it again.
    pub ask_again: bool,
}

/// One requirement of a stage.
#[derive(Clone, Debug)]
pub struct RequirementView {
    /// Whose word counts.
    pub who: Who,
    /// How many distinct people.
    pub needed: u32,
    /// The roles that together set it aside; empty where nobody can.
    pub set_aside_by: Vec<String>,
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
    /// Which requirements of the stage the person qualified for, counted from 0.
    pub fulfils: Vec<usize>,
    /// Whether it sets those requirements aside instead of fulfilling one.
    pub sets_aside: bool,
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
    /// What it is narrowed to, if it is.
    pub narrowed: Option<SpecHash>,
    /// Whether soft requirements are set aside by a role that may.
    pub sets_aside: bool,
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
    /// Earlier stages that are asked again; their decisions are void.
    pub reopens: Vec<StageId>,
    /// Stages nobody will decide any more.
    pub voids: Vec<StageId>,
    /// The request after the decision.
    pub request: RequestState,
    /// Which requirements of the stage the person qualified for.
    pub fulfils: Vec<usize>,
}

/// How far one stage has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The stage.
    pub stage_id: StageId,
    /// Distinct people whose approval counts.
    pub given: u32,
    /// Of how many.
    pub needed: u32,
    /// Whether that is enough.
    pub satisfied: bool,
    /// How many are missing for each requirement.
    pub missing: Vec<u32>,
}

/// How far each stage has come, in order.
pub fn progress(view: &RequestView) -> Vec<Progress> {
    let mut counted: BTreeSet<PrincipalId> = view.editors.iter().copied().collect();
    counted.insert(view.requester);
    in_order(view).into_iter().map(|stage| stage_progress(view, stage, &mut counted)).collect()
}

fn in_order(view: &RequestView) -> Vec<&StageView> {
    let mut stages: Vec<&StageView> = view.stages.iter().collect();
    stages.sort_by_key(|stage| (stage.position, stage.id));
    stages
}

fn stage_progress(view: &RequestView, stage: &StageView, counted: &mut BTreeSet<PrincipalId>) -> Progress {
    let words: Vec<&DecisionView> = view
        .decisions
        .iter()
        .filter(|decision| {
            decision.stage_id == Some(stage.id)
                && !decision.void
                && decision.verdict == Verdict::Approve
                && (decision.spec_hash == view.spec_hash || view.wider.contains(&decision.spec_hash))
                && counted.insert(decision.person_id)
        })
        .collect();
    let aside: BTreeSet<usize> =
        words.iter().filter(|word| word.sets_aside).flat_map(|word| word.fulfils.iter().copied()).collect();
    // A requirement, or a stage, that asks for nobody asks for one.
    let asked: Vec<u32> = match stage.requirements.as_slice() {
        [] => vec![1],
        all => all.iter().map(|one| one.needed.max(1)).collect(),
    };
    let open = |index: usize| if aside.contains(&index) { 0 } else { asked[index] };
    let slots: Vec<u32> = (0..asked.len()).map(open).collect();
    let people: Vec<&[usize]> =
        words.iter().filter(|word| !word.sets_aside).map(|word| word.fulfils.as_slice()).collect();
    let filled = matching::fill(&slots, &people);
    let missing: Vec<u32> =
        slots.iter().zip(&filled).map(|(slot, filled)| slot.saturating_sub(*filled)).collect();
    let needed: u32 = asked.iter().sum();
    let lacking: u32 = missing.iter().sum();
    Progress { stage_id: stage.id, given: needed - lacking, needed, satisfied: lacking == 0, missing }
}

/// The stage this person could decide now, and which of its requirements the person qualifies for. `holds` says
/// whether someone holds what a requirement names, in the request's environment and System.
///
/// # Errors
/// A [`Refusal`] that says why not.
pub fn may_decide(
    view: &RequestView,
    person: PrincipalId,
    holds: impl Fn(&Who) -> bool,
) -> Result<(StageId, Vec<usize>), Refusal> {
    let open = progress(view).into_iter().find(|stage| !stage.satisfied);
    let open = open.and_then(|progress| {
        view.stages.iter().find(|stage| stage.id == progress.stage_id).map(|stage| (stage, progress))
    });
    let (stage, progress) = match (view.state, open) {
        (RequestState::Pending, Some(open)) => open,
        (state, _) => return Err(Refusal::NotPending { state }),
    };
    if person == view.requester || view.editors.contains(&person) {
        return Err(Refusal::SelfApproval);
    }
    let fulfils: Vec<usize> = stage
        .requirements
        .iter()
        .enumerate()
        .filter(|(_, one)| holds(&one.who))
        .map(|(index, _)| index)
        .collect();
    if fulfils.is_empty() {
        let missing = stage.requirements.iter().zip(&progress.missing).filter(|(_, missing)| **missing > 0);
        return Err(Refusal::NotAnApprover { needs: missing.map(|(one, _)| one.who.to_string()).collect() });
    }
    if view.decisions.iter().any(|decision| !decision.void && decision.person_id == person) {
        return Err(Refusal::AlreadyDecided);
    }
    Ok((stage.id, fulfils))
}

/// The requirements of a stage that someone may set aside: the soft ones whose roles the person holds.
fn set_aside(view: &RequestView, stage: StageId, holds: impl Fn(&Who) -> bool) -> Vec<usize> {
    let role = |name: &String| holds(&Who::Role { name: name.clone() });
    let requirements = view.stages.iter().filter(|one| one.id == stage).flat_map(|one| &one.requirements);
    requirements
        .enumerate()
        .filter(|(_, one)| !one.set_aside_by.is_empty() && one.set_aside_by.iter().all(role))
        .map(|(index, _)| index)
        .collect()
}

/// Which stage this person could set aside now, if any.
pub fn may_set_aside(
    view: &RequestView,
    person: PrincipalId,
    holds: impl Fn(&Who) -> bool,
) -> Option<StageId> {
    let open = progress(view).into_iter().find(|stage| !stage.satisfied)?.stage_id;
    let barred = person == view.requester
        || view.editors.contains(&person)
        || view.decisions.iter().any(|decision| !decision.void && decision.person_id == person);
    (view.state == RequestState::Pending && !barred && !set_aside(view, open, holds).is_empty())
        .then_some(open)
}

/// What this word changes.
///
/// # Errors
/// A [`Refusal`]; nothing is changed then.
pub fn decide(
    view: &RequestView,
    word: &Word<'_>,
    holds: impl Fn(&Who) -> bool,
) -> Result<DecisionEffect, Refusal> {
    let (stage_id, fulfils) = match (word.sets_aside, may_set_aside(view, word.person, &holds)) {
        (true, Some(stage)) => (stage, set_aside(view, stage, &holds)),
        (true, None) => {
            may_decide(view, word.person, |_| true)?;
            return Err(Refusal::NothingToSetAside);
        }
        (false, _) => may_decide(view, word.person, &holds)?,
    };
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
        return Ok(DecisionEffect {
            stage_id,
            stage_state,
            given,
            activates: None,
            reopens: Vec::new(),
            voids,
            request,
            fulfils,
        });
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
        fulfils: fulfils.clone(),
        sets_aside: word.sets_aside,
    });
    let reopens = match word.narrowed {
        Some(hash) => narrowed(&mut after, stage_id, hash),
        None => Vec::new(),
    };
    let after = progress(&after);
    let this = after.iter().find(|stage| stage.stage_id == stage_id);
    let (now, satisfied) = this.map_or((given, false), |stage| (stage.given, stage.satisfied));
    if now == given {
        // Someone else's word fills what this person could, and leaves open what this person cannot.
        let stage = view.stages.iter().find(|stage| stage.id == stage_id);
        let open = stage.into_iter().flat_map(|stage| &stage.requirements).filter(|one| !holds(&one.who));
        return Err(Refusal::NotAnApprover { needs: open.map(|one| one.who.to_string()).collect() });
    }
    let next = others(&after).into_iter().next().filter(|_| satisfied);
    let request = if after.iter().all(|stage| stage.satisfied) {
        step(view.state, RequestEvent::Approve)?
    } else {
        view.state
    };
    let stage_state = if satisfied { StageState::Satisfied } else { StageState::Active };
    Ok(DecisionEffect {
        stage_id,
        stage_state,
        given: now,
        activates: next,
        reopens,
        voids: Vec::new(),
        request,
        fulfils,
    })
}

/// Narrows what is decided. Earlier stages whose policy says so are asked again, about the narrower thing.
fn narrowed(view: &mut RequestView, by: StageId, hash: SpecHash) -> Vec<StageId> {
    view.wider.push(view.spec_hash);
    view.spec_hash = hash;
    let position = view.stages.iter().find(|stage| stage.id == by).map_or(i32::MIN, |stage| stage.position);
    let again = view.stages.iter().filter(|stage| stage.ask_again && stage.position < position);
    let again: Vec<StageId> = again.map(|stage| stage.id).collect();
    for decision in &mut view.decisions {
        decision.void |= decision.stage_id.is_some_and(|stage| again.contains(&stage));
    }
    again
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
mod narrow_tests;
#[cfg(test)]
mod tests;

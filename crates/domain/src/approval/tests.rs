use super::*;
use crate::reason::Coded;
use uuid::Uuid;

pub(super) fn person(n: u128) -> PrincipalId {
    PrincipalId(Uuid::from_u128(n))
}

pub(super) fn permission(name: &str) -> Who {
    Who::Permission { name: name.to_owned() }
}

pub(super) fn one(who: Who, needed: u32) -> RequirementView {
    RequirementView { who, needed, set_aside_by: Vec::new() }
}

pub(super) fn hash(n: u8) -> SpecHash {
    SpecHash([n; 32])
}

/// A pending request of person 0 with these stages, each `needed` of `approve:{position}`.
pub(super) fn request(needed: &[u32]) -> RequestView {
    let stage = |(needed, n): (&u32, i32)| StageView {
        id: StageId(Uuid::from_u128(n as u128)),
        position: n,
        requirements: vec![one(permission(&format!("approve:{n}")), *needed)],
        ask_again: false,
    };
    RequestView {
        state: RequestState::Pending,
        spec_hash: hash(1),
        wider: Vec::new(),
        requester: person(0),
        editors: Vec::new(),
        stages: needed.iter().zip(1..).map(stage).collect(),
        decisions: Vec::new(),
        confirm_name: None,
    }
}

pub(super) fn yes(n: u128) -> Word<'static> {
    Word {
        person: person(n),
        verdict: Verdict::Approve,
        spec_hash: hash(1),
        confirm_name: None,
        narrowed: None,
        sets_aside: false,
    }
}

/// Writes the effect as the application does.
pub(super) fn record(view: &mut RequestView, word: &Word<'_>, effect: &DecisionEffect) {
    view.state = effect.request;
    for decision in &mut view.decisions {
        decision.void |= decision.stage_id.is_some_and(|stage| effect.reopens.contains(&stage));
    }
    view.decisions.push(DecisionView {
        stage_id: Some(effect.stage_id),
        person_id: word.person,
        verdict: word.verdict,
        spec_hash: word.spec_hash,
        void: false,
        fulfils: effect.fulfils.clone(),
        sets_aside: word.sets_aside,
    });
    if let Some(hash) = word.narrowed {
        view.wider.push(view.spec_hash);
        view.spec_hash = hash;
    }
}

fn anyone(_: &Who) -> bool {
    true
}

fn refused(view: &RequestView, word: &Word<'_>) -> &'static str {
    decide(view, word, anyone).unwrap_err().code()
}

#[test]
fn one_approver_approves() {
    let view = request(&[1]);
    let effect = decide(&view, &yes(1), anyone).unwrap();
    assert_eq!(
        effect,
        DecisionEffect {
            stage_id: view.stages[0].id,
            stage_state: StageState::Satisfied,
            given: 1,
            activates: None,
            reopens: vec![],
            voids: vec![],
            request: RequestState::Approved,
            fulfils: vec![0],
        }
    );
}

#[test]
fn two_are_needed_and_the_same_person_is_one() {
    let mut view = request(&[2]);
    let first = decide(&view, &yes(1), anyone).unwrap();
    assert_eq!(
        (first.given, first.stage_state, first.request),
        (1, StageState::Active, RequestState::Pending)
    );
    record(&mut view, &yes(1), &first);
    assert_eq!(refused(&view, &yes(1)), "ALREADY_DECIDED");
    assert_eq!(decide(&view, &yes(2), anyone).unwrap().request, RequestState::Approved);
}

#[test]
fn stages_follow_each_other_and_one_person_counts_once_over_all() {
    let mut view = request(&[1, 1]);
    view.stages.reverse();
    let only_second = |who: &Who| *who == permission("approve:2");
    assert_eq!(
        decide(&view, &yes(1), only_second).unwrap_err(),
        Refusal::NotAnApprover { needs: vec!["approve:1".into()] }
    );
    let effect = decide(&view, &yes(1), anyone).unwrap();
    assert_eq!((effect.activates, effect.request), (Some(view.stages[0].id), RequestState::Pending));
    record(&mut view, &yes(1), &effect);
    assert_eq!(refused(&view, &yes(1)), "ALREADY_DECIDED");
    assert_eq!(decide(&view, &yes(2), only_second).unwrap().request, RequestState::Approved);
}

#[test]
fn requester_and_editors_cannot_decide() {
    let mut view = request(&[1]);
    view.editors.push(person(5));
    for n in [0, 5] {
        assert_eq!(refused(&view, &yes(n)), "SELF_APPROVAL");
        assert_eq!(refused(&view, &Word { verdict: Verdict::Reject, ..yes(n) }), "SELF_APPROVAL");
    }
}

#[test]
fn a_stale_hash_is_refused_and_says_what_is_current() {
    let view = request(&[1]);
    let refusal = decide(&view, &Word { spec_hash: hash(9), ..yes(1) }, anyone).unwrap_err();
    assert_eq!(
        (refusal.code(), &refusal.params()["spec_hash"]),
        ("SPEC_CHANGED", &hash(1).to_string().into())
    );
}

#[test]
fn a_rejection_ends_it_whatever_the_stage() {
    let view = request(&[2, 1]);
    let effect = decide(&view, &Word { verdict: Verdict::Reject, ..yes(1) }, anyone).unwrap();
    assert_eq!((effect.request, effect.stage_state), (RequestState::Rejected, StageState::Rejected));
    assert_eq!(effect.voids, [view.stages[1].id]);
}

#[test]
fn whoever_decides_can_send_it_back_for_changes() {
    let view = request(&[2, 1]);
    let changes = Word { verdict: Verdict::RequestChanges, ..yes(1) };
    let effect = decide(&view, &changes, anyone).unwrap();
    assert_eq!((effect.request, effect.stage_state), (RequestState::ChangesRequested, StageState::Void));
    assert_eq!((effect.voids, effect.activates), (vec![view.stages[1].id], None));
    let stale = Word { spec_hash: hash(9), ..changes };
    assert_eq!(refused(&view, &stale), "SPEC_CHANGED");
    assert_eq!(refused(&view, &Word { person: person(0), ..changes }), "SELF_APPROVAL");
}

#[test]
fn only_what_is_not_decided_can_be_edited() {
    for state in RequestState::ALL.iter().chain([&RequestState::Unknown]) {
        let open = matches!(state, RequestState::Pending | RequestState::ChangesRequested);
        match may_edit(*state) {
            Ok(after) => assert!(open && after == RequestState::Pending, "{state}"),
            Err(refusal) => assert!(!open && refusal.code() == "NOT_EDITABLE", "{state}"),
        }
    }
}

#[test]
fn what_is_not_pending_is_not_decided() {
    for state in RequestState::ALL.iter().chain([&RequestState::Unknown]) {
        let view = RequestView { state: *state, ..request(&[1]) };
        if *state != RequestState::Pending {
            assert_eq!(refused(&view, &yes(1)), "NOT_PENDING");
        }
    }
    assert_eq!(refused(&request(&[]), &yes(1)), "NOT_PENDING");
}

#[test]
fn a_protected_environment_wants_the_name_typed() {
    let view = RequestView { confirm_name: Some("team-shop-web-01".into()), ..request(&[1]) };
    assert_eq!(refused(&view, &yes(1)), "CONFIRM_NAME");
    assert_eq!(refused(&view, &Word { confirm_name: Some("team-shop-web-1"), ..yes(1) }), "CONFIRM_NAME");
    assert!(decide(&view, &Word { confirm_name: Some("team-shop-web-01"), ..yes(1) }, anyone).is_ok());
    // Refusing needs no care.
    assert!(decide(&view, &Word { verdict: Verdict::Reject, ..yes(1) }, anyone).is_ok());
}

#[test]
fn a_void_decision_does_not_bar_its_person() {
    let mut view = request(&[1]);
    let effect = decide(&view, &yes(1), anyone).unwrap();
    record(&mut view, &yes(1), &effect);
    view.state = RequestState::Pending;
    view.spec_hash = hash(2);
    view.decisions[0].void = true;
    assert!(decide(&view, &Word { spec_hash: hash(2), ..yes(1) }, anyone).is_ok());
}

#[test]
fn a_stage_that_asks_for_nobody_asks_for_one() {
    assert!(!progress(&request(&[0]))[0].satisfied);
}

/// A stage with one security person and one approver, decided in any order.
fn both() -> RequestView {
    let mut view = request(&[1, 1]);
    view.stages.truncate(1);
    view.stages[0].requirements = vec![one(permission("secure"), 1), one(permission("approve"), 1)];
    view
}

fn only<'a>(names: &'a [&'a str]) -> impl Fn(&Who) -> bool + 'a {
    move |who| names.iter().any(|name| who.to_string() == *name || who.to_string() == format!("role {name}"))
}

#[test]
fn the_requirements_of_a_stage_are_met_in_any_order_by_different_people() {
    for (first, second) in [(["secure"], ["approve"]), (["approve"], ["secure"])] {
        let mut view = both();
        let effect = decide(&view, &yes(1), only(&first)).unwrap();
        assert_eq!((effect.given, effect.request), (1, RequestState::Pending));
        record(&mut view, &yes(1), &effect);
        // A second person of the same kind does not help.
        let refusal = decide(&view, &yes(2), only(&first)).unwrap_err();
        assert_eq!(refusal, Refusal::NotAnApprover { needs: vec![second[0].into()] });
        assert_eq!(decide(&view, &yes(2), only(&second)).unwrap().request, RequestState::Approved);
    }
}

#[test]
fn who_qualifies_for_both_counts_for_one_and_moves_over() {
    let mut view = both();
    let effect = decide(&view, &yes(1), anyone).unwrap();
    assert_eq!((effect.fulfils.as_slice(), effect.request), ([0, 1].as_slice(), RequestState::Pending));
    record(&mut view, &yes(1), &effect);
    // Whatever the second person is, the first fills the other place.
    for kind in ["secure", "approve"] {
        assert_eq!(decide(&view, &yes(2), only(&[kind])).unwrap().request, RequestState::Approved);
    }
}

#[test]
fn a_soft_requirement_is_set_aside_by_its_role_and_by_no_other() {
    let mut view = request(&[3]);
    let aside = Word { sets_aside: true, ..yes(1) };
    assert_eq!(decide(&view, &aside, anyone).unwrap_err(), Refusal::NothingToSetAside);
    view.stages[0].requirements[0].set_aside_by = vec!["on-call".into()];
    assert_eq!(decide(&view, &aside, only(&["approve:1"])).unwrap_err(), Refusal::NothingToSetAside);
    let effect = decide(&view, &aside, only(&["on-call"])).unwrap();
    assert_eq!((effect.given, effect.request), (3, RequestState::Approved));
    // Nobody sets aside what they asked for themselves.
    assert_eq!(
        decide(&view, &Word { person: person(0), ..aside }, anyone).unwrap_err(),
        Refusal::SelfApproval
    );
    // The same role without the wish to set aside is no approver.
    assert!(decide(&view, &yes(1), only(&["on-call"])).is_err());
}

#[test]
fn a_narrowing_keeps_what_was_approved_before_it_unless_a_stage_wants_to_be_asked_again() {
    for ask_again in [false, true] {
        let mut view = request(&[1, 1]);
        view.stages[0].ask_again = ask_again;
        let first = decide(&view, &yes(1), anyone).unwrap();
        record(&mut view, &yes(1), &first);
        let word = Word { narrowed: Some(hash(2)), ..yes(2) };
        let effect = decide(&view, &word, anyone).unwrap();
        assert_eq!(effect.stage_state, StageState::Satisfied);
        record(&mut view, &word, &effect);
        if ask_again {
            let first_stage = view.stages[0].id;
            assert_eq!((effect.reopens, effect.activates), (vec![first_stage], Some(first_stage)));
            assert_eq!(effect.request, RequestState::Pending);
            // The person asked again may answer again, on the narrower thing.
            assert_eq!(refused(&view, &yes(1)), "SPEC_CHANGED");
            let again = Word { spec_hash: hash(2), ..yes(1) };
            assert_eq!(decide(&view, &again, anyone).unwrap().request, RequestState::Approved);
        } else {
            assert_eq!((effect.request, effect.reopens.len()), (RequestState::Approved, 0));
        }
    }
}

use super::*;
use proptest::prelude::*;
use uuid::Uuid;

fn policy(name: &str, effect: PolicyEffect, operations: &[RequestOperation]) -> PolicyVersion {
    PolicyVersion {
        policy: name.into(),
        version: 1,
        title: format!("Title of {name}"),
        effect,
        enforcement: Enforcement::Hard,
        operations: operations.to_vec(),
        condition: Condition::Always,
        stages: Vec::new(),
        reason_code: "SAYS_SO".into(),
    }
}

fn stage(position: i32, permission: &str, needed: u32) -> StageRule {
    StageRule { position, permission: permission.into(), needed }
}

fn input(operation: RequestOperation, protected: bool) -> Input {
    Input {
        operation,
        environment: "test".into(),
        protected,
        system_id: SystemId(Uuid::nil()),
        service_id: ServiceId(Uuid::nil()),
        requester_id: PrincipalId(Uuid::nil()),
        requester_roles: vec!["engineer".into()],
        milli_vcpu: 0,
        memory_bytes: 0,
        disk_bytes: 0,
        fields: Default::default(),
    }
}

/// The shipped policies, as the migrations insert them.
fn shipped() -> Vec<PolicyVersion> {
    use PolicyEffect::{Allow, Require};
    use RequestOperation::{Console, Create, Delete, Restart, Start, Stop};
    let power = [Start, Stop, Restart, Console];
    vec![
        PolicyVersion {
            stages: vec![stage(1, "request:approve", 1)],
            ..policy("changes-need-approval", Require, &[Create, Delete])
        },
        PolicyVersion {
            condition: Some(true).into(),
            stages: vec![stage(1, "request:approve", 2)],
            ..policy("protected-delete-needs-two", Require, &[Delete])
        },
        PolicyVersion { condition: Some(false).into(), ..policy("power-and-console-flow", Allow, &power) },
        PolicyVersion {
            condition: Some(true).into(),
            stages: vec![stage(1, "request:approve", 1)],
            ..policy("protected-power-and-console-need-approval", Require, &power)
        },
    ]
}

fn needed(outcome: &Outcome) -> Vec<u32> {
    match outcome {
        Outcome::Approval { stages } => stages.iter().map(|stage| stage.needed).collect(),
        other => panic!("{other:?} asks nobody"),
    }
}

#[test]
fn the_shipped_defaults_say_what_the_design_says() {
    use RequestOperation::{Console, Create, Delete, Restart, Start, Stop};
    let judge = |operation, protected| evaluate(&shipped(), &input(operation, protected)).outcome;
    for protected in [false, true] {
        assert_eq!(needed(&judge(Create, protected)), [1]);
    }
    assert_eq!(needed(&judge(Delete, false)), [1]);
    assert_eq!(needed(&judge(Delete, true)), [2]);
    for operation in [Start, Stop, Restart, Console] {
        assert_eq!(judge(operation, false), Outcome::Automatic { rule: "power-and-console-flow@1".into() });
        assert_eq!(needed(&judge(operation, true)), [1]);
    }
}

#[test]
fn nothing_matching_means_one_approver() {
    for policies in [vec![], vec![policy("other", PolicyEffect::Allow, &[RequestOperation::Start])]] {
        let judgement = evaluate(&policies, &input(RequestOperation::Create, false));
        let Outcome::Approval { stages } = judgement.outcome else { panic!("the door is open") };
        assert_eq!((stages[0].permission.as_str(), stages[0].needed), (DEFAULT_PERMISSION, 1));
        assert!(stages[0].rules.is_empty());
    }
}

#[test]
fn deny_beats_require_and_require_beats_allow() {
    let operations = [RequestOperation::Create];
    let allow = policy("a", PolicyEffect::Allow, &operations);
    let require = PolicyVersion {
        stages: vec![stage(5, "request:approve", 1)],
        ..policy("b", PolicyEffect::Require, &operations)
    };
    let deny = policy("c", PolicyEffect::Deny, &operations);
    let asked = input(RequestOperation::Create, false);
    assert_eq!(evaluate(std::slice::from_ref(&allow), &asked).outcome.effect(), PolicyEffect::Allow);
    assert_eq!(evaluate(&[allow.clone(), require.clone()], &asked).outcome.effect(), PolicyEffect::Require);
    let Outcome::Denied { reasons } = evaluate(&[allow, deny, require], &asked).outcome else {
        panic!("not denied");
    };
    assert_eq!(reasons.len(), 1);
    assert_eq!((reasons[0].code.as_ref(), &reasons[0].params["policy"]), ("SAYS_SO", &"c".into()));
}

#[test]
fn advice_changes_nothing() {
    let operations = [RequestOperation::Create];
    for effect in [PolicyEffect::Allow, PolicyEffect::Deny, PolicyEffect::Require] {
        let advice = PolicyVersion { enforcement: Enforcement::Advisory, ..policy("a", effect, &operations) };
        let judgement = evaluate(&[advice], &input(RequestOperation::Create, false));
        assert_eq!(needed(&judgement.outcome), [1]);
        assert!(judgement.results[0].matched && !judgement.results[0].enforced);
    }
}

#[test]
fn stages_merge_by_and() {
    let operations = [RequestOperation::Delete];
    let require = |name, stages| PolicyVersion { stages, ..policy(name, PolicyEffect::Require, &operations) };
    let policies = [
        require("a", vec![stage(1, "request:approve", 1), stage(7, "network:approve", 1)]),
        require("b", vec![stage(1, "request:approve", 2), stage(1, "cost:approve", 1)]),
        require("c", vec![]),
    ];
    let Outcome::Approval { stages } = evaluate(&policies, &input(RequestOperation::Delete, true)).outcome
    else {
        panic!("no approval");
    };
    let short: Vec<_> =
        stages.iter().map(|s| (s.position, s.permission.as_str(), s.needed, s.rules.join(","))).collect();
    assert_eq!(
        short,
        [
            (1, "cost:approve", 1, "b@1".into()),
            (2, "request:approve", 2, "a@1,b@1".into()),
            (3, "network:approve", 1, "a@1".into()),
        ]
    );
}

#[test]
fn a_require_that_asks_for_nobody_still_asks_for_one() {
    let operations = [RequestOperation::Create];
    for stages in [vec![], vec![stage(1, "request:approve", 0)]] {
        let empty = PolicyVersion { stages, ..policy("a", PolicyEffect::Require, &operations) };
        let allow = policy("b", PolicyEffect::Allow, &operations);
        assert_eq!(needed(&evaluate(&[empty, allow], &input(RequestOperation::Create, false)).outcome), [1]);
    }
}

#[test]
fn an_unknown_operation_never_flows() {
    let allow = policy("a", PolicyEffect::Allow, &[RequestOperation::Unknown]);
    let judgement = evaluate(&[allow], &input(RequestOperation::Unknown, false));
    assert_eq!(needed(&judgement.outcome), [1]);
}

fn any_policy() -> impl Strategy<Value = PolicyVersion> {
    let rule = (1..4_i32, prop::sample::select(vec!["request:approve", "cost:approve"]), 0..3_u32);
    (
        ("[a-d]", 1..3_i32, prop::sample::select(PolicyEffect::ALL), prop::sample::select(Enforcement::ALL)),
        prop::collection::vec(prop::sample::select(RequestOperation::ALL), 0..4),
        prop::option::of(any::<bool>()),
        prop::collection::vec(rule, 0..3),
    )
        .prop_map(|((name, version, effect, enforcement), operations, protected, stages)| {
            PolicyVersion {
                version,
                enforcement,
                condition: protected.into(),
                stages: stages.into_iter().map(|(p, permission, n)| stage(p, permission, n)).collect(),
                ..policy(&name, effect, &operations)
            }
        })
}

fn any_inputs() -> impl Strategy<Value = Inputs> {
    let policies = prop::collection::vec(any_policy(), 0..8);
    (policies, prop::sample::select(RequestOperation::ALL), any::<bool>())
        .prop_map(|(policies, operation, protected)| Inputs { policies, input: input(operation, protected) })
}

proptest! {
    #[test]
    fn the_door_opens_only_by_an_enforced_allow(inputs in any_inputs()) {
        let judgement = inputs.judge();
        let enforced = |effect| judgement.results.iter().any(|r| r.enforced && r.effect == effect);
        match &judgement.outcome {
            Outcome::Automatic { rule } => {
                prop_assert!(enforced(PolicyEffect::Allow));
                prop_assert!(!enforced(PolicyEffect::Deny) && !enforced(PolicyEffect::Require));
                let named = judgement.results.iter().any(|r| *rule == format!("{}@{}", r.policy, r.version));
                prop_assert!(named);
            }
            Outcome::Approval { stages } => {
                prop_assert!(!enforced(PolicyEffect::Deny) && !stages.is_empty());
                prop_assert!(stages.iter().all(|stage| stage.needed > 0));
                prop_assert!(stages.iter().zip(1..).all(|(stage, position)| stage.position == position));
            }
            Outcome::Denied { reasons } => prop_assert!(enforced(PolicyEffect::Deny) && !reasons.is_empty()),
        }
        prop_assert_eq!(judgement.results.len(), inputs.policies.len());
    }

    #[test]
    fn a_stored_judgement_replays(inputs in any_inputs()) {
        let first = inputs.judge();
        let stored = serde_json::to_string(&inputs).unwrap();
        let verdict = serde_json::to_string(&first).unwrap();
        let again: Inputs = serde_json::from_str(&stored).unwrap();
        prop_assert_eq!(&again, &inputs);
        prop_assert_eq!(again.judge(), serde_json::from_str::<Judgement>(&verdict).unwrap());
    }

    #[test]
    fn the_order_of_policies_does_not_matter(inputs in any_inputs()) {
        let mut distinct = inputs;
        distinct.policies.sort_by(|a, b| (&a.policy, a.version).cmp(&(&b.policy, b.version)));
        distinct.policies.dedup_by(|a, b| (&a.policy, a.version) == (&b.policy, b.version));
        let first = distinct.judge();
        distinct.policies.reverse();
        prop_assert_eq!(distinct.judge(), first);
    }
}

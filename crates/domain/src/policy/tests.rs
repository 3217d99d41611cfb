use super::*;
use proptest::prelude::*;

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
        override_role: None,
        pending: None,
    }
}

fn stage(position: i32, permission: &str, needed: u32) -> StageRule {
    StageRule { position, requirements: vec![Asked { who: holder(permission), needed }], ask_again: false }
}

fn holder(permission: &str) -> Who {
    Who::Permission { name: permission.into() }
}

fn input(operation: RequestOperation, protected: bool) -> Input {
    Input { operation, protected, ..condition::samples().swap_remove(1) }
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
        Outcome::Approval { stages } => {
            stages.iter().map(|stage| stage.requirements.iter().map(|one| one.needed).sum()).collect()
        }
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
        let one = &stages[0].requirements[0];
        assert_eq!((&one.who, one.needed), (&holder(DEFAULT_PERMISSION), 1));
        assert!(one.rules.is_empty() && stages.len() == 1);
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
    let short = |stage: &Stage| {
        let one = |r: &Requirement| (r.who.to_string(), r.needed, r.rules.join(","));
        (stage.position, stage.requirements.iter().map(one).collect::<Vec<_>>())
    };
    assert_eq!(
        stages.iter().map(short).collect::<Vec<_>>(),
        [
            (
                1,
                vec![
                    ("cost:approve".into(), 1, "b@1".into()),
                    ("request:approve".into(), 2, "a@1,b@1,c@1".into())
                ]
            ),
            (2, vec![("network:approve".into(), 1, "a@1".into())]),
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

/// True, false, without an answer for these inputs, and unreadable.
const EXPRESSIONS: [&str; 4] = ["true", "request.force == false", "request.fields.x == 'y'", "request."];

fn any_policy() -> impl Strategy<Value = PolicyVersion> {
    let rule = (1..4_i32, prop::sample::select(vec!["request:approve", "cost:approve"]), 0..3_u32);
    (
        ("[a-d]", 1..3_i32, prop::sample::select(PolicyEffect::ALL), prop::sample::select(Enforcement::ALL)),
        prop::collection::vec(prop::sample::select(RequestOperation::ALL), 0..4),
        (prop::option::of(any::<bool>()), prop::option::of(prop::sample::select(EXPRESSIONS.to_vec()))),
        prop::collection::vec(rule, 0..3),
        any::<bool>(),
    )
        .prop_map(
            |((name, version, effect, enforcement), operations, (protected, text), stages, soft)| {
                PolicyVersion {
                    version,
                    enforcement,
                    override_role: soft.then(|| "on-call".to_owned()),
                    condition: Condition::of(protected, text.map(str::to_owned)),
                    stages: stages.into_iter().map(|(p, permission, n)| stage(p, permission, n)).collect(),
                    ..policy(&name, effect, &operations)
                }
            },
        )
}

fn any_inputs() -> impl Strategy<Value = Inputs> {
    let policies = prop::collection::vec(any_policy(), 0..8);
    (policies, prop::sample::select(RequestOperation::ALL), any::<bool>()).prop_map(
        |(policies, operation, protected)| Inputs {
            policies,
            input: input(operation, protected),
            others: Vec::new(),
        },
    )
}

proptest! {
    #[test]
    fn the_door_opens_only_by_an_enforced_allow(inputs in any_inputs()) {
        let judgement = inputs.judge();
        let enforced = |effect| judgement.results.iter().any(|r| r.enforced && r.effect == effect);
        match &judgement.outcome {
            Outcome::Automatic { rule } => {
                prop_assert!(enforced(PolicyEffect::Allow));
                prop_assert!(judgement.results.iter().all(|r| !(r.enforced && r.failed)));
                prop_assert!(!enforced(PolicyEffect::Deny) && !enforced(PolicyEffect::Require));
                let named = judgement.results.iter().any(|r| *rule == format!("{}@{}", r.policy, r.version));
                prop_assert!(named);
            }
            Outcome::Approval { stages } => {
                let denied = |r: &RuleResult| r.enforced && !r.failed && r.effect == PolicyEffect::Deny;
                let soft = judgement.results.iter().filter(|r| denied(r)).count();
                let aside = stages[0].requirements.iter().filter(|one| matches!(one.who, Who::Role { .. }));
                prop_assert!(soft == 0 || aside.count() == 1);
                let all = |stage: &Stage| stage.requirements.iter().all(|one| one.needed > 0);
                prop_assert!(stages.iter().all(|stage| !stage.requirements.is_empty() && all(stage)));
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

#[test]
fn a_condition_without_an_answer_asks_people_and_never_opens_or_shuts() {
    let operations = [RequestOperation::Create];
    let asked = input(RequestOperation::Create, false);
    let open = policy("open", PolicyEffect::Allow, &operations);
    for effect in [PolicyEffect::Allow, PolicyEffect::Deny, PolicyEffect::Require] {
        let failing = PolicyVersion {
            condition: Condition::of(None, Some("request.fields.x == 'y'".into())),
            ..policy("z", effect, &operations)
        };
        let judgement = evaluate(&[failing, open.clone()], &asked);
        assert_eq!(needed(&judgement.outcome), [1], "{effect:?}");
        let said = &judgement.results[1];
        assert!(said.failed && said.enforced && !said.matched);
        assert_eq!(said.reason.code, "POLICY_CONDITION_ERROR");
    }
}

#[test]
fn a_soft_denial_opens_by_its_role_and_then_by_the_other_rules() {
    let operations = [RequestOperation::Create];
    let deny = PolicyVersion {
        enforcement: Enforcement::Soft,
        override_role: Some("on-call".into()),
        ..policy("a", PolicyEffect::Deny, &operations)
    };
    let asked = input(RequestOperation::Create, false);
    let role = Who::Role { name: "on-call".into() };
    let first = |outcome: &Outcome| match outcome {
        Outcome::Approval { stages } => (stages.len(), stages[0].requirements[0].who.clone()),
        other => panic!("{other:?}"),
    };
    let allow = policy("b", PolicyEffect::Allow, &operations);
    assert_eq!(first(&evaluate(std::slice::from_ref(&deny), &asked).outcome), (2, role.clone()));
    assert_eq!(first(&evaluate(&[deny.clone(), allow], &asked).outcome), (1, role.clone()));
    let hard = policy("c", PolicyEffect::Deny, &operations);
    assert_eq!(evaluate(&[deny.clone(), hard], &asked).outcome.effect(), PolicyEffect::Deny);
    let nameless = PolicyVersion { override_role: None, ..deny };
    assert_eq!(evaluate(&[nameless], &asked).outcome.effect(), PolicyEffect::Deny);
}

#[test]
fn a_requirement_is_soft_only_if_all_its_rules_are() {
    let operations = [RequestOperation::Create];
    let soft = |name: &str, role: &str| PolicyVersion {
        enforcement: Enforcement::Soft,
        override_role: Some(role.into()),
        stages: vec![stage(1, "request:approve", 2)],
        ..policy(name, PolicyEffect::Require, &operations)
    };
    let hard = PolicyVersion {
        stages: vec![stage(1, "request:approve", 1)],
        ..policy("h", PolicyEffect::Require, &operations)
    };
    let asked = input(RequestOperation::Create, false);
    let roles = |policies: &[PolicyVersion]| match evaluate(policies, &asked).outcome {
        Outcome::Approval { stages } => stages[0].requirements[0].set_aside_by.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(roles(&[soft("a", "x"), soft("b", "y")]), ["x", "y"]);
    assert!(roles(&[soft("a", "x"), hard]).is_empty());
}

#[test]
fn the_shortest_wait_wins_and_a_refusal_before_an_end() {
    let operations = [RequestOperation::Create];
    let waiting = |name: &str, hours, then| PolicyVersion {
        pending: Some(Pending { hours, then }),
        ..policy(name, PolicyEffect::Require, &operations)
    };
    let asked = input(RequestOperation::Create, false);
    assert_eq!(evaluate(&[], &asked).pending, Pending { hours: 336, then: OnTimeout::Expire });
    let both = [
        waiting("a", 8, OnTimeout::Expire),
        waiting("b", 8, OnTimeout::Reject),
        waiting("c", 90, OnTimeout::Reject),
    ];
    assert_eq!(evaluate(&both, &asked).pending, Pending { hours: 8, then: OnTimeout::Reject });
}

#[test]
fn what_was_stored_before_stages_had_several_requirements_is_read() {
    let rule: StageRule =
        serde_json::from_str(r#"{"position": 1, "permission": "request:approve", "needed": 2}"#).unwrap();
    assert_eq!(rule, stage(1, "request:approve", 2));
    let old: Judgement = serde_json::from_str(
        r#"{"results": [], "outcome": {"kind": "approval", "stages": [
            {"position": 1, "permission": "request:approve", "needed": 1, "rules": ["a@1"]}]}}"#,
    )
    .unwrap();
    assert_eq!(needed(&old.outcome), [1]);
}

#[test]
fn of_a_batch_the_strictest_word_counts() {
    let creates = [RequestOperation::Create];
    let mut allow = policy("allow", PolicyEffect::Allow, &creates);
    let mut deny = policy("deny", PolicyEffect::Deny, &creates);
    let (plain, mut large) = (input(RequestOperation::Create, false), input(RequestOperation::Create, false));
    large.size = "large".into();
    let when = |text: &str| Condition::of(None, Some(text.into()));
    let together = |policies: Vec<PolicyVersion>| {
        let inputs = Inputs { policies, input: plain.clone(), others: vec![large.clone()] };
        inputs.judge()
    };
    assert_eq!(together(vec![allow.clone()]).outcome.effect(), PolicyEffect::Allow);
    allow.condition = when("size.name != 'large'");
    assert_eq!(together(vec![allow.clone()]).outcome.effect(), PolicyEffect::Require);
    deny.condition = when("size.name == 'large'");
    let judged = together(vec![deny.clone(), allow.clone()]);
    assert_eq!((judged.results.len(), judged.outcome.effect()), (2, PolicyEffect::Deny));
    let alone = Inputs { policies: vec![deny, allow], input: plain.clone(), others: vec![] };
    assert_eq!(alone.judge().outcome.effect(), PolicyEffect::Allow);
}

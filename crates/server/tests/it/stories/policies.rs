//! Stories about rules that an organisation writes itself, and about approvers who grant less than was asked for.

use std::time::Duration;

use shepherd_contract::types::{
    Approve, ApproverKind, CreatePolicy, CreateSize, Enforcement, ExplainPolicy, OnTimeout, Overrides,
    PassingKind, PolicyEffect, PolicyPending, PolicyRequirement, PolicyStage, RequestOperation, RequestState,
    RequestVm, SizeContent,
};
use shepherd_domain::ids::SizeVersionId;
use shepherd_test_support::app::{World, key};

use super::{code, failure, says_yes, yes};

/// A rule about new VMs.
pub(crate) fn rule(name: &str, effect: PolicyEffect, stages: Vec<PolicyStage>) -> CreatePolicy {
    CreatePolicy {
        name: name.into(),
        title: format!("The rule {name}"),
        effect,
        enforcement: None,
        operations: vec![RequestOperation::VmCreate],
        protected: None,
        condition: None,
        stages: (effect == PolicyEffect::Require).then_some(stages),
        reason_code: None,
        override_role: None,
        pending: None,
    }
}

pub(crate) fn asks(kind: ApproverKind, name: Option<&str>, needed: i32) -> PolicyRequirement {
    PolicyRequirement { kind, name: name.map(str::to_owned), needed }
}

pub(crate) fn stage(position: i32, requirements: Vec<PolicyRequirement>) -> PolicyStage {
    PolicyStage { position, requirements, ask_again: None }
}

pub(super) async fn saved(world: &World, policy: CreatePolicy) {
    world.admin.policies().create_policy(&key(), &policy).await.expect("the policy is in force");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_wants_one_of_each_kind_in_any_order() {
    let world = World::start().await;
    let operator = world.app.person("operator", "operator").await;
    let stages = vec![stage(1, vec![asks(ApproverKind::Role, Some("operator"), 1)])];
    saved(&world, rule("operators-look", PolicyEffect::Require, stages)).await;

    let asked = world.ask().await;
    assert_eq!((asked.stages.len(), asked.stages[0].requirements.len(), asked.stages[0].needed), (1, 2, 2));
    let seen = operator.requests().get_request(asked.id).await.expect("whoever decides sees what it is");
    assert!(seen.may.approve);
    let waiting =
        shepherd_contract::types::ListRequestsQuery { waiting_for_me: Some(true), ..Default::default() };
    assert_eq!(operator.requests().list_requests(&waiting).await.unwrap().items.len(), 1);

    let half = says_yes(&operator, &asked).await.unwrap();
    assert_eq!((half.state, half.stages[0].given), (RequestState::Pending, 1));
    let missing: Vec<_> = half.stages[0].requirements.iter().map(|one| one.missing).collect();
    assert_eq!(missing.iter().sum::<i32>(), 1);
    let another = world.app.person("another-operator", "operator").await;
    assert_eq!(code(says_yes(&another, &asked).await), "NOT_AN_APPROVER");
    says_yes(&world.approver, &asked).await.unwrap();
    world.reaches(asked.id, RequestState::Succeeded).await;
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_condition_decides_whom_a_rule_is_about_and_one_without_an_answer_asks_people() {
    let world = World::start().await;
    let deny = CreatePolicy {
        condition: Some("request.milli_vcpu > 500 && requester.name == 'engineer'".into()),
        ..rule("no-large", PolicyEffect::Deny, vec![])
    };
    saved(&world, deny).await;
    let refused = world.engineer.requests().request_vm(&key(), &world.wish()).await;
    assert_eq!(code(refused), "NO_LARGE");
    let policies = world.admin.policies();
    let all = policies.list_policies(&Default::default()).await.unwrap().items;
    let id = all.iter().find(|policy| policy.name == "no-large").unwrap().id;
    policies.retire_policy(id, 1).await.unwrap();

    let flow = CreatePolicy {
        condition: Some("request.fields.ticket != ''".into()),
        ..rule("tickets-flow", PolicyEffect::Allow, vec![])
    };
    saved(&world, flow).await;
    let asked = world.ask().await;
    assert_eq!(asked.state, RequestState::Pending);
    let said = asked.verdict.iter().find(|said| said.policy == "tickets-flow").unwrap();
    assert!(said.failed && !said.matched);
    assert_eq!(said.reason.code, "POLICY_CONDITION_ERROR");
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_soft_denial_is_set_aside_by_its_role_with_a_reason() {
    let world = World::start().await;
    let operator = world.app.person("operator", "operator").await;
    let deny = CreatePolicy {
        enforcement: Some(Enforcement::Soft),
        override_role: Some("operator".into()),
        ..rule("freeze", PolicyEffect::Deny, vec![])
    };
    saved(&world, deny).await;
    let asked = world.ask().await;
    assert_eq!(asked.stages.len(), 2);
    assert_eq!(code(says_yes(&world.approver, &asked).await), "NOT_AN_APPROVER");
    says_yes(&operator, &asked).await.unwrap();
    says_yes(&world.approver, &asked).await.unwrap();
    world.reaches(asked.id, RequestState::Succeeded).await;
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_soft_requirement_is_set_aside_by_its_role_and_the_reason_is_kept() {
    let world = World::protected().await;
    let operator = world.app.person("operator", "operator").await;
    let stages = vec![stage(9, vec![asks(ApproverKind::Permission, Some("audit:read"), 5)])];
    let soft = CreatePolicy {
        enforcement: Some(Enforcement::Soft),
        override_role: Some("operator".into()),
        ..rule("five-auditors", PolicyEffect::Require, stages)
    };
    saved(&world, soft).await;
    let asked = world.ask().await;
    let half = says_yes(&world.approver, &asked).await.unwrap();
    assert_eq!(half.stages[1].requirements[0].set_aside_by, ["operator"]);
    let aside = |comment: Option<&str>| Approve {
        set_aside: Some(true),
        comment: comment.map(str::to_owned),
        ..yes(&asked)
    };
    let requests = operator.requests();
    assert_eq!(code(requests.approve_request(asked.id, &key(), &aside(None)).await), "REASON_NEEDED");
    let auditor = world.app.auditor().await;
    let foreign = auditor.requests().approve_request(asked.id, &key(), &aside(Some("x"))).await;
    assert_eq!(code(foreign), "NOTHING_TO_SET_ASIDE");
    let done =
        requests.approve_request(asked.id, &key(), &aside(Some("the auditors are away"))).await.unwrap();
    let last = done.decisions.last().unwrap();
    assert!(last.set_aside && last.comment == "the auditors are away");
    world.reaches(asked.id, RequestState::Succeeded).await;
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_decides_in_a_policys_time_is_refused_if_it_says_so() {
    let world = World::start().await;
    let hasty = CreatePolicy {
        pending: Some(PolicyPending { hours: 2, then: OnTimeout::Reject }),
        ..rule(
            "two-hours",
            PolicyEffect::Require,
            vec![stage(1, vec![asks(ApproverKind::Permission, Some("request:approve"), 1)])],
        )
    };
    saved(&world, hasty).await;
    let asked = world.ask().await;
    world.app.pass(Duration::from_secs(2 * 3600 + 1)).await;
    let engineer = world.app.engineer().await;
    let ended = shepherd_test_support::wait_for("the request to end", super::SOON, async || {
        let request = engineer.requests().get_request(asked.id).await.unwrap();
        if request.state == RequestState::Rejected { Ok(request) } else { Err(request.state) }
    })
    .await;
    assert_eq!((failure(&ended), ended.decisions.len()), ("NOT_DECIDED_IN_TIME", 0));
    world.assert_true().await;
}

/// A size of the catalogue.
async fn size(world: &World, name: &str, milli_vcpu: i64, memory_bytes: i64) -> SizeVersionId {
    let content = SizeContent { milli_vcpu, memory_bytes, disk_bytes: 1 << 30, compute: None };
    let size = CreateSize { name: name.into(), description: None, environment_ids: None, content };
    world.admin.sizes().create_size(&key(), &size).await.expect("the size is made").versions[0].id
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approver_grants_less_and_that_is_what_is_made() {
    let world = World::start().await;
    let second = world.app.person("second", "approver").await;
    let stages = vec![stage(2, vec![asks(ApproverKind::Permission, Some("request:approve"), 1)])];
    saved(&world, rule("a-second-look", PolicyEffect::Require, stages)).await;
    let (large, tiny) =
        (size(&world, "large", 4000, 512 << 20).await, size(&world, "tiny", 500, 64 << 20).await);
    let wish = RequestVm { disk_bytes: Some(3 << 30), ..world.wish() };
    let asked = world.engineer.requests().request_vm(&key(), &wish).await.unwrap();

    let narrowing = |size_version_id, disk_bytes| Approve {
        overrides: Some(Overrides { size_version_id, disk_bytes }),
        ..yes(&asked)
    };
    let requests = world.approver.requests();
    for (to, expected) in [
        (narrowing(Some(large), None), "OVERRIDE_GROWS"),
        (narrowing(Some(tiny), Some(4 << 30)), "OVERRIDE_GROWS"),
        (narrowing(None, Some(3 << 30)), "OVERRIDE_CHANGES_NOTHING"),
        (narrowing(Some(SizeVersionId::new()), None), "UNKNOWN_REFERENCE"),
    ] {
        assert_eq!(code(requests.approve_request(asked.id, &key(), &to).await), expected);
    }
    let own = world.engineer.requests().approve_request(asked.id, &key(), &narrowing(Some(tiny), None)).await;
    assert_eq!(code(own), "SELF_APPROVAL");

    let narrower =
        requests.approve_request(asked.id, &key(), &narrowing(Some(tiny), Some(2 << 30))).await.unwrap();
    assert_ne!(narrower.spec_hash, asked.spec_hash);
    assert_eq!(narrower.requested_hash, asked.spec_hash);
    let fields: Vec<_> = narrower.narrowed.iter().map(|n| (n.field.as_str(), n.from, n.to)).collect();
    assert_eq!(
        fields,
        [("milli_vcpu", 1000, 500), ("memory_bytes", 128 << 20, 64 << 20), ("disk_bytes", 3 << 30, 2 << 30)]
    );
    // What is reserved is what is granted.
    world.assert_true().await;
    // Whoever still looks at the larger one decides nothing.
    assert_eq!(code(says_yes(&second, &asked).await), "SPEC_CHANGED");
    let seen = second.requests().get_request(asked.id).await.unwrap();
    says_yes(&second, &seen).await.unwrap();
    let done = world.reaches(asked.id, RequestState::Succeeded).await;
    let vm = world.engineer.vms().get_vm(done.vm.unwrap().id).await.unwrap();
    assert_eq!((vm.size.name.as_str(), vm.size.disk_bytes), ("tiny", 2 << 30));
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_explanation_names_what_was_read_who_can_approve_and_what_would_pass() {
    let world = World::start().await;
    let tiny = size(&world, "tiny", 500, 64 << 20).await;
    let deny = CreatePolicy {
        condition: Some("request.milli_vcpu > 800".into()),
        ..rule("no-large", PolicyEffect::Deny, vec![])
    };
    saved(&world, deny).await;
    let ask = |vm, request_id| ExplainPolicy { vm, request_id };
    let policies = world.engineer.policies();
    let told = policies.explain_policy(&ask(Some(world.wish()), None)).await.unwrap();
    assert_eq!((told.outcome, told.problems[0].code.as_str()), (PolicyEffect::Deny, "NO_LARGE"));
    let said = told.rules.iter().find(|rule| rule.result.policy == "no-large").unwrap();
    let read: Vec<_> = said.read.iter().map(|r| (r.name.as_str(), r.value.to_string())).collect();
    assert_eq!(
        read,
        [("request.milli_vcpu", "1000".to_owned()), ("request.operation", "\"vm.create\"".to_owned())]
    );
    let passing = told.passing.expect("the tiny size would pass");
    assert_eq!((passing.kind, passing.id, passing.name.as_str()), (PassingKind::Size, tiny.0, "tiny"));

    let wish = RequestVm { size_version_id: tiny, ..world.wish() };
    let asked = world.engineer.requests().request_vm(&key(), &wish).await.unwrap();
    let told = policies.explain_policy(&ask(None, Some(asked.id))).await.unwrap();
    assert_eq!((told.replayed, told.outcome), (Some(true), PolicyEffect::Require));
    assert_eq!(told.stages[0].candidates[0].name, "approver");
    assert_eq!(code(policies.explain_policy(&ask(None, None)).await), "ONE_OF_THESE");
    let neighbour = world.app.neighbour().await;
    assert_eq!(code(neighbour.policies().explain_policy(&ask(None, Some(asked.id))).await), "NOT_FOUND");
    assert_eq!(code(neighbour.policies().explain_policy(&ask(Some(wish), None)).await), "NOT_FOUND");
}

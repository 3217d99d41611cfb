//! Policies over the API: who may read and change them, what a version must be, and what saving warns of.

use shepherd_contract::client::ClientError;
use shepherd_contract::operations::OperationId;
use shepherd_contract::types::{
    ApproverKind, CreatePolicy, Enforcement, ListPoliciesQuery, PolicyEffect, PolicyRequirement, PolicyStage,
    RequestOperation, UpdatePolicy,
};
use shepherd_test_support::app::{TestApp, key};

use crate::audited::Trail;

/// A policy that requires this stage of two for large VMs.
fn large(name: &str, condition: &str) -> CreatePolicy {
    CreatePolicy {
        name: name.into(),
        title: "Large VMs need two people".into(),
        effect: PolicyEffect::Require,
        enforcement: None,
        operations: vec![RequestOperation::VmCreate],
        protected: None,
        condition: Some(condition.into()),
        stages: Some(vec![stage(1, &[(ApproverKind::Permission, Some("request:approve"), 2)])]),
        reason_code: None,
        override_role: None,
        pending: None,
    }
}

fn stage(position: i32, asked: &[(ApproverKind, Option<&str>, i32)]) -> PolicyStage {
    let requirement = |(kind, name, needed): &(ApproverKind, Option<&str>, i32)| PolicyRequirement {
        kind: *kind,
        name: name.map(str::to_owned),
        needed: *needed,
    };
    PolicyStage { position, requirements: asked.iter().map(requirement).collect(), ask_again: None }
}

fn next(of: CreatePolicy) -> UpdatePolicy {
    UpdatePolicy {
        title: of.title,
        effect: of.effect,
        enforcement: of.enforcement,
        operations: of.operations,
        protected: of.protected,
        condition: of.condition,
        stages: of.stages,
        reason_code: of.reason_code,
        override_role: of.override_role,
        pending: of.pending,
    }
}

fn code<T: std::fmt::Debug>(result: Result<T, ClientError>) -> String {
    result.expect_err("it should have been refused").code().expect("a problem").to_owned()
}

#[tokio::test]
async fn who_asks_may_read_by_which_rules_they_are_judged() {
    let app = TestApp::start().await;
    let all = ListPoliciesQuery::default();
    let policies = app.engineer().await.policies().list_policies(&all).await.unwrap().items;
    let names: Vec<_> = policies.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "changes-need-approval",
            "owners-admit-members",
            "power-and-console-flow",
            "protected-delete-needs-two",
            "protected-power-and-console-need-approval"
        ]
    );
    let two = &policies[3];
    assert!(two.builtin && two.protected == Some(true) && two.effect == PolicyEffect::Require);
    assert_eq!(two.operations, [RequestOperation::VmDelete, RequestOperation::VmPurge]);
    let asked = &two.stages[0].requirements[0];
    assert_eq!(
        (asked.kind, asked.name.as_deref(), asked.needed),
        (ApproverKind::Permission, Some("request:approve"), 2)
    );

    let viewer = app.person("viewer", "viewer").await;
    assert_eq!(code(viewer.policies().list_policies(&all).await), "PERMISSION_MISSING");
    assert!(app.anonymous().policies().list_policies(&all).await.is_err());
}

#[tokio::test]
async fn a_policy_lives_through_versions_and_out_of_force() {
    let app = TestApp::start().await;
    let (admin, engineer, approver) = (app.admin().await, app.engineer().await, app.approver().await);
    app.person("second", "approver").await;
    let wish = large("large-vms", "request.milli_vcpu > 4000");
    assert_eq!(code(engineer.policies().create_policy(&key(), &wish).await), "PERMISSION_MISSING");
    let saved = admin.policies().create_policy(&key(), &wish).await.unwrap();
    assert_eq!((saved.version, saved.warnings.len()), (1, 0), "{:?}", saved.warnings);
    assert_eq!(saved.policy.reason_code, "LARGE_VMS");
    assert_eq!(code(admin.policies().create_policy(&key(), &wish).await), "NAME_TAKEN");

    let id = saved.policy.id;
    let larger = next(large("large-vms", "request.milli_vcpu > 8000"));
    let second = admin.policies().update_policy(id, 1, &larger).await.unwrap();
    assert_eq!(second.version, 2);
    assert_eq!(code(admin.policies().update_policy(id, 1, &larger).await), "STALE");
    let history = approver.policies().get_policy(id).await.unwrap();
    assert_eq!((history.version, history.in_force, history.versions.len()), (2, true, 2));
    assert_eq!(history.versions[1].condition.as_deref(), Some("request.milli_vcpu > 4000"));
    assert_eq!(history.versions[0].created_by.name, "admin");

    assert_eq!(code(admin.policies().retire_policy(id, 1).await), "STALE");
    admin.policies().retire_policy(id, 2).await.unwrap();
    assert_eq!(code(admin.policies().retire_policy(id, 2).await), "POLICY_RETIRED");
    let named = async |retired| {
        let query = ListPoliciesQuery { retired };
        let items = admin.policies().list_policies(&query).await.unwrap().items;
        items.iter().any(|policy| policy.name == "large-vms")
    };
    assert!(!named(None).await && named(Some(true)).await);
    // A version after the end is in force again.
    admin.policies().update_policy(id, 2, &larger).await.unwrap();
    assert!(named(None).await && !named(Some(true)).await);
    assert_eq!(app.audited(Some("policy.update")).await.len(), 2);
}

#[tokio::test]
async fn what_is_wrong_with_a_version_is_told_at_its_place_and_nothing_is_written() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let with = |change: fn(&mut CreatePolicy)| {
        let mut wish = large("bad", "true");
        change(&mut wish);
        wish
    };
    let cases: [(CreatePolicy, &str, &str); 10] = [
        (large("bad", "request.milli_vcpu >"), "POLICY_CONDITION_SYNTAX", "/condition"),
        (large("bad", &"[1].all(a, true) && ".repeat(90)), "POLICY_CONDITION_SYNTAX", "/condition"),
        (large("bad", &format!("'{}' == ''", "x".repeat(2000))), "POLICY_CONDITION_TOO_LARGE", "/condition"),
        (large("bad", "request.cpu > 1"), "POLICY_CONDITION_UNKNOWN_NAME", "/condition"),
        (large("bad", "request.milli_vcpu > 'x'"), "POLICY_CONDITION_TYPE", "/condition"),
        (with(|wish| wish.enforcement = Some(Enforcement::Soft)), "OVERRIDE_ROLE_NEEDED", "/override_role"),
        (with(|wish| wish.override_role = Some("approver".into())), "OVERRIDE_ROLE_UNUSED", "/override_role"),
        (with(|wish| wish.effect = PolicyEffect::Deny), "STAGES_UNUSED", "/stages"),
        (
            with(|wish| wish.stages = Some(vec![stage(1, &[(ApproverKind::Permission, Some("vm:fly"), 1)])])),
            "UNKNOWN_PERMISSION",
            "/stages/0/requirements/0/name",
        ),
        (
            with(|wish| wish.stages = Some(vec![stage(1, &[(ApproverKind::Role, Some("nobody"), 1)])])),
            "UNKNOWN_REFERENCE",
            "/stages/0/requirements/0/name",
        ),
    ];
    for (wish, expected, pointer) in cases {
        let refused = admin.policies().create_policy(&key(), &wish).await.unwrap_err();
        assert_eq!(refused.code(), Some(expected), "{:?}", wish.condition);
        let ClientError::Problem(problem) = &refused else { panic!("{refused}") };
        assert_eq!(problem.errors[0].pointer, pointer);
    }
    let items = admin.policies().list_policies(&ListPoliciesQuery::default()).await.unwrap().items;
    assert_eq!(items.len(), 5);
}

#[tokio::test]
async fn saving_warns_of_a_stage_that_nobody_could_pass_and_of_a_condition_that_may_fail() {
    let app = TestApp::start().await;
    let (admin, _) = (app.admin().await, app.approver().await);
    let mut wish = large("lonely", "request.fields.change_number != ''");
    wish.stages =
        Some(vec![stage(1, &[(ApproverKind::Role, Some("auditor"), 1), (ApproverKind::Owners, None, 1)])]);
    let saved = admin.policies().create_policy(&key(), &wish).await.unwrap();
    let codes: Vec<_> = saved.warnings.iter().map(|warning| warning.code.as_str()).collect();
    assert_eq!(
        codes,
        ["POLICY_CONDITION_MAY_FAIL", "POLICY_CONDITION_MAY_FAIL", "POLICY_STAGE_NOT_SATISFIABLE"]
    );
}

#[tokio::test]
async fn every_change_of_a_policy_leaves_a_line() {
    let app = TestApp::start().await;
    let mut trail = Trail::of(&app);
    let admin = app.admin().await;
    let policies = admin.policies();
    let body = CreatePolicy {
        name: "no-deletes".into(),
        title: "Nothing is deleted this week".into(),
        effect: PolicyEffect::Deny,
        enforcement: None,
        operations: vec![RequestOperation::VmDelete],
        protected: None,
        condition: Some("now < timestamp('2027-01-01T00:00:00Z')".into()),
        stages: None,
        reason_code: None,
        override_role: None,
        pending: None,
    };
    let made = trail.leaves(OperationId::CreatePolicy, &admin, policies.create_policy(&key(), &body)).await;
    let id = made.policy.id;
    let body = UpdatePolicy {
        title: "Nothing is deleted".into(),
        effect: PolicyEffect::Deny,
        enforcement: Some(Enforcement::Advisory),
        operations: vec![RequestOperation::VmDelete],
        protected: None,
        condition: None,
        stages: None,
        reason_code: None,
        override_role: None,
        pending: None,
    };
    trail.leaves(OperationId::UpdatePolicy, &admin, policies.update_policy(id, 1, &body)).await;
    trail.leaves(OperationId::RetirePolicy, &admin, policies.retire_policy(id, 2)).await;
    trail.has_all_of("policies");
}

//! Stories about groups whose word a rule asks for.

use shepherd_contract::types::{
    AddComment, ApproverKind, CreateGroup, CreatePolicy, CreateRole, CreateServiceAccount, Group,
    PolicyEffect, Request, RequestState,
};
use shepherd_test_support::app::{Caller, World, key};

use super::policies::{asks, rule, saved, stage};
use super::{code, says_yes};

async fn team(world: &World, name: &str, members: &[&Caller]) -> Group {
    let body = CreateGroup { name: name.into(), title: "A team".into() };
    let group = world.admin.groups().create_group(&key(), &body).await.expect("a group");
    for who in members {
        world.admin.groups().add_group_member(group.id, who.id).await.expect("they join");
    }
    group
}

/// Two of the group, after the approver of the environment.
fn two_of(group: &str) -> CreatePolicy {
    let stages = vec![stage(2, vec![asks(ApproverKind::Group, Some(group), 2)])];
    rule("team-agrees", PolicyEffect::Require, stages)
}

fn waits_for(request: &Request) -> Vec<&str> {
    request.stages[1].requirements[0].candidates.iter().map(|who| who.name.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_of_a_group_agree_and_who_has_left_it_does_not_count() {
    let world = World::start().await;
    let app = &world.app;
    let (ada, bo, cy) = (
        app.person("ada", "viewer").await,
        app.person("bo", "viewer").await,
        app.person("cy", "viewer").await,
    );
    let group = team(&world, "change-board", &[&ada, &bo, &cy]).await;
    saved(&world, two_of("change-board")).await;

    let asked = world.ask().await;
    assert_eq!((asked.stages.len(), asked.stages[1].needed), (2, 2));
    assert_eq!(code(says_yes(&ada, &asked).await), "NOT_AN_APPROVER", "it is not their turn yet");
    let on = says_yes(&world.approver, &asked).await.unwrap();
    assert_eq!(waits_for(&on), ["ada", "bo", "cy"]);
    let waiting =
        shepherd_contract::types::ListRequestsQuery { waiting_for_me: Some(true), ..Default::default() };
    assert_eq!(cy.requests().list_requests(&waiting).await.unwrap().items.len(), 1);
    let say = AddComment { text: "on Friday?".into() };
    cy.comments().add_comment(asked.id, &key(), &say).await.expect("whose word it needs may speak");

    let groups = world.admin.groups();
    groups.remove_group_member(group.id, cy.id).await.unwrap();
    assert!(cy.requests().list_requests(&waiting).await.unwrap().items.is_empty());
    assert_eq!(code(says_yes(&cy, &asked).await), "NOT_FOUND");

    let half = says_yes(&ada, &asked).await.unwrap();
    assert_eq!((half.state, half.stages[1].given), (RequestState::Pending, 1));
    assert_eq!(code(says_yes(&ada, &asked).await), "ALREADY_DECIDED");
    // What was decided before somebody left stands.
    groups.remove_group_member(group.id, ada.id).await.unwrap();
    let seen = world.engineer.requests().get_request(asked.id).await.unwrap();
    assert_eq!(waits_for(&seen), ["bo"]);
    says_yes(&bo, &asked).await.unwrap();
    world.reaches(asked.id, RequestState::Succeeded).await;
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn saving_says_that_a_group_is_empty_or_unknown() {
    let world = World::start().await;
    let policies = world.admin.policies();
    let unknown = policies.create_policy(&key(), &two_of("nobody-knows")).await;
    assert_eq!(code(unknown), "UNKNOWN_REFERENCE");
    let group = team(&world, "empty", &[]).await;
    let saved = policies.create_policy(&key(), &two_of("empty")).await.unwrap();
    let warning = &saved.warnings[0];
    assert_eq!((saved.warnings.len(), warning.code.as_str()), (1, "POLICY_STAGE_NOT_SATISFIABLE"));
    assert_eq!((warning.params["found"].as_i64(), warning.params["needed"].as_i64()), (Some(0), Some(2)));

    // A request waits for people who may still come; nobody else decides in their place.
    let asked = world.ask().await;
    says_yes(&world.approver, &asked).await.unwrap();
    let other = world.app.person("other-approver", "approver").await;
    assert_eq!(code(says_yes(&other, &asked).await), "NOT_AN_APPROVER");
    assert!(waits_for(&world.engineer.requests().get_request(asked.id).await.unwrap()).is_empty());
    assert_eq!(code(world.admin.groups().delete_group(group.id).await), "GROUP_ASKED_FOR");
    let (ada, bo) = (world.app.person("ada", "viewer").await, world.app.person("bo", "viewer").await);
    for who in [&ada, &bo] {
        world.admin.groups().add_group_member(group.id, who.id).await.unwrap();
        says_yes(who, &asked).await.unwrap();
    }
    world.reaches(asked.id, RequestState::Succeeded).await;
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_walks_into_a_group_that_decides() {
    let world = World::start().await;
    let group = team(&world, "change-board", &[]).await;
    let helper = CreateRole {
        name: "helper".into(),
        title: "Helper".into(),
        permissions: vec!["role:grant".into(), "user:read".into()],
    };
    world.admin.roles().create_role(&key(), &helper).await.unwrap();
    let helper = world.app.person("helper", "helper").await;
    helper.groups().add_group_member(group.id, helper.id).await.expect("the group gives nothing yet");
    helper.groups().remove_group_member(group.id, helper.id).await.unwrap();
    saved(&world, two_of("change-board")).await;
    assert_eq!(code(helper.groups().add_group_member(group.id, helper.id).await), "GRANT_BEYOND_OWN");
    let bot =
        CreateServiceAccount { name: "bot".into(), display_name: "Bot".into(), owner_id: world.engineer.id };
    let bot = world.admin.accounts().create_service_account(&key(), &bot).await.unwrap();
    assert_eq!(code(world.admin.groups().add_group_member(group.id, bot.id).await), "PEOPLE_ONLY");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_reads_in_which_groups_somebody_is() {
    let world = World::start().await;
    let flow = CreatePolicy {
        condition: Some("'trusted' in requester.groups".into()),
        ..rule("trusted-flow", PolicyEffect::Allow, vec![])
    };
    saved(&world, flow).await;
    let read =
        |request: &Request| request.verdict.iter().any(|said| said.policy == "trusted-flow" && said.matched);
    let asked = world.ask().await;
    assert!(!read(&asked));
    team(&world, "trusted", &[&world.engineer]).await;
    assert!(read(&world.another().await));
    world.assert_true().await;
}

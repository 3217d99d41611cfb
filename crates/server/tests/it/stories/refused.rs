//! Refused decisions are in the trail, and in the history of what they were about.

use shepherd_contract::types::{
    AddBinding, AuditOutcome, GetRequestTimelineQuery, GetSystemTimelineQuery, ListAuditQuery,
};
use shepherd_test_support::app::{World, key};

use super::{code, says_yes, yes};

#[tokio::test(flavor = "multi_thread")]
async fn who_tried_to_decide_what_they_may_not_is_known() {
    let world = World::start().await;
    let asked = world.ask().await;
    let stale = shepherd_contract::types::Approve { spec_hash: "0".repeat(64), ..yes(&asked) };
    let refused = world.approver.requests().approve_request(asked.id, &key(), &stale).await;
    assert_eq!(code(refused), "SPEC_CHANGED");
    let body = AddBinding { role: "approver".into(), environment_ids: vec![] };
    world.admin.people().add_binding(world.engineer.id, &key(), &body).await.unwrap();
    assert_eq!(code(says_yes(&world.engineer, &asked).await), "SELF_APPROVAL");

    let auditor = world.app.auditor().await;
    let ask = ListAuditQuery {
        request_id: Some(asked.id),
        outcome: Some(AuditOutcome::Denied),
        ..Default::default()
    };
    let denied = auditor.audit().list_audit(&ask).await.unwrap().items;
    let shown: Vec<_> = denied
        .iter()
        .map(|e| (e.actor_name.as_str(), e.action.as_str(), e.code.as_deref().unwrap_or_default()))
        .collect();
    assert_eq!(
        shown,
        [("engineer", "request.approve", "SELF_APPROVAL"), ("approver", "request.approve", "SPEC_CHANGED")]
    );
    assert!(denied.iter().all(|e| e.environment.as_ref().is_some_and(|e| e.name == "test")));

    // Those who may see the request see its history; others do not know of it.
    let page = world
        .engineer
        .audit()
        .get_request_timeline(asked.id, &GetRequestTimelineQuery::default())
        .await
        .unwrap();
    let codes: Vec<_> = page.items.iter().map(|entry| entry.text.code.as_str()).collect();
    assert_eq!(codes, ["TIMELINE_DENIED", "TIMELINE_DENIED", "TIMELINE_REQUEST_SUBMIT"]);
    let neighbour = world.app.neighbour().await;
    let hidden = neighbour.audit().get_request_timeline(asked.id, &GetRequestTimelineQuery::default()).await;
    assert_eq!(code(hidden), "NOT_FOUND");
    let system = world.service.system.id;
    let page =
        world.engineer.audit().get_system_timeline(system, &GetSystemTimelineQuery::default()).await.unwrap();
    let codes: Vec<_> = page.items.iter().map(|entry| entry.text.code.as_str()).collect();
    assert_eq!(codes, ["TIMELINE_SERVICE_CREATE", "TIMELINE_SYSTEM_CREATE"]);
    let hidden = neighbour.audit().get_system_timeline(system, &GetSystemTimelineQuery::default()).await;
    assert_eq!(code(hidden), "NOT_FOUND");
    world.assert_true().await;
}

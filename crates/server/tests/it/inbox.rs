//! Who is told what, and who is not: rows of inboxes as requests live, and as rights come and go.

use std::time::Duration;

use shepherd_contract::client::ClientError;
use shepherd_contract::types::{
    AddBinding, AddComment, CancelRequest, InboxItem, InboxKind, ListInboxQuery, MarkInbox, Reject, Request,
    RequestChanges, RequestState,
};
use shepherd_test_support::app::{Caller, World, key};

use super::stories::{code, delete, ends, says_yes, start, stop};

/// Everything somebody sees, newest first.
pub(super) async fn inbox(who: &Caller) -> Vec<InboxItem> {
    who.inbox().list_inbox(&ListInboxQuery::default()).await.expect("one's own inbox").items
}

/// What is new to them about a request, newest first.
pub(super) async fn news(who: &Caller, request: &Request) -> Vec<InboxKind> {
    let about = |item: &InboxItem| item.request.as_ref().is_some_and(|r| r.id == request.id) && !item.over;
    inbox(who).await.into_iter().filter(about).map(|item| item.kind).collect()
}

pub(super) async fn unread(who: &Caller) -> i64 {
    who.inbox().count_inbox().await.expect("one's own inbox").unread
}

pub(super) fn no(request: &Request) -> Reject {
    Reject { spec_hash: request.spec_hash.clone(), reason: "too large".into() }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_told_to_those_who_can_decide_and_is_over_when_one_did() {
    let mut world = World::start().await;
    world.rest().await;
    let second = world.app.person("second", "approver").await;
    let asked = world.ask().await;
    for approver in [&world.approver, &second] {
        let items = inbox(approver).await;
        assert_eq!(items.len(), 1, "{items:?}");
        let item = &items[0];
        assert_eq!((item.kind, item.read, item.over), (InboxKind::RequestWaiting, false, false));
        assert_eq!(item.what.code, "INBOX_WAITING");
        assert_eq!(item.what.params["request"], format!("R-{}", asked.number));
        assert_eq!(item.request.as_ref().unwrap().id, asked.id);
        assert_eq!(item.actor.as_ref().unwrap().id, world.engineer.id);
        assert_eq!(unread(approver).await, 1);
    }
    assert_eq!(inbox(&world.engineer).await, [], "nobody is told of what they did");
    assert_eq!(inbox(&world.app.neighbour().await).await, []);
    assert_eq!(inbox(&world.app.auditor().await).await, [], "who sees it and is not asked is not told");

    world.approver.requests().reject_request(asked.id, &key(), &no(&asked)).await.unwrap();
    for approver in [&world.approver, &second] {
        assert_eq!(unread(approver).await, 0);
        assert!(inbox(approver).await[0].over);
    }
    let told = inbox(&world.engineer).await;
    assert_eq!((told.len(), told[0].kind), (1, InboxKind::RequestRejected));
    assert_eq!(told[0].actor.as_ref().unwrap().id, world.approver.id);
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_requester_is_told_what_became_of_it() {
    let mut world = World::start().await;
    world.rest().await;
    let asked = world.ask().await;
    let changes = RequestChanges { spec_hash: asked.spec_hash.clone(), comment: "smaller".into() };
    world.approver.edits().request_changes(asked.id, &key(), &changes).await.unwrap();
    assert_eq!(news(&world.engineer, &asked).await, [InboxKind::RequestChangesRequested]);
    assert_eq!(news(&world.approver, &asked).await, [], "it waits for its requester now");
    let cancel = CancelRequest { reason: None };
    world.engineer.requests().cancel_request(asked.id, &key(), &cancel).await.unwrap();
    assert_eq!(inbox(&world.engineer).await.len(), 1, "who withdraws knows it");

    let asked = world.ask().await;
    says_yes(&world.approver, &asked).await.unwrap();
    assert_eq!(news(&world.engineer, &asked).await, [InboxKind::RequestApproved]);
    world.work();
    let done = world.reaches(asked.id, RequestState::Succeeded).await;
    assert_eq!(news(&world.engineer, &asked).await, [InboxKind::RequestSucceeded], "one line says all");
    let vm = inbox(&world.engineer).await[0].vm.clone().unwrap();
    assert_eq!(vm.name, done.vm.unwrap().name);
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_rule_waves_through_is_told_only_when_it_fails() {
    let mut world = World::start().await;
    let vm = world.running_vm().await;
    let before = inbox(&world.engineer).await.len();
    let stopping = stop(&world.engineer, &vm).await.unwrap();
    world.reaches(stopping.id, RequestState::Succeeded).await;
    assert_eq!(inbox(&world.engineer).await.len(), before);
    world.rest().await;
    let starting = start(&world.engineer, &vm).await.unwrap();
    let deleting = delete(&world.engineer, &vm).await.unwrap();
    world.approve(&deleting).await;
    world.work();
    ends(&world, starting.id, RequestState::Failed).await;
    assert_eq!(news(&world.engineer, &starting).await, [InboxKind::RequestFailed]);
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_told_to_whoever_asked() {
    let mut world = World::start().await;
    world.rest().await;
    let asked = world.ask().await;
    world.app.pass(Duration::from_secs(14 * 86_400 + 1)).await;
    world.app.app.reconcile().await.unwrap();
    let (engineer, approver) = (world.app.engineer().await, world.app.approver().await);
    assert_eq!(news(&engineer, &asked).await, [InboxKind::RequestExpired]);
    assert_eq!(inbox(&engineer).await[0].actor, None, "nobody did it");
    assert_eq!(unread(&approver).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_reaches_those_who_take_part() {
    let mut world = World::start().await;
    world.rest().await;
    let (second, auditor) = (world.app.person("second", "approver").await, world.app.auditor().await);
    let asked = world.ask().await;
    let say = |text: &str| AddComment { text: text.into() };
    second.comments().add_comment(asked.id, &key(), &say("why so large?")).await.unwrap();
    assert_eq!(news(&world.engineer, &asked).await, [InboxKind::RequestCommented]);
    assert_eq!(news(&world.approver, &asked).await, [InboxKind::RequestWaiting], "has not taken part yet");
    world.engineer.comments().add_comment(asked.id, &key(), &say("it must hold much")).await.unwrap();
    assert_eq!(news(&second, &asked).await, [InboxKind::RequestCommented, InboxKind::RequestWaiting]);
    assert_eq!(inbox(&auditor).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_loses_sight_of_a_thing_loses_the_row() {
    let mut world = World::start().await;
    world.rest().await;
    let people = world.admin.people();
    let guest = world.app.person("guest", "viewer").await;
    let held = AddBinding { role: "approver".into(), environment_ids: vec![] };
    let binding = people.add_binding(guest.id, &key(), &held).await.unwrap();
    let asked = world.ask().await;
    guest.comments().add_comment(asked.id, &key(), &AddComment { text: "hm".into() }).await.unwrap();
    let answer = AddComment { text: "a secret between us".into() };
    world.engineer.comments().add_comment(asked.id, &key(), &answer).await.unwrap();
    assert_eq!(news(&guest, &asked).await.len(), 2);
    let numbers =
        inbox(&guest).await.iter().filter(|i| i.request.is_some()).map(|i| i.number).collect::<Vec<_>>();

    people.remove_binding(guest.id, binding.id).await.unwrap();
    let left: Vec<_> = inbox(&guest).await.into_iter().filter(|item| item.request.is_some()).collect();
    assert_eq!(left, [], "neither the rows nor their words");
    let mark = MarkInbox { read: true, numbers: Some(numbers), up_to: None };
    assert_eq!(
        code(guest.inbox().mark_inbox(&key(), &mark).await),
        "INBOX_ROW_UNKNOWN",
        "as if there were none"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_marked_one_by_one_or_up_to_where_one_has_read() {
    let mut world = World::start().await;
    world.rest().await;
    let first = world.ask().await;
    let second = world.another().await;
    let rows = inbox(&world.approver).await;
    assert_eq!(rows.len(), 2);
    let third = world.another().await;
    let api = world.approver.inbox();
    let mark = |read, numbers, up_to| MarkInbox { read, numbers, up_to };
    let count = api.mark_inbox(&key(), &mark(true, None, Some(rows[0].number))).await.unwrap();
    assert_eq!(count.unread, 1, "what came meanwhile stays unread");
    let unread = ListInboxQuery { unread: Some(true), ..ListInboxQuery::default() };
    let left = api.list_inbox(&unread).await.unwrap().items;
    assert_eq!(left.iter().map(|i| i.request.as_ref().unwrap().id).collect::<Vec<_>>(), [third.id]);
    let count = api.mark_inbox(&key(), &mark(false, Some(vec![rows[1].number]), None)).await.unwrap();
    assert_eq!(count.unread, 2);
    assert_eq!(api.mark_inbox(&key(), &mark(true, None, None)).await.unwrap().unread, 0);
    for (bad, told) in [
        (mark(false, None, None), "/numbers"),
        (mark(true, Some(vec![1]), Some(1)), "/up_to"),
        (mark(true, Some(vec![i64::MAX]), None), "/numbers"),
    ] {
        let Err(ClientError::Problem(refused)) = api.mark_inbox(&key(), &bad).await else {
            panic!("{bad:?}")
        };
        assert_eq!(refused.errors[0].pointer, told);
    }
    // Another's rows are none of mine.
    let foreign = mark(true, Some(vec![rows[0].number]), None);
    assert_eq!(code(world.engineer.inbox().mark_inbox(&key(), &foreign).await), "INBOX_ROW_UNKNOWN");

    let page = ListInboxQuery { limit: Some(2), ..ListInboxQuery::default() };
    let one = api.list_inbox(&page).await.unwrap();
    let rest =
        ListInboxQuery { cursor: one.next_cursor.clone(), limit: Some(2), ..ListInboxQuery::default() };
    let two = api.list_inbox(&rest).await.unwrap();
    let ids: Vec<_> = one.items.iter().chain(&two.items).map(|i| i.request.as_ref().unwrap().id).collect();
    assert_eq!((ids, two.next_cursor), (vec![third.id, second.id, first.id], None));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_is_forgotten_after_a_month_and_all_after_half_a_year() {
    let mut world = World::start().await;
    world.rest().await;
    world.ask().await;
    let (engineer, approver) = (&world.engineer, &world.approver);
    approver.inbox().mark_inbox(&key(), &MarkInbox { read: true, numbers: None, up_to: None }).await.unwrap();
    let second = world.another().await;
    engineer.requests().cancel_request(second.id, &key(), &CancelRequest { reason: None }).await.unwrap();
    let rows = async || -> i64 {
        let count = sqlx::query_scalar("select count(*) from inbox_item");
        count.fetch_one(&mut world.app.db.owner().await).await.unwrap()
    };
    let before = rows().await;
    world.app.app.reconcile().await.unwrap();
    assert_eq!(rows().await, before);
    world.app.pass(Duration::from_secs(31 * 86_400)).await;
    world.app.app.reconcile().await.unwrap();
    // What is left tells the engineer that the first one expired meanwhile.
    assert_eq!(rows().await, 1);
    world.app.pass(Duration::from_secs(181 * 86_400)).await;
    world.app.app.reconcile().await.unwrap();
    assert_eq!(rows().await, 0);
}

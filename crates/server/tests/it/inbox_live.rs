//! Inboxes as they change before one's eyes: rights that come and go, streams, two replicas.

use shepherd_contract::types::{
    AddBinding, AddComment, ApproverKind, CancelRequest, CreateGrant, CreateGroup, CreateSystem, GrantRole,
    InboxKind, ListRequestsQuery, MarkInbox, MemberRole, PolicyEffect, Request, SetMember,
};
use shepherd_test_support::app::{Caller, SOON, Served, World, key};
use shepherd_test_support::wait_for;

use super::events::listener::Listener;
use super::events::size;
use super::inbox::{inbox, news, no, unread};
use super::stories::says_yes;

/// Hears on until an event of the person's inbox comes.
async fn hears(stream: &mut Listener, who: &Caller) {
    loop {
        let (kind, resource, _) = stream.change().await;
        if kind == "inbox" {
            assert_eq!(resource, who.id.0, "and of nobody else's");
            return;
        }
    }
}

async fn asked_of(who: &Caller, request: &Request) {
    wait_for("the row of what waits already", SOON, async || {
        let found = news(who, request).await;
        if found.contains(&InboxKind::RequestWaiting) { Ok(()) } else { Err(format!("{found:?}")) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_to_hold_the_right_is_asked_about_what_waits_already() {
    let world = World::start().await;
    let asked = world.ask().await;
    let (late, guest) = (world.app.person("late", "viewer").await, world.app.person("guest", "viewer").await);
    let held = AddBinding { role: "approver".into(), environment_ids: vec![world.app.test] };
    let elsewhere = AddBinding { role: "approver".into(), environment_ids: vec![world.app.prod] };
    world.admin.people().add_binding(late.id, &key(), &held).await.unwrap();
    world.admin.people().add_binding(guest.id, &key(), &elsewhere).await.unwrap();
    asked_of(&late, &asked).await;
    assert_eq!(news(&guest, &asked).await, [], "an approver of another environment");

    let groups = world.admin.groups();
    let body = CreateGroup { name: "crew".into(), title: "Crew".into() };
    let crew = groups.create_group(&key(), &body).await.unwrap();
    groups.add_group_binding(crew.id, &key(), &held).await.unwrap();
    groups.add_group_member(crew.id, guest.id).await.unwrap();
    asked_of(&guest, &asked).await;
    groups.remove_group_member(crew.id, guest.id).await.unwrap();
    assert_eq!(news(&guest, &asked).await, [], "at once");
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_and_places_are_told_to_those_who_hold_them() {
    let world = World::start().await;
    let people = world.admin.people();
    let eve = world.app.person("eve", "viewer").await;
    let before = inbox(&eve).await.len();
    let here = AddBinding { role: "approver".into(), environment_ids: vec![world.app.test] };
    let binding = people.add_binding(eve.id, &key(), &here).await.unwrap();
    people.remove_binding(eve.id, binding.id).await.unwrap();
    let system = world.service.system.id;
    let member = SetMember { role: MemberRole::Viewer };
    world.engineer.systems().set_member(system, eve.id, &member).await.unwrap();
    world.engineer.systems().remove_member(system, eve.id).await.unwrap();
    let place = CreateGrant {
        system_id: None,
        service_id: Some(world.service.id),
        vm_id: None,
        principal_id: Some(eve.id),
        group_id: None,
        role: GrantRole::Member,
    };
    world.engineer.grants().create_grant(&key(), &place).await.unwrap();
    let told = inbox(&eve).await;
    let told: Vec<_> = told.iter().take(told.len() - before).map(|item| item.what.text.as_str()).collect();
    let (system, service) = (&world.service.system.name, &world.service.name);
    assert_eq!(
        told,
        [
            &*format!("You are member at {service} in the System {system} now."),
            &*format!("You are not viewer in the System {system} any more."),
            &*format!("You are viewer in the System {system} now."),
            "You do not hold the role approver in test any more.",
            "You hold the role approver in test now.",
        ]
    );
    assert_eq!(inbox(&world.admin).await.len(), 0, "nobody is told of what they did");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_decides_only_through_a_group_hears_of_what_waits() {
    let mut world = World::start().await;
    world.rest().await;
    let ada = world.app.person("ada", "viewer").await;
    let people = world.admin.people();
    let held = people.get_person(ada.id).await.unwrap().bindings;
    people.remove_binding(ada.id, held[0].id).await.unwrap();
    let groups = world.admin.groups();
    let body = CreateGroup { name: "board".into(), title: "Board".into() };
    let board = groups.create_group(&key(), &body).await.unwrap();
    groups.add_group_member(board.id, ada.id).await.unwrap();
    let asked = super::stories::policies::asks(ApproverKind::Group, Some("board"), 1);
    let stages = vec![super::stories::policies::stage(1, vec![asked])];
    let rule = super::stories::policies::rule("board-agrees", PolicyEffect::Require, stages);
    world.admin.policies().create_policy(&key(), &rule).await.unwrap();

    let mark = MarkInbox { read: true, numbers: None, up_to: None };
    ada.inbox().mark_inbox(&key(), &mark).await.unwrap();
    let mut stream = Listener::open(&world.app, &ada, None).await;
    // A stream may begin with a little of what just happened.
    stream.until(size(&world.admin, "begun").await).await;
    let asked = world.ask().await;
    hears(&mut stream, &ada).await;
    assert_eq!(news(&ada, &asked).await, [InboxKind::RequestWaiting]);
    assert_eq!(unread(&ada).await, 1, "the bell");
    let waiting = ListRequestsQuery { waiting_for_me: Some(true), ..Default::default() };
    assert_eq!(ada.requests().list_requests(&waiting).await.unwrap().items.len(), 1);
    // The queue moves when others move it.
    world
        .engineer
        .requests()
        .cancel_request(asked.id, &key(), &CancelRequest { reason: None })
        .await
        .unwrap();
    hears(&mut stream, &ada).await;
    assert!(ada.requests().list_requests(&waiting).await.unwrap().items.is_empty());
    assert_eq!(unread(&ada).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vm_that_fails_is_told_to_whoever_asked_for_it() {
    let world = World::start().await;
    let wish = world.wish_for_image("shepherd/demo-crash:1").await;
    let asked = world.engineer.requests().request_vm(&key(), &wish).await.unwrap();
    world.approve(&asked).await;
    let vm = wait_for("a VM", SOON, async || {
        world.engineer.requests().get_request(asked.id).await.unwrap().vm.ok_or("none")
    })
    .await;
    world.is_said(vm.id, "crash_loop").await;
    // As if it had run until now: what dies while it is made is told as a request that failed.
    world.execute(&format!("update vm set state = 'active' where id = '{}'", vm.id)).await;
    world.execute("update inventory_vm set power = 'running'").await;
    let told = wait_for("the news of the VM", SOON, async || {
        let found = inbox(&world.engineer).await;
        let news = found.iter().find(|item| item.kind == InboxKind::VmFailed).cloned();
        news.ok_or_else(|| format!("{found:?}"))
    })
    .await;
    assert_eq!((told.what.code.as_str(), told.vm.unwrap().id), ("INBOX_VM_FAILED", vm.id));
    let others = inbox(&world.approver).await;
    assert!(others.iter().all(|item| item.kind != InboxKind::VmFailed), "{others:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_tells_those_concerned_on_whichever_replica_they_are() {
    let mut world = World::start().await;
    world.rest().await;
    let other = world.app.another().await;
    let replica = Served::start(&other).await;
    let neighbour = world.app.neighbour().await;
    // The approver listens here; the engineer works on the other replica.
    let there = world.engineer.at(replica.base.as_str());
    let mut approver = Listener::open(&world.app, &world.approver, None).await;
    let mut engineer = Listener::open(&world.app, &world.engineer, None).await;
    let mut stranger = Listener::open(&world.app, &neighbour, None).await;

    let asked = there.requests().request_vm(&key(), &world.wish()).await.unwrap();
    hears(&mut approver, &world.approver).await;
    assert_eq!(unread(&world.approver.at(replica.base.as_str())).await, 1);
    world.approver.requests().reject_request(asked.id, &key(), &no(&asked)).await.unwrap();
    hears(&mut engineer, &world.engineer).await;
    hears(&mut approver, &world.approver).await;
    let mark = MarkInbox { read: true, numbers: None, up_to: None };
    there.inbox().mark_inbox(&key(), &mark).await.unwrap();
    hears(&mut engineer, &world.engineer).await;

    // Whoever hears of this has heard of all before it.
    let body = CreateSystem { name: "bank".into(), description: None, sample: None };
    let bank = neighbour.systems().create_system(&key(), &body).await.unwrap();
    loop {
        let (kind, resource, _) = stranger.change().await;
        assert_ne!(kind, "inbox");
        if resource == bank.id.0 {
            break;
        }
    }
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_left_hears_nothing_of_what_goes_on() {
    let mut world = World::start().await;
    world.rest().await;
    let guest = world.app.person("guest", "approver").await;
    let asked = world.ask().await;
    guest.comments().add_comment(asked.id, &key(), &AddComment { text: "hm".into() }).await.unwrap();
    let held = world.admin.people().get_person(guest.id).await.unwrap().bindings;
    for binding in held {
        world.admin.people().remove_binding(guest.id, binding.id).await.unwrap();
    }
    let mut stream = Listener::open(&world.app, &guest, None).await;
    // A stream may begin with a little of what just happened: that they lost their role.
    stream.until(size(&world.admin, "begun").await).await;
    let say = AddComment { text: "between us".into() };
    world.engineer.comments().add_comment(asked.id, &key(), &say).await.unwrap();
    says_yes(&world.approver, &asked).await.unwrap();
    // A thing everybody hears of, after it all.
    let fence = size(&world.admin, "fence").await;
    loop {
        let (kind, resource, _) = stream.change().await;
        assert_ne!(kind, "inbox");
        if resource == fence {
            break;
        }
    }
}

//! The audit trail: who reads it, what is found, and that looking leaves a trace of its own.

use chrono::TimeDelta;
use shepherd_contract::client::ClientError;
use shepherd_contract::types::{
    AuditEvent, AuditOutcome, CreateNamespace, CreateSystem, ListAuditQuery, MemberRole, SetMember,
};
use shepherd_test_support::app::{Caller, SOON, TestApp, key};
use std::time::Duration;

fn code<T: std::fmt::Debug>(result: Result<T, ClientError>) -> String {
    result.expect_err("it should have been refused").code().expect("a problem").to_owned()
}

async fn found(who: &Caller, query: ListAuditQuery) -> Vec<AuditEvent> {
    who.audit().list_audit(&query).await.expect("the trail can be searched").items
}

fn shown(events: &[AuditEvent]) -> Vec<(&str, &str)> {
    events.iter().map(|e| (e.action.as_str(), e.resource_name.as_str())).collect()
}

async fn system(who: &Caller, name: &str) -> shepherd_contract::types::System {
    let body = CreateSystem { name: name.into(), description: None, sample: None };
    who.systems().create_system(&key(), &body).await.expect("the System is made")
}

#[tokio::test]
async fn a_search_finds_what_it_asks_for_and_is_itself_recorded_once() {
    let app = TestApp::start().await;
    let (engineer, neighbour, auditor) = (app.engineer().await, app.neighbour().await, app.auditor().await);
    let shop = system(&engineer, "shop").await;
    let bank = system(&neighbour, "bank").await;
    system(&engineer, "farm").await;
    let viewer = SetMember { role: MemberRole::Viewer };
    engineer.systems().set_member(shop.id, neighbour.id, &viewer).await.unwrap();

    let of = |system| ListAuditQuery { system_id: Some(system), ..Default::default() };
    assert_eq!(shown(&found(&auditor, of(bank.id)).await), [("system.create", "bank")]);
    let story = found(&auditor, of(shop.id)).await;
    assert_eq!(story.last().map(|e| e.action.as_str()), Some("system.create"), "newest first");
    assert_eq!(story.len(), 2);
    assert_eq!(story[0].actor.as_ref().unwrap().id, engineer.id);
    assert_eq!(story[0].system.as_ref().unwrap().name, "shop");
    assert!(story.iter().all(|e| e.before.is_none() && e.after.is_none()), "a list tells no contents");
    let by = ListAuditQuery {
        actor_id: Some(engineer.id),
        action: Some("system.create".into()),
        outcome: Some(AuditOutcome::Success),
        ..Default::default()
    };
    assert_eq!(shown(&found(&auditor, by).await), [("system.create", "farm"), ("system.create", "shop")]);

    let searches = app.audited(Some("audit.search")).await;
    assert_eq!(searches.len(), 3, "one event for each search");
    let mut owner = app.db.owner().await;
    let asked: serde_json::Value = sqlx::query_scalar(
        "select after from audit_event where action = 'audit.search' order by id desc limit 1",
    )
    .fetch_one(&mut owner)
    .await
    .unwrap();
    let expected = serde_json::json!({
        "actor_id": engineer.id, "action": "system.create", "outcome": "success",
    });
    assert_eq!(asked, expected, "with what was asked, and nothing of what was found");
}

#[tokio::test]
async fn the_pages_of_one_search_are_one_search() {
    let app = TestApp::start().await;
    let (engineer, auditor) = (app.engineer().await, app.auditor().await);
    for name in ["a", "b", "c", "d", "e"] {
        system(&engineer, name).await;
    }
    let (mut names, mut cursor, mut pages) = (Vec::new(), None, 0);
    loop {
        let query = ListAuditQuery {
            action: Some("system.create".into()),
            limit: Some(2),
            cursor,
            ..Default::default()
        };
        let page = auditor.audit().list_audit(&query).await.unwrap();
        pages += 1;
        names.extend(page.items.into_iter().map(|e| e.resource_name));
        match page.next_cursor {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    assert_eq!((names.join(""), pages), ("edcba".to_owned(), 3));
    assert_eq!(app.audited(Some("audit.search")).await.len(), 1);
}

#[tokio::test]
async fn one_event_is_read_whole_and_reading_it_is_an_event() {
    let app = TestApp::start().await;
    let (engineer, auditor) = (app.engineer().await, app.auditor().await);
    let shop = system(&engineer, "shop").await;
    let id = found(&auditor, ListAuditQuery { system_id: Some(shop.id), ..Default::default() }).await[0].id;
    let event = auditor.audit().get_audit_event(id).await.unwrap();
    assert_eq!(event.after.as_ref().unwrap()["name"], "shop");
    assert_eq!(event.leaf_hash.len(), 64);
    let read = app.audited(Some("audit.read")).await;
    assert_eq!(
        read.iter().map(|l| (l.actor.as_str(), l.resource.as_str())).collect::<Vec<_>>(),
        [("auditor", "system.create")]
    );
    assert_eq!(code(auditor.audit().get_audit_event(i64::MAX).await), "NOT_FOUND");

    assert_eq!(code(engineer.audit().list_audit(&ListAuditQuery::default()).await), "PERMISSION_MISSING");
    assert_eq!(code(engineer.audit().get_audit_event(id).await), "PERMISSION_MISSING");
    let denied = ListAuditQuery { outcome: Some(AuditOutcome::Denied), ..Default::default() };
    let denied = found(&auditor, denied).await;
    assert_eq!(denied.iter().map(|e| e.action.as_str()).collect::<Vec<_>>(), ["audit.read", "audit.search"]);
    assert!(denied.iter().all(|e| e.actor_name == "engineer"), "the refusal is in the trail, too");
}

#[tokio::test]
async fn an_auditor_of_one_environment_reads_of_no_other() {
    let app = TestApp::start().await;
    let (admin, auditor) = (app.admin().await, app.person("inspector", "auditor").await);
    for (name, environment_id) in [("web", app.test), ("vault", app.prod)] {
        let body = CreateNamespace { name: name.into(), environment_id, system_ids: None };
        admin.catalogue().create_namespace(&key(), &body).await.unwrap();
    }
    let made = || ListAuditQuery { action: Some("namespace.create".into()), ..Default::default() };
    let both = found(&auditor, made()).await;
    assert_eq!(shown(&both), [("namespace.create", "vault"), ("namespace.create", "web")]);
    assert_eq!(both[1].environment.as_ref().unwrap().name, "test");

    app.only_in("inspector", app.test).await;
    assert_eq!(shown(&found(&auditor, made()).await), [("namespace.create", "web")]);
    let elsewhere = ListAuditQuery { environment_id: Some(app.prod), ..Default::default() };
    assert!(found(&auditor, elsewhere).await.is_empty());
    assert_eq!(code(auditor.audit().get_audit_event(both[0].id).await), "NOT_FOUND");
    auditor.audit().get_audit_event(both[1].id).await.unwrap();
}

#[tokio::test]
async fn times_bound_a_search() {
    let app = TestApp::start().await;
    let (engineer, auditor) = (app.engineer().await, app.auditor().await);
    let mut marks = Vec::new();
    for name in ["old", "middle", "young"] {
        let made = system(&engineer, name).await;
        marks.push(made.created_at);
        app.pass(Duration::from_secs(1800)).await;
    }
    let ask = async |since, until| {
        let query =
            ListAuditQuery { action: Some("system.create".into()), since, until, ..Default::default() };
        found(&auditor, query).await.into_iter().map(|e| e.resource_name).collect::<Vec<_>>()
    };
    let later = TimeDelta::seconds(60);
    assert_eq!(ask(Some(marks[1]), None).await, ["young", "middle"]);
    assert_eq!(ask(None, Some(marks[1])).await, ["old"], "the end is not part of it");
    assert_eq!(ask(Some(marks[1]), Some(marks[1] + later)).await, ["middle"]);
    assert_eq!(ask(Some(marks[2] + later), None).await, Vec::<String>::new());
    let (first, last) = ("0000-01-01T00:00:00Z".parse().unwrap(), "9999-12-31T23:59:59Z".parse().unwrap());
    assert_eq!(ask(Some(first), Some(last)).await.len(), 3, "the ends of the calendar are times too");
}

#[tokio::test]
async fn a_name_is_found_from_the_beginning_of_any_word() {
    let app = TestApp::start().await;
    let (engineer, neighbour, auditor) = (app.engineer().await, app.neighbour().await, app.auditor().await);
    for name in ["web-shop", "shop-api"] {
        system(&engineer, name).await;
    }
    let bank = system(&neighbour, "bank").await;
    let ask = async |text: &str| {
        let query = ListAuditQuery {
            search: Some(text.into()),
            action: Some("system.create".into()),
            ..Default::default()
        };
        found(&auditor, query).await.into_iter().map(|e| e.resource_name).collect::<Vec<_>>()
    };
    // Found at once, before it is sealed, and afterwards just the same.
    for sealed in [false, true] {
        if sealed {
            shepherd_test_support::wait_until("all to be sealed", SOON, async || {
                app.app.seal().await.expect("it can be sealed");
                let known = "select count(*) from audit_word where name = 'bank'";
                let known: i64 =
                    sqlx::query_scalar(known).fetch_one(&mut app.db.owner().await).await.unwrap();
                known > 0
            })
            .await;
        }
        assert_eq!(ask("SHOP").await, ["shop-api", "web-shop"], "{sealed}");
        assert_eq!(ask("shop-a").await, ["shop-api"], "{sealed}");
        assert_eq!(ask("neighb").await, ["bank"], "by who did it, {sealed}");
        assert_eq!(ask("100%").await, Vec::<String>::new(), "{sealed}");
    }
    assert_eq!(ask("ank").await, Vec::<String>::new(), "not from the middle of a word");
    let of = ListAuditQuery {
        resource_kind: Some("system".into()),
        resource_id: Some(bank.id.to_string()),
        ..Default::default()
    };
    assert_eq!(shown(&found(&auditor, of).await), [("system.create", "bank")]);
}

#[tokio::test]
async fn a_search_that_fits_very_many_names_is_read_to_its_end() {
    let app = TestApp::start().await;
    let auditor = app.auditor().await;
    let many = "insert into audit_event (actor_name, action, outcome, resource_kind, resource_name, canonical, leaf_hash)
                select 'x', 'vm.update', 'success', 'vm', 'many-' || n, '{}', sha256('{}') from generate_series(1, 30000) n";
    sqlx::query(many).execute(&mut app.db.owner().await).await.unwrap();
    let seal = async || {
        app.app.seal().await.expect("it can be sealed");
        let known = "select count(*) from audit_word where name like 'many-%'";
        let known: i64 = sqlx::query_scalar(known).fetch_one(&mut app.db.owner().await).await.unwrap();
        known == 60_000
    };
    shepherd_test_support::wait_until("all to be sealed", SOON, seal).await;
    let mut query = ListAuditQuery { search: Some("many-1".into()), limit: Some(200), ..Default::default() };
    let (mut names, mut pages) = (Vec::new(), 0);
    loop {
        let page = auditor.audit().list_audit(&query).await.unwrap();
        names.extend(page.items.into_iter().map(|e| e.resource_name));
        pages += 1;
        match page.next_cursor {
            Some(cursor) => query.cursor = Some(cursor),
            None => break,
        }
    }
    let expected: Vec<_> =
        (1..=30_000).rev().map(|n| format!("many-{n}")).filter(|name| name.starts_with("many-1")).collect();
    assert_eq!(names, expected, "in {pages} pages");
    assert_eq!(app.audited(Some("audit.search")).await.len(), 1);
}

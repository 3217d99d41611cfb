//! What old events say is no longer kept: by another role than the server's, in whole months, and provably.

use std::time::Duration;

use shepherd_app::audit_retention::expire;
use shepherd_contract::types::{ExportAuditQuery, ListAuditQuery};
use shepherd_domain::audit::retention::Keep;
use shepherd_store::{Db, DbConfig};
use shepherd_test_support::app::TestApp;

use super::sealing::{seal_all, system};
use super::tampering::{exported, verified};

const LONG: Duration = Duration::from_secs(400 * 24 * 3600);

async fn retention(app: &TestApp) -> Db {
    Db::connect(&DbConfig::new(app.db.retention_url())).await.expect("the role can sign in")
}

fn keep(text: &str) -> Vec<Keep> {
    vec![text.parse().expect("it is a setting")]
}

#[tokio::test]
async fn expired_events_are_still_proven() {
    let app = TestApp::start().await;
    let engineer = app.engineer().await;
    for name in ["one", "two", "three"] {
        system(&engineer, name).await;
    }
    seal_all(&app).await;
    system(&engineer, "unsealed").await;
    let role = retention(&app).await;
    assert!(expire(&role, &keep("change=12"), false).await.unwrap().is_empty(), "nothing is old enough");
    app.pass(LONG).await;
    assert!(expire(&role, &[], false).await.unwrap().is_empty(), "nothing expires unasked");
    let would = expire(&role, &keep("change=12"), true).await.unwrap();
    let done = expire(&role, &keep("change=12"), false).await.unwrap();
    assert_eq!(done, would, "it is said before it is done");
    assert_eq!(done.iter().map(|month| month.class).collect::<Vec<_>>(), ["change"]);
    assert!(expire(&role, &keep("change=12"), false).await.unwrap().is_empty(), "once is enough");

    let auditor = app.auditor().await;
    seal_all(&app).await;
    let report = verified(&app, &exported(&auditor, ExportAuditQuery::default()).await).await.unwrap();
    assert_eq!(report.expired, done[0].events);
    let of = ListAuditQuery { action: Some("system.create".into()), ..Default::default() };
    let events = auditor.audit().list_audit(&of).await.unwrap().items;
    assert_eq!(events.iter().filter(|event| event.expired_at.is_some()).count(), 3, "the sealed ones");
    let first = auditor.audit().get_audit_event(events.last().unwrap().id).await.unwrap();
    assert_eq!((first.actor_name.as_str(), first.resource_name.as_str(), first.after), ("", "", None));
    assert_eq!(first.actor.unwrap().id, engineer.id, "who it was stays, as a reference");
    let told = app.audited(Some("audit.expire")).await;
    assert_eq!(told.len(), 1);
    let signed_in = app.audited(Some("session.sign_in")).await;
    assert!(signed_in.iter().all(|line| !line.actor.is_empty()), "other classes are kept");
    let words = "select count(*) from audit_word where name in ('one', 'two', 'three')";
    let left: i64 = sqlx::query_scalar(words).fetch_one(&mut app.db.owner().await).await.unwrap();
    assert_eq!(left, 0, "nor are their names kept for searching");
}

#[tokio::test]
async fn nobody_can_do_more_to_an_event_than_let_it_expire() {
    let app = TestApp::start().await;
    let engineer = app.engineer().await;
    system(&engineer, "one").await;
    seal_all(&app).await;
    let blank = "update audit_event set before = null, after = null, canonical = null, source_address = null,
                   actor_name = '', resource_name = '', expired_at = app_now()";
    let refusal = async |db: &Db, sql: &'static str| {
        sqlx::query(sql).execute(db.pool()).await.expect_err("it is refused").to_string()
    };
    let role = retention(&app).await;
    assert!(refusal(&app.app.db, blank).await.contains("permission denied"), "the server cannot");
    assert!(refusal(&role, blank).await.contains("audit events are kept"), "it is too young");
    app.pass(LONG).await;
    for sql in [
        "update audit_event set code = 'X'",
        "update audit_event set leaf_hash = sha256('x')",
        "delete from audit_event",
    ] {
        assert!(refusal(&role, sql).await.contains("permission denied"), "{sql}");
    }
    let half = "update audit_event set canonical = null, expired_at = app_now()";
    assert!(refusal(&role, half).await.contains("audit events are kept"), "whole or not at all");
    let other = "update audit_event set actor_name = 'mallory'";
    assert!(refusal(&role, other).await.contains("audit events are kept"));
}

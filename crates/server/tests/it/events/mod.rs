//! Live changes: who hears of what, how a broken stream goes on, and when one ends.

pub(super) mod listener;
mod revocation;

use std::time::Duration;

use listener::Listener;
use reqwest::StatusCode;
use shepherd_contract::types::{
    CreateService, CreateSize, CreateSystem, MemberRole, SetMember, SizeContent, System,
};
use shepherd_test_support::app::{Caller, TestApp, key};

async fn system(who: &Caller, name: &str) -> System {
    let body = CreateSystem { name: name.into(), description: None, sample: None };
    who.systems().create_system(&key(), &body).await.expect("the System is made")
}

async fn service(who: &Caller, system: &System, name: &str) -> uuid::Uuid {
    let body = CreateService { system_id: system.id, name: name.into(), description: None, sample: None };
    who.systems().create_service(&key(), &body).await.expect("the Service is made").id.0
}

pub(super) async fn size(who: &Caller, name: &str) -> uuid::Uuid {
    let content = SizeContent { milli_vcpu: 1000, memory_bytes: 1 << 30, disk_bytes: 0, compute: None };
    let body = CreateSize { name: name.into(), description: None, environment_ids: None, content };
    who.sizes().create_size(&key(), &body).await.expect("the size is made").id.0
}

#[tokio::test]
async fn a_change_reaches_those_who_may_see_it_and_nobody_else() {
    let app = TestApp::start().await;
    let (engineer, neighbour, auditor, admin) =
        (app.engineer().await, app.neighbour().await, app.auditor().await, app.admin().await);
    let mut mine = Listener::open(&app, &engineer, None).await;
    let mut theirs = Listener::open(&app, &neighbour, None).await;
    let mut all = Listener::open(&app, &auditor, None).await;

    let shop = system(&engineer, "shop").await;
    let cart = service(&engineer, &shop, "cart").await;
    let small = size(&admin, "small").await;

    for heard in [&mut mine, &mut all] {
        let heard = heard.until(small).await;
        assert!(heard.ends_with(&[shop.id.0, cart, small]), "in the order in which it happened");
    }
    // Events keep their order: who has heard of the last is told of none before it any more.
    let theirs = theirs.until(small).await;
    assert!(!theirs.contains(&shop.id.0) && !theirs.contains(&cart));
}

#[tokio::test]
async fn what_is_meant_for_one_person_reaches_that_person_alone() {
    let app = TestApp::start().await;
    let (engineer, admin) = (app.engineer().await, app.admin().await);
    let mut mine = Listener::open(&app, &engineer, None).await;
    let mut admins = Listener::open(&app, &admin, None).await;
    app.person("engineer", "engineer").await;
    let sessions: Vec<uuid::Uuid> =
        sqlx::query_scalar("select id from session where principal_id = $1 order by created_at")
            .bind(engineer.id.0)
            .fetch_all(&mut app.db.owner().await)
            .await
            .unwrap();
    let small = size(&admin, "small").await;
    assert!(mine.until(small).await.contains(&sessions[1]), "signed in elsewhere");
    let admins = admins.until(small).await;
    assert!(sessions.iter().all(|session| !admins.contains(session)));
}

#[tokio::test]
async fn a_stream_goes_on_where_it_broke_off() {
    let app = TestApp::start().await;
    let (engineer, neighbour) = (app.engineer().await, app.neighbour().await);
    let shop = system(&engineer, "shop").await;
    let mut first = Listener::open(&app, &engineer, None).await;
    let one = service(&engineer, &shop, "one").await;
    // A stream may begin with what has only just committed, and a replay may repeat; neither may skip.
    first.until(one).await;
    let before = [shop.id.0, one];
    let position = first.id();
    drop(first);

    let two = service(&engineer, &shop, "two").await;
    let bank = system(&neighbour, "bank").await;
    service(&neighbour, &bank, "safe").await;
    let three = service(&engineer, &shop, "three").await;

    let mut again = Listener::open(&app, &engineer, Some(&position)).await;
    let mut heard = again.until(three).await;
    heard.retain(|id| !before.contains(id));
    assert_eq!(heard, [two, three], "nothing is missing, and nothing of another's is added");
    let four = service(&engineer, &shop, "four").await;
    assert_eq!(again.until(four).await.last(), Some(&four), "and it goes on live");
}

#[tokio::test]
async fn a_position_that_leads_nowhere_makes_the_client_fetch_anew() {
    let app = TestApp::start().await;
    let engineer = app.engineer().await;
    for position in ["nonsense", "99999999999999.0", "-1.0"] {
        let mut stream = Listener::open(&app, &engineer, Some(position)).await;
        assert_eq!(stream.frame().await.event, "resync", "{position}");
        let shop = system(&engineer, &format!("s{}", position.len())).await;
        assert_eq!(stream.until(shop.id.0).await.last(), Some(&shop.id.0), "and live from there");
    }
    let (status, code) = Listener::refused(&app, engineer.http(), Some(&"9".repeat(100))).await;
    assert_eq!((status, code.as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "VALIDATION_FAILED"));
}

#[tokio::test]
async fn who_was_away_for_longer_than_events_are_kept_fetches_anew() {
    let app = TestApp::start().await;
    let engineer = app.engineer().await;
    let shop = system(&engineer, "shop").await;
    let mut stream = Listener::open(&app, &engineer, None).await;
    let bank = system(&engineer, "bank").await;
    stream.until(bank.id.0).await;
    let left_off = stream.id();
    system(&engineer, "missed").await;
    app.pass(Duration::from_secs(8 * 24 * 3600)).await;
    app.app.reconcile().await.unwrap();
    let kept: i64 = sqlx::query_scalar("select count(*) from event where resource_id = any($1)")
        .bind([shop.id.0, bank.id.0])
        .fetch_one(&mut app.db.owner().await)
        .await
        .unwrap();
    assert_eq!(kept, 0, "events are kept for seven days");
    let again = app.engineer().await;
    let mut stream = Listener::open(&app, &again, Some(&left_off)).await;
    assert_eq!(stream.frame().await.event, "resync");
    let farm = system(&again, "farm").await;
    assert_eq!(stream.until(farm.id.0).await.last(), Some(&farm.id.0), "and live from there");
    // What is young stays, and who was away for a short time misses nothing.
    let left_off = stream.id();
    let mill = system(&again, "mill").await;
    app.app.reconcile().await.unwrap();
    let mut stream = Listener::open(&app, &again, Some(&left_off)).await;
    assert!(stream.until(mill.id.0).await.contains(&mill.id.0));
}

#[tokio::test]
async fn a_new_member_hears_of_the_system_without_coming_back() {
    let app = TestApp::start().await;
    let (engineer, neighbour) = (app.engineer().await, app.neighbour().await);
    let shop = system(&engineer, "shop").await;
    let mut stream = Listener::open(&app, &neighbour, None).await;
    service(&engineer, &shop, "before").await;
    let member = SetMember { role: MemberRole::Viewer };
    engineer.systems().set_member(shop.id, neighbour.id, &member).await.unwrap();
    assert_eq!(stream.frame().await.event, "resync", "what they may see has changed");
    let after = service(&engineer, &shop, "after").await;
    stream.until(after).await;

    engineer.systems().remove_member(shop.id, neighbour.id).await.unwrap();
    while stream.frame().await.event != "resync" {}
    let hidden = service(&engineer, &shop, "hidden").await;
    let bank = system(&neighbour, "bank").await;
    assert!(!stream.until(bank.id.0).await.contains(&hidden), "and not any more when they have left");
}

#[tokio::test]
async fn a_stream_ends_with_its_session() {
    let app = TestApp::start().await;
    let (engineer, admin) = (app.engineer().await, app.admin().await);
    let mut stream = Listener::open(&app, &engineer, None).await;
    let mut others = Listener::open(&app, &admin, None).await;
    engineer.session().sign_out().await.unwrap();
    stream.end().await;
    let small = size(&admin, "small").await;
    others.until(small).await;
    let (status, code) = Listener::refused(&app, &reqwest::Client::new(), None).await;
    assert_eq!((status, code.as_str()), (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"));
}

/// More than the ring of batches holds, and more than sockets buffer.
const FLOOD: i64 = 150_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_keep_up_is_told_to_fetch_anew() {
    let app = TestApp::start().await;
    let (engineer, neighbour, admin) = (app.engineer().await, app.neighbour().await, app.admin().await);
    let shop = system(&engineer, "shop").await;
    let mut slow = Listener::open(&app, &engineer, None).await;
    let mut other = Listener::open(&app, &neighbour, None).await;
    sqlx::query(
        "insert into event (kind, resource_id, version, system_id)
         select 'service', gen_random_uuid(), n, $2 from generate_series(1, $1) n",
    )
    .bind(FLOOD)
    .bind(shop.id.0)
    .execute(&mut app.db.owner().await)
    .await
    .unwrap();
    other.until(size(&admin, "small").await).await;
    while slow.frame().await.event != "resync" {}
    let after = service(&engineer, &shop, "after").await;
    slow.until(after).await;
}

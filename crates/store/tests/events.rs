//! The event order: what a reader sees while writers overlap, fail and notify.

#![allow(clippy::unwrap_used, reason = "a test stops where something is not as it should be")]

mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use shepherd_store::events::{self, Event, Horizon, Page};
use shepherd_store::{Db, Tx};
use sqlx::postgres::PgListener;
use support::TestDb;
use uuid::Uuid;

async fn write(db: &Db, kind: &'static str) -> (Tx, Uuid) {
    let id = Uuid::now_v7();
    let mut tx = db.begin().await.unwrap();
    events::record(&mut tx, Event::new(kind, id, 1)).await.unwrap();
    (tx, id)
}

fn resources(page: &Page) -> Vec<Uuid> {
    page.events.iter().map(|event| event.resource_id).collect()
}

/// Reads on until nothing is held back. An open transaction in any database of the server, such as one of another test,
/// delays what is read.
async fn read_all(db: &Db, mut after: Horizon) -> (Vec<Uuid>, Horizon) {
    let mut seen = Vec::new();
    let done = async {
        loop {
            let page = events::read_since(db, after, 10).await.unwrap();
            seen.extend(resources(&page));
            after = page.horizon;
            if !page.more {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), done).await.expect("what is committed becomes readable");
    (seen, after)
}

#[tokio::test]
async fn an_event_that_commits_late_is_not_skipped() {
    let test = TestDb::new().await;
    let start = Horizon::now(&test.db).await.unwrap();
    let (slow, first) = write(&test.db, "slow").await;
    let (quick, second) = write(&test.db, "quick").await;
    quick.commit().await.unwrap();

    let early = events::read_since(&test.db, start, 10).await.unwrap();
    assert!(early.events.is_empty(), "an older transaction is still open");
    assert!(early.more, "the reader must know to come back");

    slow.commit().await.unwrap();
    let (seen, horizon) = read_all(&test.db, early.horizon).await;
    assert_eq!(seen, [first, second]);
    let (again, _) = read_all(&test.db, horizon).await;
    assert!(again.is_empty(), "nothing is read twice");
}

#[tokio::test]
async fn an_undone_effect_leaves_no_event() {
    let test = TestDb::new().await;
    let start = Horizon::now(&test.db).await.unwrap();
    let (tx, _) = write(&test.db, "undone").await;
    tx.rollback().await.unwrap();
    let (tx, kept) = write(&test.db, "kept").await;
    tx.commit().await.unwrap();
    assert_eq!(read_all(&test.db, start).await.0, [kept]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn overlapping_writers_are_read_exactly_once_in_small_pages() {
    let test = TestDb::new().await;
    let start = Horizon::now(&test.db).await.unwrap();
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..8_u32 {
        let db = test.db.clone();
        writers.spawn(async move {
            let mut committed = Vec::new();
            for round in 0..25_u32 {
                let (mut tx, id) = write(&db, "stress").await;
                // Hold the transaction open for a varying while, so that commits leave the order of the ids.
                let millis = i32::try_from((writer * 7 + round * 5) % 11).unwrap();
                sqlx::query("select pg_sleep($1 / 1000.0)").bind(millis).execute(&mut *tx).await.unwrap();
                match round % 5 {
                    0 => tx.rollback().await.unwrap(),
                    _ => {
                        tx.commit().await.unwrap();
                        committed.push(id);
                    }
                }
            }
            committed
        });
    }

    let mut seen = Vec::new();
    let mut expected = BTreeSet::new();
    let mut horizon = start;
    loop {
        while let Some(done) = writers.try_join_next() {
            expected.extend(done.unwrap());
        }
        let finished = writers.is_empty();
        let page = events::read_since(&test.db, horizon, 3).await.unwrap();
        seen.extend(resources(&page));
        horizon = page.horizon.to_string().parse().unwrap();
        if finished && !page.more && page.events.is_empty() {
            break;
        }
    }
    assert_eq!(seen.len(), expected.len(), "an event was read twice or skipped");
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), expected);
}

#[tokio::test]
async fn a_transaction_notifies_once_however_many_events_it_records() {
    let test = TestDb::new().await;
    let mut listener = PgListener::connect(&test.urls.app_url).await.unwrap();
    listener.listen(events::CHANNEL).await.unwrap();

    let mut tx = test.db.begin().await.unwrap();
    for version in 1..=3 {
        events::record(&mut tx, Event::new("vm.changed", Uuid::now_v7(), version)).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(listener.recv().await.unwrap().payload(), "");
    // What comes next is not of the first one.
    sqlx::query("select pg_notify($1, 'end')").bind(events::CHANNEL).execute(test.db.pool()).await.unwrap();
    assert_eq!(listener.recv().await.unwrap().payload(), "end");
}

#[tokio::test]
async fn a_transaction_that_is_undone_notifies_of_nothing() {
    let test = TestDb::new().await;
    let mut listener = PgListener::connect(&test.urls.app_url).await.unwrap();
    listener.listen(events::CHANNEL).await.unwrap();
    let (undone, _) = write(&test.db, "vm.changed").await;
    undone.rollback().await.unwrap();
    let mut tx = test.db.begin().await.unwrap();
    tx.announce(events::CHANNEL, "later");
    tx.commit().await.unwrap();
    assert_eq!(listener.recv().await.unwrap().payload(), "later");
}

#[tokio::test]
async fn a_commit_wakes_a_reader_long_before_it_would_poll() {
    let test = TestDb::new().await;
    let mut signal = events::listen(&test.db, Duration::from_secs(600));
    // The first wake-up says that the listener is in place.
    signal.wait().await;
    let (tx, _) = write(&test.db, "vm.changed").await;
    tx.commit().await.unwrap();
    tokio::time::timeout(Duration::from_secs(30), signal.wait())
        .await
        .expect("the notification wakes the reader");
}

#[tokio::test]
async fn a_reader_is_woken_again_after_its_listening_connection_broke() {
    let test = TestDb::new().await;
    let mut signal = events::listen(&test.db, Duration::from_secs(600));
    signal.wait().await;
    sqlx::query(
        "select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid() and query ilike 'listen%'",
    )
    .execute(test.db.pool())
    .await
    .unwrap();
    tokio::time::timeout(Duration::from_secs(30), signal.wait()).await.expect("what was missed is announced");
    let (tx, _) = write(&test.db, "vm.changed").await;
    tx.commit().await.unwrap();
    tokio::time::timeout(Duration::from_secs(30), signal.wait()).await.expect("and notifications come again");
}

#[tokio::test]
async fn a_position_from_before_a_restore_is_recognised() {
    let test = TestDb::new().await;
    let future: Horizon = "9000000000000000000.5".parse().unwrap();
    let page = events::read_since(&test.db, future, 10).await.unwrap();
    assert!(page.restored);

    let (tx, id) = write(&test.db, "vm.changed").await;
    tx.commit().await.unwrap();
    assert_eq!(read_all(&test.db, page.horizon).await.0, [id]);
    assert!(!events::read_since(&test.db, page.horizon, 10).await.unwrap().restored);
}

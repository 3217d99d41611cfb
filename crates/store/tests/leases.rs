//! Leases between two processes, with expiry driven through the business clock.

#![allow(clippy::unwrap_used, reason = "a test stops where something is not as it should be")]

mod support;

use std::time::Duration;

use shepherd_store::{Db, clock, lease};
use support::TestDb;
use uuid::Uuid;

const TTL: Duration = Duration::from_secs(15);
const NAME: &str = "cluster/a";

async fn take(db: &Db, holder: Uuid) -> Option<lease::Lease> {
    lease::acquire(&mut db.pool().acquire().await.unwrap(), NAME, holder, TTL).await.unwrap()
}

async fn pass(test: &TestDb, by: Duration) {
    clock::advance(&mut test.owner.pool().acquire().await.unwrap(), by).await.unwrap();
}

async fn guarded(db: &Db, lease: &lease::Lease) -> Result<(), &'static str> {
    let mut tx = db.begin().await.unwrap();
    lease::guard(&mut tx, lease).await.map_err(|error| error.code())
}

#[tokio::test]
async fn a_held_lease_is_refused_until_it_expires() {
    let test = TestDb::new().await;
    let (a, b) = (Uuid::now_v7(), Uuid::now_v7());
    let first = take(&test.db, a).await.unwrap();
    assert_eq!(take(&test.db, b).await, None);

    pass(&test, TTL).await;
    let second = take(&test.db, b).await.unwrap();
    assert_eq!(second.epoch, first.epoch + 1);
    assert_eq!(take(&test.db, a).await, None);
}

#[tokio::test]
async fn renewing_keeps_it_and_losing_it_is_noticed() {
    let test = TestDb::new().await;
    let (a, b) = (Uuid::now_v7(), Uuid::now_v7());
    let mut mine = take(&test.db, a).await.unwrap();
    let mut conn = test.db.pool().acquire().await.unwrap();

    pass(&test, TTL - Duration::from_secs(1)).await;
    lease::renew(&mut conn, &mut mine, TTL).await.unwrap();
    pass(&test, Duration::from_secs(2)).await;
    assert_eq!(take(&test.db, b).await, None, "the renewal counts from when it was made");

    pass(&test, TTL).await;
    let theirs = take(&test.db, b).await.unwrap();
    assert_eq!(lease::renew(&mut conn, &mut mine, TTL).await.unwrap_err().code(), "LEASE_LOST");
    assert_eq!(guarded(&test.db, &mine).await, Err("LEASE_LOST"));
    assert_eq!(guarded(&test.db, &theirs).await, Ok(()));
}

#[tokio::test]
async fn releasing_lets_the_next_one_in_and_never_hurts_a_successor() {
    let test = TestDb::new().await;
    let (a, b) = (Uuid::now_v7(), Uuid::now_v7());
    let mut conn = test.db.pool().acquire().await.unwrap();
    let mine = take(&test.db, a).await.unwrap();
    lease::release(&mut conn, &mine).await.unwrap();
    assert_eq!(guarded(&test.db, &mine).await, Err("LEASE_LOST"));

    let theirs = take(&test.db, b).await.unwrap();
    assert!(theirs.epoch > mine.epoch);
    lease::release(&mut conn, &mine).await.unwrap();
    assert_eq!(guarded(&test.db, &theirs).await, Ok(()));
}

#[tokio::test]
async fn taking_it_again_fences_the_former_self_off() {
    let test = TestDb::new().await;
    let a = Uuid::now_v7();
    let before = take(&test.db, a).await.unwrap();
    let after = take(&test.db, a).await.unwrap();
    assert_eq!(guarded(&test.db, &before).await, Err("LEASE_LOST"));
    assert_eq!(guarded(&test.db, &after).await, Ok(()));
}

#[tokio::test]
async fn a_takeover_waits_for_a_guarded_write_to_commit() {
    let test = TestDb::new().await;
    let mine = take(&test.db, Uuid::now_v7()).await.unwrap();
    let mut tx = test.db.begin().await.unwrap();
    lease::guard(&mut tx, &mine).await.unwrap();
    pass(&test, TTL).await;

    let db = test.db.clone();
    let takeover = tokio::spawn(async move { take(&db, Uuid::now_v7()).await });
    until_blocked(&test.db).await;
    assert!(!takeover.is_finished());

    tx.commit().await.unwrap();
    assert_eq!(takeover.await.unwrap().unwrap().epoch, mine.epoch + 1);
}

async fn until_blocked(db: &Db) {
    let blocked = async {
        loop {
            let waiting: i64 = sqlx::query_scalar(
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
            )
            .fetch_one(db.pool())
            .await
            .unwrap();
            if waiting > 0 {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), blocked).await.expect("the takeover waits on the row");
}

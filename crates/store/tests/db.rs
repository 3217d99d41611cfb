//! Connections, transactions and the schema check, as `serve` and `migrate` meet them.

#![allow(clippy::unwrap_used, reason = "a test stops where something is not as it should be")]

mod support;

use std::time::Duration;

use secrecy::SecretString;
use shepherd_store::{Db, DbConfig, db};
use support::TestDb;

#[tokio::test]
async fn a_dropped_caller_never_leaves_a_connection_in_a_transaction() {
    let test = TestDb::empty().await;
    let single = DbConfig { max_connections: 1, ..DbConfig::new(test.urls.owner_url.clone()) };
    let single = Db::connect(&single).await.unwrap();
    sqlx::query("create table mark (n int)").execute(test.owner.pool()).await.unwrap();
    for n in 0..200 {
        // Give up at a different await point each time, as a client that hangs up does.
        let mut begin = Box::pin(single.begin());
        for _ in 0..=n % 9 {
            if std::future::poll_fn(|cx| std::task::Poll::Ready(begin.as_mut().poll(cx).is_ready())).await {
                break;
            }
            tokio::time::sleep(Duration::from_micros(40)).await;
        }
        drop(begin);
        // A write outside a transaction must be seen by everyone at once.
        sqlx::query("insert into mark values ($1)").bind(n).execute(single.pool()).await.unwrap();
        let seen: i64 =
            sqlx::query_scalar("select count(*) from mark").fetch_one(test.owner.pool()).await.unwrap();
        assert_eq!(seen, i64::from(n) + 1, "the connection came back inside a transaction");
    }
}

#[tokio::test]
async fn a_transaction_that_is_not_committed_leaves_nothing() {
    let test = TestDb::empty().await;
    sqlx::query("create table mark (n int)").execute(test.owner.pool()).await.unwrap();
    let mut tx = test.owner.begin().await.unwrap();
    sqlx::query("insert into mark values (1)").execute(&mut *tx).await.unwrap();
    drop(tx);
    let mut tx = test.owner.begin().await.unwrap();
    sqlx::query("insert into mark values (2)").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    let marks: Vec<i32> =
        sqlx::query_scalar("select n from mark").fetch_all(test.owner.pool()).await.unwrap();
    assert_eq!(marks, [2]);
}

#[tokio::test]
async fn serving_asks_for_a_migrated_schema_and_tolerates_a_newer_one() {
    let test = TestDb::empty().await;
    assert_eq!(test.db.check_schema().await.unwrap_err().code(), "SCHEMA_TOO_OLD");

    let owner = SecretString::from(test.urls.owner_url.clone());
    // Two replicas deployed at once both run it.
    let (one, two) = tokio::join!(db::migrate(&owner), db::migrate(&owner));
    one.unwrap();
    two.unwrap();
    test.db.check_schema().await.unwrap();

    sqlx::query(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values (99990101000000, 'from a newer program', true, '', 0)",
    )
    .execute(test.owner.pool())
    .await
    .unwrap();
    test.db.check_schema().await.unwrap();
    db::migrate(&owner).await.unwrap();
}

#[tokio::test]
async fn an_unreachable_or_absent_database_is_a_coded_error() {
    let test = TestDb::empty().await;
    let (base, _) = test.urls.app_url.rsplit_once('/').unwrap();
    for url in [format!("{base}/no_such_database"), "postgres://nobody@127.0.0.1:1/x".to_owned()] {
        let config = DbConfig { acquire_timeout: Duration::from_secs(2), ..DbConfig::new(url.clone()) };
        let error = Db::connect(&config).await.unwrap_err();
        assert_eq!(error.code(), "DATABASE_UNAVAILABLE", "{url}: {error:?}");
    }
}

#[tokio::test]
async fn a_taken_name_names_its_constraint() {
    let test = TestDb::empty().await;
    sqlx::query("create table thing (name text constraint thing_name primary key)")
        .execute(test.owner.pool())
        .await
        .unwrap();
    let insert = || async {
        sqlx::query("insert into thing values ('a')")
            .execute(test.owner.pool())
            .await
            .map_err(shepherd_store::StoreError::from)
    };
    insert().await.unwrap();
    let error = insert().await.unwrap_err();
    assert_eq!(error.unique_violation(), Some("thing_name"));
    assert_eq!(error.code(), "CONFLICT");
    assert!(!error.to_string().contains("insert"), "the message may reach a client");
}

#[tokio::test]
async fn serving_with_the_owners_url_can_still_act_as_the_application() {
    let test = TestDb::new().await;
    let config =
        DbConfig { role: Some(db::APPLICATION_ROLE.to_owned()), ..DbConfig::new(test.urls.superuser_url()) };
    let db = Db::connect(&config).await.unwrap();
    let error = sqlx::query("delete from audit_event").execute(db.pool()).await.unwrap_err();
    let sqlstate = error.as_database_error().and_then(|e| e.code()).unwrap_or_default().into_owned();
    assert_eq!(sqlstate, "42501", "insufficient_privilege: {error}");
}

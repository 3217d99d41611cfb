//! The promises that every other test relies on.

use shepherd_test_support::TestDb;
use sqlx::{Connection, PgConnection};

async fn names(db: &mut PgConnection) -> Vec<String> {
    sqlx::query_scalar("SELECT datname::text FROM pg_database").fetch_all(db).await.expect("it can be listed")
}

#[tokio::test]
async fn each_test_has_its_own_database_and_it_goes_with_the_test() {
    let (one, two) = tokio::join!(TestDb::new(), TestDb::new());
    assert_ne!(one.name(), two.name());
    sqlx::query("INSERT INTO lease (name) VALUES ('mine')").execute(&mut one.app().await).await.unwrap();
    let seen: i64 =
        sqlx::query_scalar("SELECT count(*) FROM lease").fetch_one(&mut two.app().await).await.unwrap();
    assert_eq!(seen, 0);

    let (name, mut watcher) = (one.name().to_owned(), two.owner().await);
    let _left_open = one.app().await;
    assert!(names(&mut watcher).await.contains(&name));
    drop(one);
    assert!(!names(&mut watcher).await.contains(&name));
}

#[tokio::test]
async fn code_under_test_has_the_rights_of_the_application_role_only() {
    let db = TestDb::new().await;
    let mut app = db.app().await;
    let (user, superuser): (String, String) =
        sqlx::query_as("SELECT session_user::text, current_setting('is_superuser')")
            .fetch_one(&mut app)
            .await
            .unwrap();
    assert_eq!((user.as_str(), superuser.as_str()), ("shepherd_app", "off"));
    let denied = sqlx::query("DELETE FROM audit_event").execute(&mut app).await.unwrap_err();
    let code = denied.as_database_error().and_then(|error| error.code().map(|code| code.into_owned()));
    assert_eq!(code.as_deref(), Some("42501"), "{denied}");
    let denied = sqlx::query("CREATE TABLE mine ()").execute(&mut app).await.unwrap_err();
    assert!(denied.to_string().contains("permission denied"), "{denied}");
}

#[tokio::test]
async fn the_business_clock_can_be_moved_and_an_empty_database_is_empty() {
    let db = TestDb::new().await;
    db.advance_clock(86_400).await;
    let ahead: bool = sqlx::query_scalar("SELECT app_now() > clock_timestamp() + interval '23 hours'")
        .fetch_one(&mut db.app().await)
        .await
        .unwrap();
    assert!(ahead);

    let empty = TestDb::empty().await;
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        .fetch_one(&mut PgConnection::connect(&empty.owner_url).await.unwrap())
        .await
        .unwrap();
    assert_eq!(tables, 0);
}

//! Changing the root key over the rows that hold secrets.

#![allow(clippy::unwrap_used, reason = "a test stops where something is not as it should be")]

mod support;

use std::io::Write;

use secrecy::ExposeSecret;
use shepherd_store::secrets::{Keyring, Rotation, SecretBox, Slot, rotate};
use support::TestDb;
use uuid::Uuid;

fn ring(keys: &[&str]) -> Keyring {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "{}", keys.join("\n")).unwrap();
    Keyring::from_files(&[file.path().to_owned()]).unwrap()
}

fn key() -> String {
    Keyring::generate_key().unwrap().expose_secret().to_owned()
}

fn slot(row: Uuid) -> Slot {
    Slot { table: "cluster", column: "credentials", row }
}

async fn add_clusters(test: &TestDb, ring: &Keyring, count: usize) -> Vec<Uuid> {
    let environment = Uuid::now_v7();
    sqlx::query("insert into environment (id, name, title, protected, colour) values ($1, 'rotation', '', false, 'blue')")
        .bind(environment)
        .execute(test.owner.pool())
        .await
        .unwrap();
    let ids: Vec<Uuid> = (0..count).map(|_| Uuid::now_v7()).collect();
    for (n, id) in ids.iter().enumerate() {
        let sealed = ring.seal(slot(*id), format!("secret {n}").as_bytes()).unwrap();
        sqlx::query(
            "insert into cluster (id, name, environment_id, api_url, credentials) values ($1, $2, $3, '', $4)",
        )
        .bind(id)
        .bind(format!("c{n}"))
        .bind(environment)
        .bind(sealed.to_bytes())
        .execute(test.owner.pool())
        .await
        .unwrap();
    }
    ids
}

async fn stored(test: &TestDb, id: Uuid) -> SecretBox {
    let bytes: Vec<u8> = sqlx::query_scalar("select credentials from cluster where id = $1")
        .bind(id)
        .fetch_one(test.db.pool())
        .await
        .unwrap();
    SecretBox::from_bytes(&bytes).unwrap()
}

#[tokio::test]
async fn after_a_rotation_the_old_key_is_not_needed_any_more() {
    let test = TestDb::new().await;
    let (old, new) = (key(), key());
    // More than one batch.
    let ids = add_clusters(&test, &ring(&[&old]), 130).await;

    let both = ring(&[&new, &old]);
    assert_eq!(rotate(&test.db, &both).await.unwrap(), Rotation { rewrapped: 130, current: 0 });
    assert_eq!(rotate(&test.db, &both).await.unwrap(), Rotation { rewrapped: 0, current: 130 });

    let only_new = ring(&[&new]);
    for (n, id) in ids.into_iter().enumerate() {
        let value = only_new.open(slot(id), &stored(&test, id).await).unwrap();
        assert_eq!(value.expose_secret(), format!("secret {n}").as_bytes());
    }
}

#[tokio::test]
async fn a_rotation_without_the_old_key_changes_nothing_and_says_so() {
    let test = TestDb::new().await;
    let old = key();
    let ids = add_clusters(&test, &ring(&[&old]), 2).await;
    let error = rotate(&test.db, &ring(&[&key()])).await.unwrap_err();
    assert_eq!(error.code(), "SECRET_KEY_MISSING");
    for id in ids {
        assert!(ring(&[&old]).open(slot(id), &stored(&test, id).await).is_ok());
    }
}

//! The keys that sign checkpoints: one is current, the public halves of all others stay.

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretSlice};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::secrets::{Keyring, SecretBox, SecretError, Slot};
use crate::{Result, Tx};

/// A key as it is stored.
#[derive(Clone, Debug)]
pub struct AuditKeyRow {
    pub id: Uuid,
    pub public_key: Vec<u8>,
    /// The sealed secret half; gone from one that was followed by another.
    pub sealed: Option<Vec<u8>>,
    pub created_at: DateTime<Utc>,
    pub retired_at: Option<DateTime<Utc>>,
}

fn slot(id: Uuid) -> Slot {
    Slot { table: "audit_key", column: "sealed", row: id }
}

/// All keys, the current one first, then from new to old.
pub async fn list(conn: &mut PgConnection) -> Result<Vec<AuditKeyRow>> {
    let rows = sqlx::query_as!(
        AuditKeyRow,
        "select id, public_key, sealed, created_at, retired_at from audit_key
          order by retired_at is not null, created_at desc, id desc limit 1000",
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// A fresh seed of 32 bytes.
pub fn fresh_seed() -> Result<SecretSlice<u8>> {
    let mut seed = vec![0; 32];
    aws_lc_rs::rand::fill(&mut seed).map_err(|_| SecretError::Crypto)?;
    Ok(SecretSlice::from(seed))
}

/// Makes a key the current one, unless there is one: then nothing happens and the answer is `false`.
pub async fn insert(
    tx: &mut Tx,
    keyring: &Keyring,
    public_key: &[u8],
    seed: &SecretSlice<u8>,
) -> Result<bool> {
    let id = Uuid::now_v7();
    let sealed = keyring.seal(slot(id), seed.expose_secret())?.to_bytes();
    let done = sqlx::query!(
        "insert into audit_key (id, public_key, sealed) values ($1, $2, $3) on conflict do nothing",
        id,
        public_key,
        sealed,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The secret half of a key that still has one.
pub fn open(keyring: &Keyring, row: &AuditKeyRow) -> Result<Option<SecretSlice<u8>>> {
    let Some(sealed) = &row.sealed else { return Ok(None) };
    Ok(Some(keyring.open(slot(row.id), &SecretBox::from_bytes(sealed)?)?))
}

/// The current key is no longer current. It signs the next checkpoint together with the one that follows it.
pub async fn retire(tx: &mut Tx) -> Result<()> {
    sqlx::query!("update audit_key set retired_at = app_now() where retired_at is null")
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Forgets the secret halves of keys that are no longer current.
pub async fn forget_retired(tx: &mut Tx) -> Result<()> {
    sqlx::query!("update audit_key set sealed = null where retired_at is not null and sealed is not null")
        .execute(&mut **tx)
        .await?;
    Ok(())
}

//! Changing the root key: every stored secret's data key is wrapped anew with the key that seals now.
//!
//! Safe to interrupt and to repeat, and to run while replicas serve: they open with any of the keys. The old key may be
//! taken out of the key files when a run reports that nothing was left to do.

use sqlx::{AssertSqlSafe, Row};
use uuid::Uuid;

use super::{Keyring, SecretBox, Slot};
use crate::{Db, Result};

/// Every column that holds a [`SecretBox`], with `id` as its row's key. A new one must be added here.
const COLUMNS: [(&str, &str); 4] = [
    ("audit_key", "sealed"),
    ("cluster", "credentials"),
    ("request_secret", "value"),
    ("vm", "sealed_setup"),
];

/// Rows per transaction: few enough that nobody waits for long.
const BATCH: i64 = 100;

/// What a run found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rotation {
    /// Were wrapped anew.
    pub rewrapped: u64,
    /// Had the right key already.
    pub current: u64,
}

/// Wraps every secret with the first key of the ring. Stops at the first that cannot be opened, and names it.
pub async fn rotate(db: &Db, keyring: &Keyring) -> Result<Rotation> {
    let mut total = Rotation::default();
    for (table, column) in COLUMNS {
        let mut after = Uuid::nil();
        while let Some(last) = rotate_batch(db, keyring, (table, column), after, &mut total).await? {
            after = last;
        }
    }
    Ok(total)
}

async fn rotate_batch(
    db: &Db,
    keyring: &Keyring,
    (table, column): (&'static str, &'static str),
    after: Uuid,
    total: &mut Rotation,
) -> Result<Option<Uuid>> {
    let mut tx = db.begin().await?;
    // Names come from the constant above.
    let select = format!(
        "select id, {column} as sealed from {table} where id > $1 and {column} is not null
          order by id limit $2 for no key update"
    );
    let rows = sqlx::query(AssertSqlSafe(select)).bind(after).bind(BATCH).fetch_all(&mut *tx).await?;
    let (mut ids, mut boxes) = (Vec::new(), Vec::new());
    let mut last = None;
    for row in rows {
        let id: Uuid = row.try_get("id")?;
        let sealed = SecretBox::from_bytes(row.try_get("sealed")?)?;
        last = Some(id);
        if keyring.is_outdated(&sealed) {
            boxes.push(keyring.rewrap(Slot { table, column, row: id }, &sealed)?.to_bytes());
            ids.push(id);
        } else {
            total.current += 1;
        }
    }
    let update = format!(
        "update {table} set {column} = new.sealed
           from unnest($1::uuid[], $2::bytea[]) as new (id, sealed) where {table}.id = new.id"
    );
    let done = sqlx::query(AssertSqlSafe(update)).bind(ids).bind(boxes).execute(&mut *tx).await?;
    tx.commit().await?;
    total.rewrapped += done.rows_affected();
    Ok(last)
}

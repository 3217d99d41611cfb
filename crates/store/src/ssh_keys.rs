//! SSH public keys in people's profiles; a new VM gets those of the chosen people.
//!
//! That a text is a key, and a strong one, is judged before it comes here.

use chrono::{DateTime, Utc};
use shepherd_domain::ids::{PrincipalId, SshKeyId};
use sqlx::PgConnection;

use crate::{Result, Tx};

/// A key as its owner sees it.
#[derive(Clone, Debug)]
pub struct SshKeyRow {
    pub id: SshKeyId,
    pub name: String,
    pub public_key: String,
    pub fingerprint: String,
    pub created_at: DateTime<Utc>,
}

/// The keys of a person, newest first.
pub async fn list(conn: &mut PgConnection, owner: PrincipalId) -> Result<Vec<SshKeyRow>> {
    let rows = sqlx::query_as!(
        SshKeyRow,
        r#"select id as "id: SshKeyId", name, public_key, fingerprint, created_at from ssh_key
            where principal_id = $1 and removed_at is null
            order by created_at desc, id limit 200"#,
        owner.0,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// Adds a key. One that the person has already violates `ssh_key_once`.
pub async fn add(
    tx: &mut Tx,
    owner: PrincipalId,
    name: &str,
    public_key: &str,
    fingerprint: &str,
) -> Result<SshKeyRow> {
    let row = sqlx::query_as!(
        SshKeyRow,
        r#"insert into ssh_key (id, principal_id, name, public_key, fingerprint) values ($1, $2, $3, $4, $5)
           returning id as "id: SshKeyId", name, public_key, fingerprint, created_at"#,
        SshKeyId::new().0,
        owner.0,
        name,
        public_key,
        fingerprint,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(row)
}

/// Removes a key from the profile and returns it; `None` says that it was not theirs or gone. VMs that have it keep it.
pub async fn remove(tx: &mut Tx, owner: PrincipalId, id: SshKeyId) -> Result<Option<SshKeyRow>> {
    let row = sqlx::query_as!(
        SshKeyRow,
        r#"update ssh_key set removed_at = app_now()
            where id = $1 and principal_id = $2 and removed_at is null
           returning id as "id: SshKeyId", name, public_key, fingerprint, created_at"#,
        id.0,
        owner.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

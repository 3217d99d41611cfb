//! Sessions, passwords and personal tokens. Only SHA-256 of tokens is ever stored.

use chrono::{DateTime, Utc};
use shepherd_domain::ids::{PrincipalId, SessionId, TokenId};
use sqlx::PgConnection;

use crate::{Result, Tx};

/// What a sign-in needs of a person. Not `Debug`: it holds a hash.
pub struct Credentials {
    pub id: PrincipalId,
    pub name: String,
    pub hash: String,
    pub disabled: bool,
}

/// The person of a name who has a password, also when disabled: the answer must not take less time for them.
pub async fn credentials(conn: &mut PgConnection, name: &str) -> Result<Option<Credentials>> {
    let row = sqlx::query_as!(
        Credentials,
        r#"select p.id as "id: PrincipalId", p.name, w.hash, p.disabled_at is not null as "disabled!"
             from principal p join password w on w.principal_id = p.id
            where p.name = $1 and p.kind = 'person'"#,
        name,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row)
}

/// The password's hash of a person, if they have one.
pub async fn password_hash(conn: &mut PgConnection, id: PrincipalId) -> Result<Option<String>> {
    let hash = sqlx::query_scalar!("select hash from password where principal_id = $1", id.0)
        .fetch_optional(conn)
        .await?;
    Ok(hash)
}

/// A sample person: they sign in without a password, where that is allowed at all.
#[derive(Clone, Debug)]
pub struct SamplePersonRow {
    pub id: PrincipalId,
    pub name: String,
    pub display_name: String,
    /// The title of a role they hold; empty when they hold none.
    pub role: String,
}

/// The active sample people, or the one of a name.
pub async fn sample_people(conn: &mut PgConnection, name: Option<&str>) -> Result<Vec<SamplePersonRow>> {
    let rows = sqlx::query_as!(
        SamplePersonRow,
        r#"select p.id as "id: PrincipalId", p.name, p.display_name,
                  coalesce((select r.title from held_role h join role r on r.id = h.role_id
                             where h.principal_id = p.id order by h.binding_id limit 1), '') as "role!"
             from principal p
            where p.sample and p.kind = 'person' and p.disabled_at is null and ($1::text is null or p.name = $1)
            order by p.created_at, p.name limit 20"#,
        name,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// A session to open.
pub struct NewSession<'a> {
    pub principal: PrincipalId,
    pub token_sha256: &'a [u8],
    pub idle_seconds: f64,
    pub absolute_seconds: f64,
    pub address: Option<String>,
    pub user_agent: Option<&'a str>,
}

/// A session that was opened.
#[derive(Clone, Debug)]
pub struct OpenedRow {
    pub id: SessionId,
    pub auth_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// The person signed in with an initial password.
    pub must_change: bool,
}

/// Opens a session.
pub async fn open(tx: &mut Tx, new: &NewSession<'_>) -> Result<OpenedRow> {
    let id = SessionId::new();
    let row = sqlx::query_as!(
        OpenedRow,
        r#"insert into session (id, principal_id, token_sha256, idle_expires_at, expires_at, address, user_agent)
           values ($1, $2, $3, app_now() + make_interval(secs => $4), app_now() + make_interval(secs => $5), $6, $7)
           returning id as "id: SessionId", auth_at, expires_at,
                  coalesce((select must_change from password where principal_id = $2), false) as "must_change!""#,
        id.0,
        new.principal.0,
        new.token_sha256,
        new.idle_seconds,
        new.absolute_seconds,
        new.address,
        new.user_agent,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(row)
}

/// A session as its owner sees it.
#[derive(Clone, Debug)]
pub struct SessionRow {
    pub id: SessionId,
    pub created_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub address: Option<String>,
    pub user_agent: Option<String>,
}

/// The live sessions of a person, newest first.
pub async fn list(conn: &mut PgConnection, owner: PrincipalId) -> Result<Vec<SessionRow>> {
    let rows = sqlx::query_as!(
        SessionRow,
        r#"select id as "id: SessionId", created_at, last_seen_at, expires_at, address, user_agent from session
            where principal_id = $1 and revoked_at is null and expires_at > app_now() and idle_expires_at > app_now()
            order by created_at desc limit 100"#,
        owner.0,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// Ends one session of a person, and what is open under it; `false` says that it was not theirs or had ended.
pub async fn revoke(tx: &mut Tx, owner: PrincipalId, id: SessionId) -> Result<bool> {
    let done = sqlx::query!(
        "update session set revoked_at = app_now() where id = $1 and principal_id = $2 and revoked_at is null",
        id.0,
        owner.0,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!("update principal set epoch = epoch + 1 where id = $1", owner.0).execute(&mut **tx).await?;
    Ok(done.rows_affected() == 1)
}

/// Ends every session of a person but `keep`.
pub async fn revoke_others(tx: &mut Tx, owner: PrincipalId, keep: Option<SessionId>) -> Result<u64> {
    let done = sqlx::query!(
        "update session set revoked_at = app_now()
          where principal_id = $1 and revoked_at is null and ($2::uuid is null or id <> $2)",
        owner.0,
        keep.map(|id| id.0),
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!("update principal set epoch = epoch + 1 where id = $1", owner.0).execute(&mut **tx).await?;
    Ok(done.rows_affected())
}

/// Sets a password's hash.
pub async fn set_password(tx: &mut Tx, owner: PrincipalId, hash: &str, must_change: bool) -> Result<()> {
    sqlx::query!(
        "insert into password (principal_id, hash, must_change) values ($1, $2, $3)
         on conflict (principal_id) do update set hash = excluded.hash, must_change = excluded.must_change,
            changed_at = app_now()",
        owner.0,
        hash,
        must_change,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A personal token, without its secret, which is nowhere.
#[derive(Clone, Debug)]
pub struct TokenRow {
    pub id: TokenId,
    pub name: String,
    pub prefix: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
}

/// The live tokens of a person, newest first.
pub async fn tokens(conn: &mut PgConnection, owner: PrincipalId) -> Result<Vec<TokenRow>> {
    let rows = sqlx::query_as!(
        TokenRow,
        r#"select id as "id: TokenId", name, prefix, created_at, expires_at, last_used_at from api_token
            where principal_id = $1 and revoked_at is null and expires_at > app_now()
            order by created_at desc limit 200"#,
        owner.0,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// Keeps the hash of a new token.
pub async fn create_token(
    tx: &mut Tx,
    owner: PrincipalId,
    name: &str,
    prefix: &str,
    token_sha256: &[u8],
    days: i32,
) -> Result<TokenRow> {
    let row = sqlx::query_as!(
        TokenRow,
        r#"insert into api_token (id, principal_id, name, prefix, token_sha256, expires_at)
           values ($1, $2, $3, $4, $5, app_now() + make_interval(days => $6))
           returning id as "id: TokenId", name, prefix, created_at, expires_at, last_used_at"#,
        TokenId::new().0,
        owner.0,
        name,
        prefix,
        token_sha256,
        days,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(row)
}

/// Ends a token and returns its name; `None` says that it was not theirs or had ended.
pub async fn revoke_token(tx: &mut Tx, owner: PrincipalId, id: TokenId) -> Result<Option<String>> {
    let name = sqlx::query_scalar!(
        "update api_token set revoked_at = app_now()
          where id = $1 and principal_id = $2 and revoked_at is null returning name",
        id.0,
        owner.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(name)
}

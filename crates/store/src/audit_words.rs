//! The names of sealed events, from each of their words on. Learned by the sealer, which is one at a time; what is not
//! sealed yet is few and is looked through.

use shepherd_domain::audit::words::{beginnings, folded};
use shepherd_domain::ids::PrincipalId;
use sqlx::PgConnection;

use crate::{Result, Tx};

/// Learns the names of these events.
pub async fn learn(tx: &mut Tx, events: &[i64]) -> Result<()> {
    let names = sqlx::query_scalar!(
        "select distinct resource_name from audit_event where id = any($1) and resource_name <> ''",
        events,
    )
    .fetch_all(&mut **tx)
    .await?;
    let pairs =
        names.iter().flat_map(|name| beginnings(name).into_iter().map(move |word| (word, name.clone())));
    let (words, names): (Vec<String>, Vec<String>) = pairs.unzip();
    sqlx::query!(
        "insert into audit_word (word, name) select * from unnest($1::text[], $2::text[]) on conflict do nothing",
        &words,
        &names,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Names of which a word begins like this, at most `limit`.
pub async fn names(conn: &mut PgConnection, text: &str, limit: i64) -> Result<Vec<String>> {
    let from = folded(text);
    let to = format!("{from}{}", char::MAX);
    let names = sqlx::query_scalar!(
        r#"select distinct name as "name!" from
             (select name from audit_word where word >= $1 and word < $2 order by word limit $3::bigint * 8) w limit $3"#,
        from,
        to,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(names)
}

/// Principals whose name, or a word of whose display name, begins like this.
pub async fn actors(conn: &mut PgConnection, text: &str) -> Result<Vec<PrincipalId>> {
    let begins = format!("{}%", folded(text).replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
    let word = format!("% {begins}");
    let ids = sqlx::query_scalar!(
        r#"select id as "id: PrincipalId" from principal
            where lower(name) like $1 or lower(display_name) like $1 or lower(display_name) like $2 limit 50"#,
        begins,
        word,
    )
    .fetch_all(conn)
    .await?;
    Ok(ids)
}

/// A regular expression for lower-case names of which a word begins like this.
pub fn pattern(text: &str) -> String {
    let literal = folded(text).chars().fold(String::new(), |mut literal, c| {
        if !c.is_alphanumeric() {
            literal.push('\\');
        }
        literal.push(c);
        literal
    });
    format!("(^|[^[:alnum:]]){literal}")
}

/// Forgets names that no event has any more.
pub async fn forget_unused(tx: &mut Tx) -> Result<u64> {
    let done = sqlx::query!(
        "delete from audit_word w where not exists (select from audit_event a where a.resource_name = w.name)",
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

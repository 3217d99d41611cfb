//! One person or group by an exact name. Not here: lists, which need the right to read them ([`crate::people`]).

use sqlx::PgConnection;

use crate::Result;
use crate::people::GroupNameRow;
use crate::systems::PersonRow;

/// The active person or service account of this name, or the one person of this e-mail address. Nobody where several
/// share the address.
pub async fn person(conn: &mut PgConnection, name: &str) -> Result<Option<PersonRow>> {
    let mut rows = sqlx::query_as!(
        PersonRow,
        r#"select id as "id: _", name, display_name from principal
            where kind in ('person', 'service_account') and disabled_at is null
              and (name = $1 or (lower(email) = lower($1) and strpos($1, '@') > 0))
            order by name <> $1 limit 2"#,
        name,
    )
    .fetch_all(conn)
    .await?;
    let exact = rows.iter().position(|row| row.name == name);
    Ok(match (exact, rows.len()) {
        (Some(index), _) => Some(rows.swap_remove(index)),
        (None, 1) => rows.pop(),
        (None, _) => None,
    })
}

/// The group of this name.
pub async fn group(conn: &mut PgConnection, name: &str) -> Result<Option<GroupNameRow>> {
    let row = sqlx::query_as!(
        GroupNameRow,
        r#"select id as "id: _", name, title from user_group where name = $1 and deleted_at is null"#,
        name,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row)
}

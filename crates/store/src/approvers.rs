//! How many people could ever give the word a policy asks for. Who could do so on one request:
//! [`crate::request_facts::candidates`] and its neighbours.

use sqlx::PgConnection;

use crate::Result;

/// Active people who hold a permission in some environment; counted up to a hundred.
pub async fn holders(conn: &mut PgConnection, permission: &str) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from (
             select from principal p where p.kind = 'person' and p.disabled_at is null
                and exists (select from held_role b join role r on r.id = b.role_id
                             where b.principal_id = p.id and r.permissions @> array[$1]) limit 100) found"#,
        permission,
    )
    .fetch_one(conn)
    .await?;
    Ok(count)
}

/// Active people who hold a role in some environment; counted up to a hundred.
pub async fn of_role(conn: &mut PgConnection, role: &str) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from (
             select from principal p where p.kind = 'person' and p.disabled_at is null
                and exists (select from held_role b join role r on r.id = b.role_id
                             where b.principal_id = p.id and r.name = $1) limit 100) found"#,
        role,
    )
    .fetch_one(conn)
    .await?;
    Ok(count)
}

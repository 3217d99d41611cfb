//! How many people could ever give the word a policy asks for. Who could do so on one request:
//! [`crate::request_facts::candidates`].

use shepherd_domain::ids::GroupId;
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

/// Active people in a group; counted up to a hundred.
pub async fn in_group(conn: &mut PgConnection, group: GroupId) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from (
             select from group_member m join principal p on p.id = m.principal_id
              where m.group_id = $1 and p.kind = 'person' and p.disabled_at is null limit 100) found"#,
        group.0,
    )
    .fetch_one(conn)
    .await?;
    Ok(count)
}

/// Whether a policy in force or an undecided request asks for the word of a group.
pub async fn asks_group(conn: &mut PgConnection, group: GroupId) -> Result<bool> {
    let asked = sqlx::query_scalar!(
        r#"select (exists (select from policy_version v
                            where v.retired_at is null and v.stages @> jsonb_build_array(jsonb_build_object('requirements',
                                  jsonb_build_array(jsonb_build_object('who',
                                      jsonb_build_object('kind', 'group', 'id', $1::uuid))))))
                or exists (select from request r join request_stage g on g.request_id = r.id
                            where r.state in ('pending', 'changes_requested') and g.state in ('waiting', 'active')
                              and 'group:' || $1::uuid = any(g.who))) as "asked!""#,
        group.0,
    )
    .fetch_one(conn)
    .await?;
    Ok(asked)
}

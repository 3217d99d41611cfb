//! Who may do what, read from the side of the thing: one principal with what they hold, or all who hold a permission.
//!
//! The SQL of [`who`] is the rule of [`shepherd_domain::authz::Grants::check`] once more; a test compares the two on random
//! organisations.

use shepherd_domain::authz::{Authorized, Belongs, Grants, Kind, Permission, Platform, ReadUsers};
use shepherd_domain::ids::{GroupId, PrincipalId};
use shepherd_domain::states::MemberRole;
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::callers::{HeldGroup, HeldPlace, HeldRole, grants};
use crate::people::GroupNameRow;
use crate::{Result, StoreError};

/// A principal with all they hold.
#[derive(Clone, Debug)]
pub struct HolderRow {
    pub id: PrincipalId,
    pub name: String,
    pub display_name: String,
    pub kind: String,
    /// They, or the person who answers for them, are disabled.
    pub disabled: bool,
    pub grants: Grants,
}

/// The names of a place that was asked about.
#[derive(Clone, Debug)]
pub struct PlaceRow {
    pub system: Option<String>,
    pub service: Option<String>,
    pub vm: Option<String>,
}

/// One principal, disabled or not.
pub async fn holder(conn: &mut PgConnection, id: PrincipalId) -> Result<HolderRow> {
    let row = sqlx::query!(
        r#"select p.id as "id: PrincipalId", p.name, p.display_name, p.kind,
                  (p.disabled_at is not null or o.disabled_at is not null) as "disabled!",
                  h.roles as "roles!: Json<Vec<HeldRole>>", h.places as "places!: Json<Vec<HeldPlace>>",
                  h.groups as "groups!: Json<Vec<HeldGroup>>"
             from principal p join holding h on h.principal_id = p.id left join principal o on o.id = p.owner_id
            where p.id = $1 and p.kind in ('person', 'service_account')"#,
        id.0,
    )
    .fetch_optional(conn)
    .await?
    .ok_or(StoreError::NotFound)?;
    Ok(HolderRow {
        id: row.id,
        name: row.name,
        display_name: row.display_name,
        disabled: row.disabled,
        grants: grants(row.id, &row.kind, row.roles.0, row.places.0, row.groups.0),
        kind: row.kind,
    })
}

/// The active principals who hold a permission there, by name; `after` is the last name of the page before.
pub async fn who(
    conn: &mut PgConnection,
    _auth: &Authorized<ReadUsers, Platform>,
    permission: Permission,
    at: &Belongs,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<HolderRow>> {
    let carrying: Vec<_> = [MemberRole::Viewer, MemberRole::Member, MemberRole::Owner]
        .into_iter()
        .filter(|role| permission.carried_by(*role))
        .map(|role| role.as_str().to_owned())
        .collect();
    let rows = sqlx::query!(
        r#"select p.id as "id: PrincipalId", p.name, p.display_name, p.kind,
                  h.roles as "roles!: Json<Vec<HeldRole>>", h.places as "places!: Json<Vec<HeldPlace>>",
                  h.groups as "groups!: Json<Vec<HeldGroup>>"
             from principal p join holding h on h.principal_id = p.id
            where p.kind in ('person', 'service_account') and p.disabled_at is null
              and not exists (select from principal o where o.id = p.owner_id and o.disabled_at is not null)
              and (p.kind = 'person' or not $3)
              and (exists (select from held_role b join role r on r.id = b.role_id
                            where b.principal_id = p.id and $2 = any(r.permissions)
                              and ($5::uuid is null or b.all_environments or $5 = any(b.environment_ids)))
                or (exists (select from held_role b join role r on r.id = b.role_id
                             where b.principal_id = p.id and $1 = any(r.permissions)
                               and ($5::uuid is null or b.all_environments or $5 = any(b.environment_ids)))
                    and (not $4 or exists (select from held_place q
                             where q.principal_id = p.id and q.role = any($9)
                               and (q.vm_id = $8 or (q.vm_id is null and q.service_id = $7)
                                 or (q.service_id is null and q.system_id = $6))))))
              and ($10::text is null or p.name > $10)
            order by p.name
            limit $11"#,
        permission.as_str(),
        permission.read_all().map(Permission::as_str),
        permission.people_only(),
        permission.kind() == Kind::Resource,
        at.environment.map(|id| id.0),
        at.system.map(|id| id.0),
        at.service.map(|id| id.0),
        at.vm.map(|id| id.0),
        &carrying,
        after,
        limit,
    )
    .fetch_all(conn)
    .await?;
    let holder = rows.into_iter().map(|row| HolderRow {
        id: row.id,
        name: row.name,
        display_name: row.display_name,
        disabled: false,
        grants: grants(row.id, &row.kind, row.roles.0, row.places.0, row.groups.0),
        kind: row.kind,
    });
    Ok(holder.collect())
}

/// What the ids of a place are called.
pub async fn names(conn: &mut PgConnection, at: &Belongs) -> Result<PlaceRow> {
    let row = sqlx::query_as!(
        PlaceRow,
        r#"select (select name from system where id = $1) as system, (select name from service where id = $2) as service,
                  (select name from vm where id = $3) as vm"#,
        at.system.map(|id| id.0),
        at.service.map(|id| id.0),
        at.vm.map(|id| id.0),
    )
    .fetch_one(conn)
    .await?;
    Ok(row)
}

/// What groups are called, also those that ended.
pub async fn group_names(conn: &mut PgConnection, ids: &[GroupId]) -> Result<Vec<GroupNameRow>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        GroupNameRow,
        r#"select id as "id: GroupId", name, title from user_group where id = any($1)"#,
        &ids,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

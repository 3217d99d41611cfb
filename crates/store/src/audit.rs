//! The audit trail: rows are added and read, never changed.
//!
//! The database role the server runs as cannot do more (migration 0009). Canonical bytes and leaf hash come from
//! `shepherd_domain::audit`; they are stored, never recomputed.

use chrono::{DateTime, Utc};
use serde_json::Value;
use shepherd_domain::audit::SealedAudit;
use shepherd_domain::ids::{EnvironmentId, PrincipalId, RequestId, SystemId, VmId};
use shepherd_domain::states::AuditOutcome;
use sqlx::{PgConnection, Postgres, QueryBuilder};

use crate::{Result, StoreError, Tx};

/// Adds one row.
pub async fn insert(tx: &mut Tx, sealed: &SealedAudit) -> Result<i64> {
    let row = sealed.record();
    let leaf = sealed.leaf();
    let id = sqlx::query_scalar!(
        "insert into audit_event (at, actor_id, actor_name, on_behalf_of, action, outcome, resource_kind, resource_id,
            resource_name, system_id, environment_id, vm_id, request_id, source_address, code, before, after, canonical,
            leaf_hash)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
         returning id",
        row.at,
        row.actor_id.map(|id| id.0),
        row.actor_name,
        row.on_behalf_of.map(|id| id.0),
        row.action,
        row.outcome.as_str(),
        row.resource_kind,
        row.resource_id,
        row.resource_name,
        row.system_id.map(|id| id.0),
        row.environment_id.map(|id| id.0),
        row.vm_id.map(|id| id.0),
        row.request_id.map(|id| id.0),
        row.source_address,
        row.code,
        row.before,
        row.after,
        sealed.canonical(),
        leaf.as_bytes(),
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(id)
}

/// What `actor` said in this row, in which they did `action`; `None` when it is no such row.
pub async fn own(
    conn: &mut PgConnection,
    id: i64,
    actor: PrincipalId,
    action: &str,
) -> Result<Option<Value>> {
    let said = sqlx::query_scalar!(
        r#"select coalesce(after, 'null') as "said!" from audit_event
            where id = $1 and actor_id = $2 and action = $3 and outcome = 'success'"#,
        id,
        actor.0,
        action,
    );
    Ok(said.fetch_optional(conn).await?)
}

/// The newest row.
pub async fn newest(conn: &mut PgConnection) -> Result<i64> {
    let id = sqlx::query_scalar!(r#"select coalesce(max(id), 0) as "id!" from audit_event"#);
    Ok(id.fetch_one(conn).await?)
}

/// A row as it is read.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AuditRow {
    pub id: i64,
    pub at: DateTime<Utc>,
    pub actor_id: Option<PrincipalId>,
    pub actor_name: String,
    pub actor_display: Option<String>,
    pub action: String,
    pub outcome: String,
    pub resource_kind: String,
    pub resource_id: Option<String>,
    pub resource_name: String,
    pub system_id: Option<SystemId>,
    pub system_name: Option<String>,
    pub environment_id: Option<EnvironmentId>,
    pub environment_name: Option<String>,
    pub environment_title: Option<String>,
    pub protected: Option<bool>,
    pub colour: Option<String>,
    pub vm_id: Option<VmId>,
    pub request_id: Option<RequestId>,
    pub request_number: Option<i64>,
    pub source_address: Option<String>,
    pub code: Option<String>,
    /// Only of a single row; lists leave it out.
    pub before: Option<Value>,
    pub after: Option<Value>,
    pub leaf_hash: Vec<u8>,
    pub expired_at: Option<DateTime<Utc>>,
}

/// A search by name.
#[derive(Clone, Debug)]
pub enum Named {
    /// Few names: each is looked up.
    Few { names: Vec<String>, actors: Vec<PrincipalId>, pattern: String },
    /// So many that most rows have one: they are looked through, down to a row.
    Many { pattern: String, actors: Vec<PrincipalId>, down_to: i64 },
}

/// What to look for; `None` is anything.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    pub id: Option<i64>,
    pub actor: Option<PrincipalId>,
    pub action: Option<String>,
    pub vm: Option<VmId>,
    pub system: Option<SystemId>,
    pub environment: Option<EnvironmentId>,
    pub request: Option<RequestId>,
    pub outcome: Option<AuditOutcome>,
    pub since: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
    pub kind: Option<String>,
    pub resource: Option<String>,
    pub named: Option<Named>,
    /// Only rows of these environments, or of none; `None` is all.
    pub reach: Option<Vec<EnvironmentId>>,
    /// Only rows before this id.
    pub before: Option<i64>,
    pub limit: i64,
}

/// Newest first.
///
/// The statement holds only the conditions that were asked for: with `$1 is null or ...` no plan could use an index,
/// and this table is the one that grows for ever. The page is cut before anything is joined to it.
pub async fn list(conn: &mut PgConnection, filter: &AuditFilter) -> Result<Vec<AuditRow>> {
    select(conn, filter, "null::jsonb as before, null::jsonb as after").await
}

/// One row, with what was before and after.
pub async fn get(conn: &mut PgConnection, id: i64, reach: Option<Vec<EnvironmentId>>) -> Result<AuditRow> {
    let filter = AuditFilter { id: Some(id), reach, limit: 1, ..AuditFilter::default() };
    select(conn, &filter, "before, after").await?.pop().ok_or(StoreError::NotFound)
}

async fn select(
    conn: &mut PgConnection,
    filter: &AuditFilter,
    payload: &'static str,
) -> Result<Vec<AuditRow>> {
    let mut query = QueryBuilder::new(
        "select a.*, p.display_name as actor_display, s.name as system_name, e.name as environment_name,
                e.title as environment_title, e.protected, e.colour, r.number as request_number
           from (select id, at, actor_id, actor_name, action, outcome, resource_kind, resource_id, resource_name,
                        system_id, environment_id, vm_id, request_id, source_address, code, leaf_hash, expired_at, ",
    );
    query.push(payload).push(" from audit_event where true");
    match &filter.named {
        Some(Named::Few { names, actors, pattern }) => few(&mut query, filter, names, actors, pattern),
        _ => conditions(&mut query, filter),
    }
    query.push(" order by id desc limit ").push_bind(filter.limit).push(
        ") a left join principal p on p.id = a.actor_id
             left join system s on s.id = a.system_id
             left join environment e on e.id = a.environment_id
             left join request r on r.id = a.request_id
          order by a.id desc",
    );
    Ok(query.build_query_as().fetch_all(conn).await?)
}

/// Rows in which one of a few names stands: the newest of each name, the newest of each person, and what is too young to
/// be known by name. Each is a short walk along an index.
fn few(
    query: &mut QueryBuilder<Postgres>,
    f: &AuditFilter,
    names: &[String],
    actors: &[PrincipalId],
    pattern: &str,
) {
    let actors: Vec<_> = actors.iter().map(|id| id.0).collect();
    query.push(" and id in (select r.id from unnest(").push_bind(names.to_vec());
    query.push(
        "::text[]) as n (name) cross join lateral (select id from audit_event where resource_name = n.name",
    );
    conditions(query, f);
    query.push(" order by id desc limit ").push_bind(f.limit);
    query.push(") r union select r.id from unnest(").push_bind(actors);
    query.push(
        "::uuid[]) as p (actor) cross join lateral (select id from audit_event where actor_id = p.actor",
    );
    conditions(query, f);
    query.push(" order by id desc limit ").push_bind(f.limit);
    query.push(") r union (select id from audit_event where id >= ");
    // Ids are given out before commit, so some that are not sealed are lower than some that are.
    query.push("coalesce((select event_id from audit_leaf order by position desc limit 1), 0) - 2000");
    query.push(" and lower(resource_name) ~ ").push_bind(pattern.to_owned());
    conditions(query, f);
    query.push(" order by id desc limit ").push_bind(f.limit).push("))");
}

fn conditions(query: &mut QueryBuilder<Postgres>, f: &AuditFilter) {
    if let Some(id) = f.id {
        query.push(" and id = ").push_bind(id);
    }
    if let Some(id) = f.before {
        query.push(" and id < ").push_bind(id);
    }
    let ids = [
        (" and actor_id = ", f.actor.map(|id| id.0)),
        (" and vm_id = ", f.vm.map(|id| id.0)),
        (" and system_id = ", f.system.map(|id| id.0)),
        (" and environment_id = ", f.environment.map(|id| id.0)),
        (" and request_id = ", f.request.map(|id| id.0)),
    ];
    for (condition, id) in ids {
        if let Some(id) = id {
            query.push(condition).push_bind(id);
        }
    }
    if let Some(Named::Many { pattern, actors, down_to }) = &f.named {
        let actors: Vec<_> = actors.iter().map(|id| id.0).collect();
        query.push(" and id >= ").push_bind(*down_to).push(" and (lower(resource_name) ~ ");
        query.push_bind(pattern.clone()).push(" or actor_id = any(").push_bind(actors).push("))");
    }
    if let Some(kind) = &f.kind {
        query.push(" and resource_kind = ").push_bind(kind.clone());
    }
    if let Some(resource) = &f.resource {
        query.push(" and resource_id = ").push_bind(resource.clone());
    }
    if let Some(action) = &f.action {
        query.push(" and action = ").push_bind(action.clone());
    }
    if let Some(outcome) = f.outcome {
        // As text of the statement: a plan for any outcome could not use the index over those that are not success.
        query.push(" and outcome = '").push(outcome.as_str()).push("'");
    }
    if let Some(reach) = &f.reach {
        let reach: Vec<_> = reach.iter().map(|id| id.0).collect();
        query.push(" and (environment_id is null or environment_id = any(").push_bind(reach).push("))");
    }
    times(query, f);
}

/// Bounds of time, also as bounds of the id: every index ends in the id, none but one in the time.
///
/// Ids are given out in the order of inserts and `at` is the beginning of the inserting transaction, so the two differ
/// by at most the length of a transaction, which the statement timeout keeps far below ten minutes.
fn times(query: &mut QueryBuilder<Postgres>, f: &AuditFilter) {
    if let Some(since) = f.since {
        query.push(" and at >= ").push_bind(since);
        query.push(" and id > coalesce((select id from audit_event where at < ").push_bind(since);
        query.push("::timestamptz - interval '10 minutes' order by at desc limit 1), 0)");
    }
    if let Some(until) = f.until {
        query.push(" and at < ").push_bind(until);
        query.push(" and id < coalesce((select id from audit_event where at >= ").push_bind(until);
        query.push("::timestamptz + interval '10 minutes' order by at limit 1), 9223372036854775807)");
    }
}

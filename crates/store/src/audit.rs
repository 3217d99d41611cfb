//! The audit trail: rows are added and read, never changed.
//!
//! The database role the server runs as cannot do more (migration 0009). Canonical bytes and leaf hash come from
//! `shepherd_domain::audit`; they are stored, never recomputed.

use chrono::{DateTime, Utc};
use serde_json::Value;
use shepherd_domain::ids::{EnvironmentId, PrincipalId, RequestId, SystemId, VmId};
use sqlx::PgConnection;

use crate::{Result, Tx};

/// A row to add.
#[derive(Clone, Debug)]
pub struct NewAuditEvent {
    pub at: DateTime<Utc>,
    pub actor_id: Option<PrincipalId>,
    pub actor_name: String,
    pub action: String,
    pub outcome: &'static str,
    pub resource_kind: &'static str,
    pub resource_id: Option<String>,
    pub resource_name: String,
    pub system_id: Option<SystemId>,
    pub environment_id: Option<EnvironmentId>,
    pub vm_id: Option<VmId>,
    pub request_id: Option<RequestId>,
    pub source_address: Option<String>,
    pub code: Option<String>,
    pub before: Option<Value>,
    pub after: Option<Value>,
    pub canonical: Vec<u8>,
    pub leaf_hash: [u8; 32],
}

/// Adds one row.
pub async fn insert(tx: &mut Tx, row: &NewAuditEvent) -> Result<i64> {
    let id = sqlx::query_scalar!(
        "insert into audit_event (at, actor_id, actor_name, action, outcome, resource_kind, resource_id, resource_name,
            system_id, environment_id, vm_id, request_id, source_address, code, before, after, canonical, leaf_hash)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
         returning id",
        row.at,
        row.actor_id.map(|id| id.0),
        row.actor_name,
        row.action,
        row.outcome,
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
        row.canonical,
        &row.leaf_hash[..],
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(id)
}

/// A row as it is read.
#[derive(Clone, Debug)]
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
    pub vm_id: Option<VmId>,
    pub request_id: Option<RequestId>,
    pub request_number: Option<i64>,
    pub source_address: Option<String>,
    pub code: Option<String>,
    pub before: Option<Value>,
    pub after: Option<Value>,
    pub leaf_hash: Vec<u8>,
}

/// What to look for; `None` is anything.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    pub actor: Option<PrincipalId>,
    pub action: Option<String>,
    pub vm: Option<VmId>,
    pub system: Option<SystemId>,
    pub environment: Option<EnvironmentId>,
    pub request: Option<RequestId>,
    pub outcome: Option<String>,
    pub since: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
    /// Only rows of these environments, or of none; `None` is all.
    pub reach: Option<Vec<EnvironmentId>>,
    /// Only rows before this id.
    pub before: Option<i64>,
    pub limit: i64,
}

/// Newest first.
pub async fn list(conn: &mut PgConnection, filter: &AuditFilter) -> Result<Vec<AuditRow>> {
    let reach: Option<Vec<uuid::Uuid>> = filter.reach.as_ref().map(|ids| ids.iter().map(|id| id.0).collect());
    let rows = sqlx::query_as!(
        AuditRow,
        r#"select a.id, a.at, a.actor_id as "actor_id: PrincipalId", a.actor_name,
                  p.display_name as "actor_display?", a.action, a.outcome, a.resource_kind, a.resource_id,
                  a.resource_name, a.system_id as "system_id: SystemId", s.name as "system_name?",
                  a.environment_id as "environment_id: EnvironmentId", a.vm_id as "vm_id: VmId",
                  a.request_id as "request_id: RequestId", r.number as "request_number?", a.source_address, a.code,
                  null::jsonb as before, null::jsonb as after, a.leaf_hash
             from audit_event a
             left join principal p on p.id = a.actor_id
             left join system s on s.id = a.system_id
             left join request r on r.id = a.request_id
            where ($1::bigint is null or a.id < $1)
              and ($2::uuid is null or a.actor_id = $2)
              and ($3::text is null or a.action = $3)
              and ($4::uuid is null or a.vm_id = $4)
              and ($5::uuid is null or a.system_id = $5)
              and ($6::uuid is null or a.environment_id = $6)
              and ($7::uuid is null or a.request_id = $7)
              and ($8::text is null or a.outcome = $8)
              and ($9::timestamptz is null or a.at >= $9)
              and ($10::timestamptz is null or a.at < $10)
              and ($11::uuid[] is null or a.environment_id is null or a.environment_id = any($11))
            order by a.id desc
            limit $12"#,
        filter.before,
        filter.actor.map(|id| id.0),
        filter.action,
        filter.vm.map(|id| id.0),
        filter.system.map(|id| id.0),
        filter.environment.map(|id| id.0),
        filter.request.map(|id| id.0),
        filter.outcome,
        filter.since,
        filter.until,
        reach as Option<Vec<uuid::Uuid>>,
        filter.limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// One row, with what was before and after.
pub async fn get(conn: &mut PgConnection, id: i64) -> Result<AuditRow> {
    let row = sqlx::query_as!(
        AuditRow,
        r#"select a.id, a.at, a.actor_id as "actor_id: PrincipalId", a.actor_name,
                  p.display_name as "actor_display?", a.action, a.outcome, a.resource_kind, a.resource_id,
                  a.resource_name, a.system_id as "system_id: SystemId", s.name as "system_name?",
                  a.environment_id as "environment_id: EnvironmentId", a.vm_id as "vm_id: VmId",
                  a.request_id as "request_id: RequestId", r.number as "request_number?", a.source_address, a.code,
                  a.before, a.after, a.leaf_hash
             from audit_event a
             left join principal p on p.id = a.actor_id
             left join system s on s.id = a.system_id
             left join request r on r.id = a.request_id
            where a.id = $1"#,
        id,
    )
    .fetch_one(conn)
    .await?;
    Ok(row)
}

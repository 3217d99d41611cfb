//! A thing's own history: everything the audit trail says about it, and about a VM also what it says of the request that
//! made it. Of a System, what was done to itself: what happens to its VMs is told to those who may see them.

use chrono::{DateTime, Utc};
use serde_json::Value;
use shepherd_domain::authz::{Authorized, ReadSystem, ReadVm, SystemScope, VmScope};
use shepherd_domain::ids::{OperationId, PrincipalId, RequestId};
use sqlx::PgConnection;

use crate::Result;

/// One thing that happened.
#[derive(Clone, Debug)]
pub struct TimelineRow {
    pub id: i64,
    pub at: DateTime<Utc>,
    pub actor_id: Option<PrincipalId>,
    pub actor_name: String,
    pub actor_display: Option<String>,
    pub action: String,
    pub outcome: String,
    pub code: Option<String>,
    pub after: Option<Value>,
    pub request_id: Option<RequestId>,
    pub request_number: Option<i64>,
    pub request_operation: Option<String>,
    pub operation_id: Option<OperationId>,
}

/// Newest first.
pub async fn of_vm(
    conn: &mut PgConnection,
    auth: &Authorized<ReadVm, VmScope>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<TimelineRow>> {
    let rows = sqlx::query_as!(
        TimelineRow,
        r#"select a.id as "id!", a.at as "at!", a.actor_id as "actor_id: PrincipalId", a.actor_name as "actor_name!",
                  p.display_name as "actor_display?", a.action as "action!", a.outcome as "outcome!", a.code, a.after,
                  a.request_id as "request_id: RequestId", r.number as "request_number?", r.operation as "request_operation?",
                  o.id as "operation_id?: OperationId"
             from (select e.* from audit_event e where e.vm_id = $1
                   union
                   select e.* from audit_event e
                    where e.request_id = (select request_id from vm where id = $1) and e.vm_id is null) a
             left join principal p on p.id = a.actor_id
             left join request r on r.id = a.request_id
             left join operation o on o.cause_kind = 'request' and o.cause_id = a.request_id and a.action like 'vm.%'
            where ($2::bigint is null or a.id < $2)
            order by a.id desc
            limit $3"#,
        auth.resource().vm.0,
        before,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// What happened to a request, newest first. Whoever calls has seen that the request may be read.
pub async fn of_request(
    conn: &mut PgConnection,
    id: RequestId,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<TimelineRow>> {
    let rows = sqlx::query_as!(
        TimelineRow,
        r#"select a.id as "id!", a.at as "at!", a.actor_id as "actor_id: PrincipalId", a.actor_name as "actor_name!",
                  p.display_name as "actor_display?", a.action as "action!", a.outcome as "outcome!", a.code, a.after,
                  a.request_id as "request_id: RequestId", r.number as "request_number?", r.operation as "request_operation?",
                  null::uuid as "operation_id?: OperationId"
             from audit_event a
             left join principal p on p.id = a.actor_id
             left join request r on r.id = a.request_id
            where a.request_id = $1 and a.id < $2
            order by a.id desc
            limit $3"#,
        id.0,
        before.unwrap_or(i64::MAX),
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// What happened to a System, its members and its Services, newest first.
pub async fn of_system(
    conn: &mut PgConnection,
    auth: &Authorized<ReadSystem, SystemScope>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<TimelineRow>> {
    let rows = sqlx::query_as!(
        TimelineRow,
        r#"select a.id as "id!", a.at as "at!", a.actor_id as "actor_id: PrincipalId", a.actor_name as "actor_name!",
                  p.display_name as "actor_display?", a.action as "action!", a.outcome as "outcome!", a.code, a.after,
                  a.request_id as "request_id: RequestId", null::bigint as "request_number?",
                  null::text as "request_operation?", null::uuid as "operation_id?: OperationId"
             from audit_event a
             left join principal p on p.id = a.actor_id
            where a.system_id = $1 and a.id < $2 and a.vm_id is null and a.request_id is null
            order by a.id desc
            limit $3"#,
        auth.resource().0.0,
        before.unwrap_or(i64::MAX),
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

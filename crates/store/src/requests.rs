//! Requests: what was asked for, in what state, bound to the bytes it was asked in.

use chrono::{DateTime, Utc};
use serde_json::Value;
use shepherd_domain::authz::{Authorized, ReadRequest, RequestScope};
use shepherd_domain::ids::{
    ClusterId, EnvironmentId, NamespaceId, OperationId, PrincipalId, RequestId, ServiceId, SystemId, VmId,
};
use shepherd_domain::reason::Reason;
use shepherd_domain::target::Target;
use sqlx::PgConnection;

pub use crate::request_scope::{place, scope};
use crate::{Result, Tx};

/// A request with the names of all it mentions.
#[derive(Clone, Debug)]
pub struct RequestRow {
    pub id: RequestId,
    pub number: i64,
    pub operation: String,
    pub state: String,
    pub requester_id: PrincipalId,
    pub requester_name: String,
    pub requester_display: String,
    /// The requester, or the person who answers for it.
    pub requester_person: PrincipalId,
    pub system_id: Option<SystemId>,
    pub system_name: Option<String>,
    pub service_id: Option<ServiceId>,
    pub service_name: Option<String>,
    pub environment_id: Option<EnvironmentId>,
    pub environment_name: Option<String>,
    pub environment_title: Option<String>,
    pub protected: bool,
    pub colour: Option<String>,
    pub namespace_id: Option<NamespaceId>,
    pub namespace_name: Option<String>,
    pub vm_id: Option<VmId>,
    pub vm_name: Option<String>,
    pub spec: Vec<u8>,
    pub spec_json: Value,
    pub spec_hash: Vec<u8>,
    pub copy_number: i32,
    /// How many children it has, if it is a batch.
    pub batch_size: Option<i32>,
    /// The batch it is part of.
    pub batch_id: Option<RequestId>,
    pub revision: i32,
    pub reason: String,
    pub verdict: Value,
    pub inputs: Value,
    pub placement: Value,
    pub cluster_id: Option<ClusterId>,
    pub cluster_name: Option<String>,
    pub automatic_rule: Option<String>,
    pub operation_id: Option<OperationId>,
    pub failure_code: Option<String>,
    pub failure_params: Option<Value>,
    pub failure_text: Option<String>,
    pub sample: bool,
    pub submitted_at: DateTime<Utc>,
    pub decided_at: Option<DateTime<Utc>>,
    pub expires_at: Option<DateTime<Utc>>,
    pub closed_at: Option<DateTime<Utc>>,
    /// What follows when nobody decides.
    pub pending_then: String,
    pub version: i64,
}

/// One request.
pub async fn get(
    conn: &mut PgConnection,
    auth: &Authorized<ReadRequest, RequestScope>,
) -> Result<RequestRow> {
    load(conn, auth.resource().request).await
}

/// One request, for a job or for a decision whose own check follows. Not for answering reads: see [`get`].
pub async fn load(conn: &mut PgConnection, id: RequestId) -> Result<RequestRow> {
    let row = sqlx::query_as!(
        RequestRow,
        r#"select r.id as "id: RequestId", r.number, r.operation, r.state,
                  r.requester_id as "requester_id: PrincipalId", p.name as requester_name,
                  p.display_name as requester_display,
                  coalesce(p.owner_id, p.id) as "requester_person!: PrincipalId",
                  r.system_id as "system_id: SystemId", y.name as "system_name?",
                  r.service_id as "service_id: ServiceId", v.name as "service_name?",
                  r.environment_id as "environment_id: EnvironmentId", e.name as "environment_name?",
                  e.title as "environment_title?", coalesce(e.protected, false) as "protected!", e.colour as "colour?",
                  r.namespace_id as "namespace_id: NamespaceId", n.name as "namespace_name?",
                  r.vm_id as "vm_id: VmId", vm.name as "vm_name?", r.spec, r.spec_json, r.spec_hash,
                  r.copy_number, r.batch_size, r.batch_id as "batch_id: RequestId", r.revision, r.reason,
                  r.verdict, r.inputs, r.placement, r.cluster_id as "cluster_id: ClusterId", c.name as "cluster_name?",
                  r.automatic_rule,
                  (select o.id from operation o where o.cause_kind = 'request' and o.cause_id = r.id
                    order by o.number desc limit 1) as "operation_id: OperationId",
                  r.failure_code, r.failure_params, r.failure_text, r.sample, r.submitted_at, r.decided_at,
                  r.expires_at, r.closed_at, r.pending_then, r.version
             from request r
             join principal p on p.id = r.requester_id
             left join system y on y.id = r.system_id
             left join service v on v.id = r.service_id
             left join environment e on e.id = r.environment_id
             left join namespace n on n.id = r.namespace_id
             left join vm on vm.id = r.vm_id
             left join cluster c on c.id = r.cluster_id
            where r.id = $1"#,
        id.0,
    )
    .fetch_one(conn)
    .await?;
    Ok(row)
}

/// Locks a request for a decision or another change of state.
pub async fn lock(tx: &mut Tx, id: RequestId) -> Result<()> {
    sqlx::query!("select id from request where id = $1 for update", id.0).fetch_one(&mut **tx).await?;
    Ok(())
}

/// A request to write.
pub struct NewRequest<'a> {
    pub id: RequestId,
    pub operation: &'a str,
    pub state: &'a str,
    pub requester: PrincipalId,
    pub target: Target,
    pub vm: Option<VmId>,
    pub spec: &'a [u8],
    pub spec_version: i32,
    pub spec_json: &'a Value,
    pub spec_hash: &'a [u8],
    pub copy_number: i32,
    pub reason: &'a str,
    pub verdict: &'a Value,
    pub inputs: &'a Value,
    pub placement: &'a Value,
    pub cluster: Option<ClusterId>,
    pub automatic_rule: Option<&'a str>,
    pub sample: bool,
    pub expires_at: Option<DateTime<Utc>>,
}

/// Writes a request and returns its number. A twin violates one of the `request_duplicate_*` indexes.
pub async fn insert(tx: &mut Tx, new: &NewRequest<'_>) -> Result<i64> {
    let number = sqlx::query_scalar!(
        "insert into request (id, operation, state, requester_id, system_id, service_id, environment_id, namespace_id,
            vm_id, spec, spec_version, spec_json, spec_hash, copy_number, reason, verdict, inputs, placement, cluster_id,
            automatic_rule, sample, expires_at, target)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
         returning number",
        new.id.0,
        new.operation,
        new.state,
        new.requester.0,
        new.target.system().map(|id| id.0),
        new.target.service().map(|id| id.0),
        new.target.environment().map(|id| id.0),
        new.target.namespace().map(|id| id.0),
        new.vm.map(|id| id.0),
        new.spec,
        new.spec_version,
        new.spec_json,
        new.spec_hash,
        new.copy_number,
        new.reason,
        new.verdict,
        new.inputs,
        new.placement,
        new.cluster.map(|id| id.0),
        new.automatic_rule,
        new.sample,
        new.expires_at,
        new.target.as_str(),
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(number)
}

/// The open request that stands in the way of an equal one.
pub async fn open_twin(
    conn: &mut PgConnection,
    requester: PrincipalId,
    service: ServiceId,
    spec_hash: &[u8],
) -> Result<Option<(RequestId, i64)>> {
    let row = sqlx::query!(
        r#"select id as "id: RequestId", number from request
            where requester_id = $1 and service_id = $2 and spec_hash = $3 and operation = 'vm.create'
              and state in ('pending', 'changes_requested', 'approved', 'executing')
            order by number desc limit 1"#,
        requester.0,
        service.0,
        spec_hash,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| (row.id, row.number)))
}

/// The first copy number that no twin has. Whoever asks for another at the same time waits until this one is committed.
pub async fn next_copy(
    tx: &mut Tx,
    requester: PrincipalId,
    service: ServiceId,
    spec_hash: &[u8],
) -> Result<i32> {
    // A statement of its own: the next one sees what was committed while this one waited.
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended(concat($1::uuid, $2::uuid, encode($3, 'hex')), 0))",
        requester.0,
        service.0,
        spec_hash,
    )
    .execute(&mut **tx)
    .await?;
    let number = sqlx::query_scalar!(
        r#"select coalesce(max(copy_number) + 1, 0) as "next!" from request
            where requester_id = $1 and service_id = $2 and spec_hash = $3 and operation = 'vm.create'"#,
        requester.0,
        service.0,
        spec_hash,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(number)
}

/// The open request on a VM that stands in the way of another of the same operation.
pub async fn open_on_vm(
    conn: &mut PgConnection,
    vm: VmId,
    operation: &str,
) -> Result<Option<(RequestId, i64)>> {
    let row = sqlx::query!(
        r#"select id as "id: RequestId", number from request
            where vm_id = $1 and operation = $2 and state in ('pending', 'changes_requested', 'approved', 'executing')
            order by number desc limit 1"#,
        vm.0,
        operation,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| (row.id, row.number)))
}

/// A change of state, with all that goes with it. `None` leaves a column as it is, but for `failure`: why a request
/// once went back to its approvers is no news after they agreed again.
#[derive(Default)]
pub struct Move<'a> {
    pub state: &'a str,
    pub decided: bool,
    pub closed: bool,
    /// When it ends by itself from now on.
    pub expires_at: Option<DateTime<Utc>>,
    pub vm: Option<VmId>,
    pub cluster: Option<ClusterId>,
    pub failure: Option<&'a Reason>,
}

/// Moves a locked request to another state and returns its new version.
pub async fn advance(tx: &mut Tx, id: RequestId, to: &Move<'_>) -> Result<i64> {
    let params = to.failure.map(|f| Value::Object(f.params.clone()));
    let version = sqlx::query_scalar!(
        "update request set state = $2,
                decided_at = case when $3 then coalesce(decided_at, app_now()) else decided_at end,
                closed_at = case when $4 then app_now() else null end,
                vm_id = coalesce($5, vm_id), cluster_id = coalesce($6, cluster_id),
                failure_code = $7, failure_params = $8, failure_text = $9, expires_at = coalesce($10, expires_at),
                version = version + 1
          where id = $1 returning version",
        id.0,
        to.state,
        to.decided,
        to.closed,
        to.vm.map(|id| id.0),
        to.cluster.map(|id| id.0),
        to.failure.map(|f| f.code.as_ref()),
        params,
        to.failure.map(|f| f.text.as_str()),
        to.expires_at,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(version)
}

/// Puts an approved request back before its approvers, with why; a create loses the VM it was given.
pub async fn send_back(tx: &mut Tx, id: RequestId, why: &Reason) -> Result<i64> {
    let version = sqlx::query_scalar!(
        "update request set state = 'pending', decided_at = null, closed_at = null, failure_code = $2, failure_text = $3,
                failure_params = $4,
                vm_id = case when operation = 'vm.create' then null else vm_id end,
                expires_at = app_now() + make_interval(hours => pending_hours), version = version + 1
          where id = $1 returning version",
        id.0,
        why.code.as_ref(),
        why.text,
        Value::Object(why.params.clone()),
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(version)
}

/// Something that hangs on the request has changed, but not its state.
pub async fn touch(tx: &mut Tx, id: RequestId) -> Result<()> {
    sqlx::query!("update request set version = version + 1 where id = $1", id.0).execute(&mut **tx).await?;
    Ok(())
}

//! Batches: a request whose children are requests too, with one state each and no decisions of their own.
//!
//! How a batch stands is counted from its children each time, never kept. Locks are taken in the order VM, child, batch,
//! so that a child that ends, one that is called off and one that is tried again never wait for each other in a circle.

use chrono::{DateTime, Utc};
use serde_json::Value;
use shepherd_domain::batch::Counts;
use shepherd_domain::ids::{NamespaceId, OperationId, PrincipalId, RequestId, ServiceId, VmId};
use sqlx::PgConnection;

use crate::{Result, Tx};

/// A child to write. The rest it has from its batch.
pub struct NewChild<'a> {
    pub id: RequestId,
    /// 1 for the first.
    pub row: i32,
    pub label: &'a str,
    pub namespace: NamespaceId,
    pub vm: Option<VmId>,
    pub spec: &'a [u8],
    pub spec_hash: &'a [u8],
    /// What policies read of it.
    pub inputs: Value,
}

/// Makes a request a batch of so many.
pub async fn mark(tx: &mut Tx, id: RequestId, size: i32) -> Result<()> {
    sqlx::query!("update request set batch_size = $2 where id = $1", id.0, size).execute(&mut **tx).await?;
    Ok(())
}

/// Writes the children of a batch, in the order of their rows. A twin violates one of the `request_duplicate_*` indexes.
/// `verdict` is what stands where a request has its own judgement.
pub async fn insert_children(
    tx: &mut Tx,
    batch: RequestId,
    children: &[NewChild<'_>],
    copies_after: i32,
    verdict: &Value,
) -> Result<()> {
    let ids: Vec<_> = children.iter().map(|c| c.id.0).collect();
    let rows: Vec<_> = children.iter().map(|c| c.row).collect();
    let labels: Vec<_> = children.iter().map(|c| c.label.to_owned()).collect();
    let namespaces: Vec<_> = children.iter().map(|c| c.namespace.0).collect();
    let vms: Vec<_> = children.iter().map(|c| c.vm.map(|id| id.0)).collect();
    let specs: Vec<_> = children.iter().map(|c| c.spec.to_vec()).collect();
    let hashes: Vec<_> = children.iter().map(|c| c.spec_hash.to_vec()).collect();
    let inputs: Vec<_> = children.iter().map(|c| c.inputs.clone()).collect();
    sqlx::query!(
        "insert into request (id, operation, state, requester_id, system_id, service_id, environment_id, namespace_id,
            vm_id, spec, spec_version, spec_json, spec_hash, copy_number, reason, verdict, inputs, sample, batch_id,
            batch_row, batch_label)
         select c.id, b.operation, 'pending', b.requester_id, b.system_id, b.service_id, b.environment_id, c.namespace,
                c.vm, c.spec, b.spec_version, convert_from(c.spec, 'UTF8')::jsonb, c.hash, $9 + c.row, b.reason, $10,
                c.inputs, b.sample, b.id, c.row, c.label
           from request b,
                unnest($2::uuid[], $3::integer[], $4::text[], $5::uuid[], $6::uuid[], $7::bytea[], $8::bytea[], $11::jsonb[])
                    as c (id, row, label, namespace, vm, spec, hash, inputs)
          where b.id = $1
          order by c.row",
        batch.0,
        &ids,
        &rows,
        &labels,
        &namespaces,
        &vms as &[Option<uuid::Uuid>],
        &specs,
        &hashes,
        copies_after,
        verdict,
        &inputs,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// After which copy number those of a new batch begin, where equal requests are open. Whoever asks at the same time waits
/// until this one is committed.
pub async fn last_copy(tx: &mut Tx, requester: PrincipalId, service: ServiceId) -> Result<i32> {
    // A statement of its own: the next one sees what was committed while this one waited.
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended(concat('batch', $1::uuid, $2::uuid), 0))",
        requester.0,
        service.0,
    )
    .execute(&mut **tx)
    .await?;
    let last = sqlx::query_scalar!(
        r#"select coalesce(max(copy_number), 0) as "last!" from request
            where requester_id = $1 and service_id = $2 and operation = 'vm.create'
              and state in ('pending', 'changes_requested', 'approved', 'executing')"#,
        requester.0,
        service.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(last)
}

/// Of these VMs, those with an open request for the operation, and its number.
pub async fn open_on_vms(conn: &mut PgConnection, vms: &[VmId], operation: &str) -> Result<Vec<(VmId, i64)>> {
    let vms: Vec<_> = vms.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select vm_id as "vm!: VmId", max(number) as "number!" from request
            where vm_id = any($1) and operation = $2
              and state in ('pending', 'changes_requested', 'approved', 'executing')
            group by vm_id"#,
        &vms,
        operation,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.vm, row.number)).collect())
}

/// How the children of these batches stand.
pub async fn counts(conn: &mut PgConnection, ids: &[RequestId]) -> Result<Vec<(RequestId, Counts)>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select batch_id as "batch!: RequestId",
                  count(*) filter (where state in ('approved', 'executing')) as "running!",
                  count(*) filter (where state = 'succeeded') as "done!",
                  count(*) filter (where state in ('failed', 'expired')) as "failed!",
                  count(*) filter (where state in ('cancelled', 'rejected')) as "cancelled!",
                  count(*) as "total!"
             from request where batch_id = any($1) group by batch_id"#,
        &ids,
    )
    .fetch_all(conn)
    .await?;
    let counted = rows.into_iter().map(|row| {
        let waiting = row.total - row.running - row.done - row.failed - row.cancelled;
        let (running, done, failed, cancelled) = (row.running, row.done, row.failed, row.cancelled);
        (row.batch, Counts { waiting, running, done, failed, cancelled })
    });
    Ok(counted.collect())
}

/// One child for its batch's page.
#[derive(Clone, Debug)]
pub struct ChildRow {
    pub id: RequestId,
    pub number: i64,
    pub row: i32,
    pub label: String,
    pub operation: String,
    pub state: String,
    pub vm_id: Option<VmId>,
    pub vm_name: Option<String>,
    pub namespace_id: NamespaceId,
    pub namespace_name: String,
    pub spec_json: Value,
    pub spec_hash: Vec<u8>,
    pub failure_code: Option<String>,
    pub failure_params: Option<Value>,
    pub failure_text: Option<String>,
    pub operation_id: Option<OperationId>,
    pub tries: i32,
    pub closed_at: Option<DateTime<Utc>>,
    pub version: i64,
}

/// The children of a batch that the caller may see, in the order of their rows.
pub async fn children(
    conn: &mut PgConnection,
    batch: RequestId,
    state: Option<&str>,
    after: Option<i32>,
    limit: i64,
) -> Result<Vec<ChildRow>> {
    let rows = sqlx::query_as!(
        ChildRow,
        r#"select r.id as "id: RequestId", r.number, r.batch_row as "row!", r.batch_label as "label!", r.operation, r.state,
                  r.vm_id as "vm_id: VmId", vm.name as "vm_name?", r.namespace_id as "namespace_id!: NamespaceId",
                  n.name as namespace_name, r.spec_json, r.spec_hash, r.failure_code, r.failure_params, r.failure_text,
                  (select o.id from operation o where o.cause_kind = 'request' and o.cause_id = r.id
                    order by o.number desc limit 1) as "operation_id: OperationId",
                  r.batch_tries as tries, r.closed_at, r.version
             from request r join namespace n on n.id = r.namespace_id left join vm on vm.id = r.vm_id
            where r.batch_id = $1 and ($2::text is null or r.state = $2) and ($3::integer is null or r.batch_row > $3)
            order by r.batch_row limit $4"#,
        batch.0,
        state,
        after,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// What the hash of a batch covers, in order.
pub async fn hashes(conn: &mut PgConnection, batch: RequestId) -> Result<Vec<(String, Vec<u8>)>> {
    let rows = sqlx::query!(
        r#"select batch_label as "label!", spec_hash from request where batch_id = $1 order by batch_row"#,
        batch.0,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.label, row.spec_hash)).collect())
}

/// The specs of a few children that differ in what a cluster would look at.
pub async fn samples(conn: &mut PgConnection, batch: RequestId, limit: i64) -> Result<Vec<Vec<u8>>> {
    let specs = sqlx::query_scalar!(
        r#"select spec as "spec!" from (
             select distinct on (namespace_id, spec_json->>'template_version_id', spec_json->>'size_version_id')
                    spec, batch_row
               from request where batch_id = $1
              order by namespace_id, spec_json->>'template_version_id', spec_json->>'size_version_id', batch_row) kinds
            order by batch_row limit $2"#,
        batch.0,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(specs)
}

/// Locks the batch that a request is part of, if it is.
pub async fn lock_of(tx: &mut Tx, child: RequestId) -> Result<Option<RequestId>> {
    let id = sqlx::query_scalar!(
        r#"select id as "id: RequestId" from request where id = (select batch_id from request where id = $1) for update"#,
        child.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(id)
}

/// Ends the children whose turn has not come, and gives back what they have reserved. Returns how many.
pub async fn end_waiting(tx: &mut Tx, batch: RequestId, state: &str) -> Result<usize> {
    let ended = sqlx::query_scalar!(
        r#"update request set state = $2, closed_at = app_now(), version = version + 1
            where batch_id = $1 and state = 'pending' returning id"#,
        batch.0,
        state,
    )
    .fetch_all(&mut **tx)
    .await?;
    sqlx::query!(
        "update quota_ledger set state = 'released', changed_at = app_now()
          where request_id = any($1) and state <> 'released'",
        &ended,
    )
    .execute(&mut **tx)
    .await?;
    Ok(ended.len())
}

/// Puts the failed children of a batch back in line, and returns those that have to reserve again. A VM that was made and
/// failed is worked on further; one that is gone is made anew.
pub async fn retry(tx: &mut Tx, batch: RequestId) -> Result<(usize, Vec<RequestId>)> {
    let rows = sqlx::query!(
        r#"with failed as (
             select r.id, r.operation = 'vm.create' and coalesce(m.state, 'deleted') <> 'failed' as anew
               from request r left join vm m on m.id = r.vm_id
              where r.batch_id = $1 and r.state in ('failed', 'expired') order by r.id for update of r)
           update request r
              set state = 'pending', closed_at = null, failure_code = null, failure_params = null, failure_text = null,
                  vm_id = case when f.anew then null else r.vm_id end, version = r.version + 1
             from failed f where r.id = f.id returning r.id as "id: RequestId", f.anew as "anew!""#,
        batch.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok((rows.len(), rows.into_iter().filter(|row| row.anew).map(|row| row.id).collect()))
}

//! What a probe found of a cluster, and what waits for it.

use chrono::{DateTime, Utc};
use serde_json::Value;
use shepherd_domain::ids::{ClusterId, VmId};
use shepherd_domain::placement::Layout;
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::Result;

/// The last probe, in the shape the prober keeps it in.
#[derive(Clone, Debug)]
pub struct ProbedRow {
    pub capability: Option<Value>,
    pub layout: Option<Json<Layout>>,
    pub probed_at: Option<DateTime<Utc>>,
}

/// The last probe of a cluster.
pub async fn probed(conn: &mut PgConnection, id: ClusterId) -> Result<ProbedRow> {
    let row = sqlx::query_as!(
        ProbedRow,
        r#"select capability, layout as "layout: Json<Layout>", probed_at from cluster_status where cluster_id = $1"#,
        id.0,
    )
    .fetch_one(conn)
    .await?;
    Ok(row)
}

/// An operation that is not over.
#[derive(Clone, Debug)]
pub struct WaitingRow {
    pub number: i64,
    pub operation: String,
    pub state: String,
    pub vm_id: VmId,
    pub vm_name: String,
    pub request_number: Option<i64>,
    pub created_at: DateTime<Utc>,
    pub not_after: DateTime<Utc>,
    /// How many there are in all.
    pub total: i64,
}

/// Operations on VMs of a cluster that are not over, the oldest fifty.
pub async fn waiting(conn: &mut PgConnection, id: ClusterId) -> Result<Vec<WaitingRow>> {
    let rows = sqlx::query_as!(
        WaitingRow,
        r#"select o.number, o.operation, o.state, vm.id as "vm_id: VmId", vm.name as vm_name,
                  r.number as "request_number?", o.created_at, o.not_after, count(*) over () as "total!"
             from operation o
             join vm on vm.id = o.vm_id and vm.cluster_id = $1
             left join request r on o.cause_kind = 'request' and r.id = o.cause_id
            where o.state in ('queued', 'running', 'waiting')
            order by o.number
            limit 50"#,
        id.0,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// A governed VM that another program than Shepherd has written.
#[derive(Clone, Debug)]
pub struct OutsideRow {
    pub vm_id: VmId,
    pub vm_name: String,
    pub writers: Json<Vec<String>>,
}

/// Governed VMs of a cluster whose spec names another writer than ours, by name, at most fifty.
pub async fn outside(conn: &mut PgConnection, id: ClusterId) -> Result<Vec<OutsideRow>> {
    let rows = sqlx::query_as!(
        OutsideRow,
        r#"select vm.id as "vm_id: VmId", vm.name as vm_name, (i.writers - 'shepherd') as "writers!: Json<Vec<String>>"
             from inventory_vm i
             join vm on vm.id = i.vm_id
            where i.cluster_id = $1 and i.writers - 'shepherd' <> '[]'
            order by vm.name
            limit 50"#,
        id.0,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

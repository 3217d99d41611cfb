//! VMs that clusters have and Shepherd does not govern, with what they tell of their owners.
//!
//! Read from the inventory, never from a cluster while somebody waits. Rights are those of clusters: who may read a
//! cluster sees what is on it.

use chrono::{DateTime, Utc};
use shepherd_contract::types::{ClusterRef, OwnerHint, PowerState, UnmanagedVm, UnmanagedVmPage};
use shepherd_domain::authz::{self, Permission, Platform};
use shepherd_domain::ids::{ClusterId, EnvironmentId};
use shepherd_domain::owner::Hint;
use shepherd_store::unmanaged::{self as store, UnmanagedFilter, UnmanagedRow};

use crate::page::Ask;
use crate::requests::environment_ref;
use crate::{App, Cx, Result};

/// Which of them.
#[derive(Default)]
pub struct ListUnmanaged<'a> {
    pub search: Option<&'a str>,
    pub cluster: Option<ClusterId>,
    pub environment: Option<EnvironmentId>,
    pub namespace: Option<&'a str>,
    pub power: Option<PowerState>,
    pub born_before: Option<DateTime<Utc>>,
    pub cursor: Option<&'a str>,
    pub limit: Option<i32>,
}

impl App {
    /// By cluster, namespace and name.
    pub async fn list_unmanaged_vms(&self, cx: &Cx, ask: ListUnmanaged<'_>) -> Result<UnmanagedVmPage> {
        self.authorize::<authz::ReadCluster, _>(cx, Platform).await?;
        let page: Ask<(String, String, String)> = Ask::new("unmanaged_vms", ask.cursor, ask.limit)?;
        let filter = UnmanagedFilter {
            visible: &cx.grants.visible(Permission::ClusterRead),
            cluster: ask.cluster,
            environment: ask.environment,
            namespace: ask.namespace,
            power: ask.power.map(|power| power.as_str()),
            born_before: ask.born_before,
            search: ask.search,
            after: page.after.as_ref(),
            limit: page.fetch(),
        };
        let rows = store::list(&mut *self.db.acquire().await?, &filter).await?;
        let key = |row: &UnmanagedRow| (row.cluster_name.clone(), row.namespace.clone(), row.name.clone());
        let (rows, next_cursor) = page.cut("unmanaged_vms", rows, key)?;
        Ok(UnmanagedVmPage { items: rows.into_iter().map(shown).collect(), next_cursor })
    }
}

fn shown(row: UnmanagedRow) -> UnmanagedVm {
    UnmanagedVm {
        cluster: ClusterRef { id: row.cluster_id, name: row.cluster_name },
        environment: environment_ref(
            row.environment_id,
            &row.environment_name,
            &row.environment_title,
            row.protected,
            &row.colour,
        ),
        namespace: row.namespace,
        name: row.name,
        uid: row.uid,
        power: row.power.parse().unwrap_or(PowerState::Unknown),
        reason: row.reason,
        milli_vcpu: row.milli_vcpu,
        memory_bytes: row.memory_bytes,
        disk_count: row.disk_count,
        disk_bytes: row.disk_bytes,
        node: row.node,
        address: row.address,
        hints: row.hints.0.into_iter().filter_map(hint).collect(),
        writers: row.writers.0,
        born_at: row.born_at,
        observed_at: row.observed_at,
        stale: row.stale,
    }
}

fn hint(hint: Hint) -> Option<OwnerHint> {
    Some(OwnerHint { source: hint.source.as_str().parse().ok()?, key: hint.key, value: hint.value })
}

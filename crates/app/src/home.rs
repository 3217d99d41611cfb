//! The first page: what waits for me, what I wait for, what is broken.

use shepherd_contract::types::{ClusterHealth, ClusterNote, ClusterRef, Home, RequestSummary, Version};
use shepherd_domain::authz::Permission;
use shepherd_domain::ids::RequestId;
use shepherd_store::clusters::{self, ClusterFilter, ClusterRow};
use shepherd_store::request_lists::{self, RequestFilter};
use shepherd_store::vm_lists::{self, VmFilter};
use shepherd_store::{Conn, home};

use crate::requests::{ListRequests, request_summary};
use crate::vms::vm_summary;
use crate::{App, Cx, Result};

/// Rows of each list.
const ROWS: i64 = 10;

impl App {
    /// The version of this server.
    pub fn version(&self) -> Version {
        Version {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            api: "v1".to_owned(),
            sample: self.settings.sample,
        }
    }

    /// What concerns the caller now.
    pub async fn home(&self, cx: &Cx) -> Result<Home> {
        let ask = ListRequests { mine: true, limit: Some(10), ..ListRequests::default() };
        let mine = self.list_requests(cx, ask).await?.items;
        let mut conn = self.db.acquire().await?;
        let row = home::get(&mut conn, cx.actor.id, &cx.grants.words()).await?;
        let waiting = waiting(&mut conn, cx, &row.oldest).await?;
        let sight = cx.grants.visible(Permission::VmRead);
        let filter = VmFilter { broken: true, ..VmFilter::all(&sight, ROWS) };
        let broken = vm_lists::list(&mut conn, &filter).await?.into_iter().map(vm_summary).collect();
        let clusters = unwell(&mut conn, cx).await?;
        Ok(Home { waiting_for_me: row.waiting_for_me, my_open: row.my_open, waiting, mine, broken, clusters })
    }
}

/// The requests of these ids, oldest first.
async fn waiting(conn: &mut Conn, cx: &Cx, ids: &[RequestId]) -> Result<Vec<RequestSummary>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let visible = cx.grants.visible(Permission::RequestApprove);
    let filter = RequestFilter {
        visible: &visible,
        ids: Some(ids),
        me: cx.actor.id,
        mine: false,
        requester: None,
        waiting_for_me: true,
        words: &cx.grants.words(),
        open: None,
        state: None,
        operation: None,
        system: None,
        service: None,
        vm: None,
        environment: None,
        search: None,
        batches: false,
        before: None,
        limit: ROWS,
    };
    let rows = request_lists::list(conn, &filter).await?;
    rows.into_iter().rev().map(|row| request_summary(cx, row)).collect()
}

/// Clusters that are not well, for those who may read clusters.
async fn unwell(conn: &mut Conn, cx: &Cx) -> Result<Vec<ClusterNote>> {
    let visible = cx.grants.visible(Permission::ClusterRead);
    if !visible.any_environment() {
        return Ok(Vec::new());
    }
    let filter = ClusterFilter {
        visible: &visible,
        id: None,
        environment: None,
        search: None,
        unwell: true,
        after: None,
        limit: ROWS,
    };
    let note = |row: ClusterRow| ClusterNote {
        cluster: ClusterRef { id: row.id, name: row.name },
        health: row.health.parse().unwrap_or(ClusterHealth::Unknown),
        message: row.message,
        observed_at: row.observed_at,
    };
    Ok(clusters::list(conn, &filter).await?.into_iter().map(note).collect())
}

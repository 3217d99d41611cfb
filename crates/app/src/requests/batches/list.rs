//! Batches as the contract shows them.

use std::collections::HashMap;

use shepherd_contract::types::{
    Batch, BatchChild, BatchChildPage, BatchCounts, BatchMay, BatchPage, BatchSummary, NamespaceRef, Reason,
    RequestState, VmRef,
};
use shepherd_domain::batch::Counts;
use shepherd_domain::ids::RequestId;
use shepherd_store::batches::{self as store, ChildRow};
use shepherd_store::{Conn, clock};

use super::super::edit::may_change;
use super::super::list::ListRequests;
use super::super::view::{Whole, object, reason, size_summary};
use super::again::still_approved;
use crate::page::Ask;
use crate::{App, Cx, Error, Result};

/// Which batches.
#[derive(Default)]
pub struct ListBatches<'a> {
    pub mine: bool,
    pub open: Option<bool>,
    pub cursor: Option<&'a str>,
    pub limit: Option<i32>,
}

impl App {
    /// The batches the caller may see, newest first, each with how it stands.
    pub async fn list_batches(&self, cx: &Cx, ask: ListBatches<'_>) -> Result<BatchPage> {
        let ask = ListRequests {
            mine: ask.mine,
            open: ask.open,
            batches: true,
            cursor: ask.cursor,
            limit: ask.limit,
            ..ListRequests::default()
        };
        let page = self.list_requests(cx, ask).await?;
        let ids: Vec<RequestId> = page.items.iter().map(|request| request.id).collect();
        let counts = store::counts(&mut *self.db.acquire().await?, &ids).await?;
        let counts: HashMap<RequestId, Counts> = counts.into_iter().collect();
        let items = page.items.into_iter().map(|request| BatchSummary {
            size: request.batch_size.unwrap_or_default(),
            counts: counted(counts.get(&request.id).copied().unwrap_or_default()),
            request,
        });
        Ok(BatchPage { items: items.collect(), next_cursor: page.next_cursor })
    }

    /// One batch.
    pub async fn get_batch(&self, cx: &Cx, id: RequestId) -> Result<Batch> {
        let whole = self.readable_batch(cx, id).await?;
        self.show_batch(cx, &mut *self.db.acquire().await?, whole).await
    }

    /// Its children, in the order of their rows.
    pub async fn list_batch_children(
        &self,
        cx: &Cx,
        id: RequestId,
        state: Option<RequestState>,
        cursor: Option<&str>,
        limit: Option<i32>,
    ) -> Result<BatchChildPage> {
        let page: Ask<i32> = Ask::new("batch_children", cursor, limit)?;
        self.readable_batch(cx, id).await?;
        let state = state.map(RequestState::as_str);
        let rows =
            store::children(&mut *self.db.acquire().await?, id, state, page.after, page.fetch()).await?;
        let (rows, next_cursor) = page.cut("batch_children", rows, |row| row.row)?;
        Ok(BatchChildPage { items: rows.into_iter().map(child).collect(), next_cursor })
    }

    /// A request the caller may see, if it is a batch.
    pub(super) async fn readable_batch(&self, cx: &Cx, id: RequestId) -> Result<Whole> {
        let whole = self.readable(cx, id).await?;
        match whole.row.batch_size {
            Some(_) => Ok(whole),
            None => Err(Error::NotFound),
        }
    }

    pub(super) async fn show_batch(&self, cx: &Cx, conn: &mut Conn, whole: Whole) -> Result<Batch> {
        let counts = store::counts(conn, &[whole.row.id]).await?;
        let counts = counts.into_iter().next().map(|(_, counts)| counts).unwrap_or_default();
        let mine = may_change(cx, &whole) || whole.row.requester_id == cx.actor.id;
        let may = BatchMay {
            retry: mine && counts.failed > 0 && still_approved(&whole, clock::now(conn).await?),
            cancel: mine && counts.waiting > 0,
        };
        let (size, version) = (whole.row.batch_size.unwrap_or_default(), whole.row.version);
        let request = self.show_request(cx, conn, whole).await?;
        Ok(Batch { request, size, counts: counted(counts), may, version })
    }
}

fn counted(counts: Counts) -> BatchCounts {
    let Counts { waiting, running, done, failed, cancelled } = counts;
    BatchCounts { waiting, running, done, failed, cancelled }
}

fn child(row: ChildRow) -> BatchChild {
    BatchChild {
        id: row.id,
        number: row.number,
        row: row.row,
        name: row.label,
        state: row.state.parse().unwrap_or(RequestState::Unknown),
        vm: row.vm_id.zip(row.vm_name).map(|(id, name)| VmRef { id, name }),
        namespace: NamespaceRef { id: row.namespace_id, name: row.namespace_name },
        summary: reason(size_summary(&row.operation, &row.spec_json)),
        spec_hash: hex::encode(row.spec_hash),
        failure: row.failure_code.map(|code| Reason {
            code,
            params: object(row.failure_params.unwrap_or_default()),
            text: row.failure_text.unwrap_or_default(),
        }),
        operation_id: row.operation_id,
        tries: row.tries,
        closed_at: row.closed_at,
        version: row.version,
    }
}

//! Batches over HTTP.

use shepherd_app::Cx;
use shepherd_app::requests::ListBatches;
use shepherd_contract::server::batches::BatchesApi;
use shepherd_contract::types::{
    Batch, BatchChildPage, BatchPage, BatchPreflight, DeleteVms, ListBatchChildrenQuery, ListBatchesQuery,
    PowerVms, RequestVms,
};
use shepherd_domain::ids::RequestId;

use crate::Server;
use crate::problems::Fault;

impl BatchesApi for Server {
    async fn list_batches(&self, cx: Cx, query: ListBatchesQuery) -> Result<BatchPage, Fault> {
        let ask = ListBatches {
            mine: query.mine.unwrap_or(false),
            open: query.open,
            cursor: query.cursor.as_deref(),
            limit: query.limit,
        };
        Ok(self.app.list_batches(&cx, ask).await?)
    }

    async fn request_vms(&self, cx: Cx, body: RequestVms) -> Result<Batch, Fault> {
        Ok(self.app.request_vms(&cx, body).await?)
    }

    async fn preflight_vms(&self, cx: Cx, body: RequestVms) -> Result<BatchPreflight, Fault> {
        Ok(self.app.preflight_vms(&cx, body).await?)
    }

    async fn power_vms(&self, cx: Cx, body: PowerVms) -> Result<Batch, Fault> {
        Ok(self.app.power_vms(&cx, body).await?)
    }

    async fn delete_vms(&self, cx: Cx, body: DeleteVms) -> Result<Batch, Fault> {
        Ok(self.app.delete_vms(&cx, body).await?)
    }

    async fn get_batch(&self, cx: Cx, id: RequestId) -> Result<Batch, Fault> {
        Ok(self.app.get_batch(&cx, id).await?)
    }

    async fn list_batch_children(
        &self,
        cx: Cx,
        id: RequestId,
        query: ListBatchChildrenQuery,
    ) -> Result<BatchChildPage, Fault> {
        let cursor = query.cursor.as_deref();
        Ok(self.app.list_batch_children(&cx, id, query.state, cursor, query.limit).await?)
    }

    async fn retry_batch(&self, cx: Cx, id: RequestId) -> Result<Batch, Fault> {
        Ok(self.app.retry_batch(&cx, id).await?)
    }

    async fn cancel_batch(&self, cx: Cx, id: RequestId) -> Result<Batch, Fault> {
        Ok(self.app.cancel_batch(&cx, id).await?)
    }
}

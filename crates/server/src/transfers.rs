//! Systems that need a new owner, over HTTP.

use shepherd_app::Cx;
use shepherd_app::transfers::ListTransfers;
use shepherd_contract::server::transfers::TransfersApi;
use shepherd_contract::types::{ListTransfersQuery, ResolveTransfer, Transfer, TransferPage};
use shepherd_domain::ids::TransferId;

use crate::Server;
use crate::problems::Fault;

impl TransfersApi for Server {
    async fn list_transfers(&self, cx: Cx, query: ListTransfersQuery) -> Result<TransferPage, Fault> {
        let ask = ListTransfers { open: query.open, cursor: query.cursor.as_deref(), limit: query.limit };
        Ok(self.app.list_transfers(&cx, ask).await?)
    }

    async fn resolve_transfer(
        &self,
        cx: Cx,
        id: TransferId,
        body: ResolveTransfer,
    ) -> Result<Transfer, Fault> {
        Ok(self.app.resolve_transfer(&cx, id, body).await?)
    }
}

//! Sizes over HTTP.

use shepherd_app::Cx;
use shepherd_app::sizes::ListSizes;
use shepherd_contract::runtime::server::IfMatch;
use shepherd_contract::server::sizes::SizesApi;
use shepherd_contract::types::{
    CreateSize, ListSizesQuery, SetCatalogueState, Size, SizeContent, SizePage, UpdateSize,
};
use shepherd_domain::ids::{SizeId, SizeVersionId};

use crate::Server;
use crate::problems::Fault;

impl SizesApi for Server {
    async fn list_sizes(&self, cx: Cx, query: ListSizesQuery) -> Result<SizePage, Fault> {
        let ask = ListSizes {
            environment: query.environment_id,
            search: query.q.as_deref(),
            cursor: query.cursor.as_deref(),
            limit: query.limit,
        };
        Ok(self.app.list_sizes(&cx, ask).await?)
    }

    async fn create_size(&self, cx: Cx, body: CreateSize) -> Result<Size, Fault> {
        Ok(self.app.create_size(&cx, body).await?)
    }

    async fn get_size(&self, cx: Cx, id: SizeId) -> Result<Size, Fault> {
        Ok(self.app.get_size(&cx, id).await?)
    }

    async fn update_size(
        &self,
        cx: Cx,
        id: SizeId,
        version: IfMatch,
        body: UpdateSize,
    ) -> Result<Size, Fault> {
        Ok(self.app.update_size(&cx, id, version.0, body).await?)
    }

    async fn add_size_version(&self, cx: Cx, id: SizeId, body: SizeContent) -> Result<Size, Fault> {
        Ok(self.app.add_size_version(&cx, id, body).await?)
    }

    async fn set_size_version_state(
        &self,
        cx: Cx,
        id: SizeVersionId,
        body: SetCatalogueState,
    ) -> Result<Size, Fault> {
        Ok(self.app.set_size_version_state(&cx, id, body).await?)
    }
}

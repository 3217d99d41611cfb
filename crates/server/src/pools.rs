//! Pools over HTTP.

use shepherd_app::Cx;
use shepherd_app::pools::ListPools;
use shepherd_contract::server::pools::PoolsApi;
use shepherd_contract::types::{
    ChangePool, DeletePool, ListPoolActsQuery, ListPoolsQuery, Pool, PoolActPage, PoolMembers, PoolPage,
    PoolPlan, Request, RequestPool, ScalePool,
};
use shepherd_domain::ids::PoolId;

use crate::Server;
use crate::problems::Fault;

impl PoolsApi for Server {
    async fn list_pools(&self, cx: Cx, query: ListPoolsQuery) -> Result<PoolPage, Fault> {
        let ask = ListPools {
            search: query.q.as_deref(),
            service: query.service_id,
            environment: query.environment_id,
            attention: query.attention.unwrap_or(false),
            cursor: query.cursor.as_deref(),
            limit: query.limit,
        };
        Ok(self.app.list_pools(&cx, ask).await?)
    }

    async fn request_pool(&self, cx: Cx, body: RequestPool) -> Result<Request, Fault> {
        Ok(self.app.request_pool(&cx, body).await?)
    }

    async fn get_pool(&self, cx: Cx, id: PoolId) -> Result<Pool, Fault> {
        Ok(self.app.get_pool(&cx, id).await?)
    }

    async fn plan_pool(&self, cx: Cx, id: PoolId) -> Result<PoolPlan, Fault> {
        Ok(self.app.plan_pool(&cx, id).await?)
    }

    async fn list_pool_members(&self, cx: Cx, id: PoolId) -> Result<PoolMembers, Fault> {
        Ok(self.app.list_pool_members(&cx, id).await?)
    }

    async fn list_pool_acts(
        &self,
        cx: Cx,
        id: PoolId,
        query: ListPoolActsQuery,
    ) -> Result<PoolActPage, Fault> {
        Ok(self.app.list_pool_acts(&cx, id, query.cursor.as_deref(), query.limit).await?)
    }

    async fn change_pool(&self, cx: Cx, id: PoolId, body: ChangePool) -> Result<Request, Fault> {
        Ok(self.app.change_pool(&cx, id, body).await?)
    }

    async fn delete_pool(&self, cx: Cx, id: PoolId, body: DeletePool) -> Result<Request, Fault> {
        Ok(self.app.delete_pool(&cx, id, body).await?)
    }

    async fn scale_pool(&self, cx: Cx, id: PoolId, body: ScalePool) -> Result<Pool, Fault> {
        Ok(self.app.scale_pool(&cx, id, body).await?)
    }

    async fn pause_pool(&self, cx: Cx, id: PoolId) -> Result<Pool, Fault> {
        Ok(self.app.pause_pool(&cx, id).await?)
    }

    async fn resume_pool(&self, cx: Cx, id: PoolId) -> Result<Pool, Fault> {
        Ok(self.app.resume_pool(&cx, id).await?)
    }
}

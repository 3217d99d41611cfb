//! Rollouts of pools over HTTP.

use shepherd_app::Cx;
use shepherd_contract::server::rollouts::RolloutsApi;
use shepherd_contract::types::Pool;
use shepherd_domain::ids::PoolId;

use crate::Server;
use crate::problems::Fault;

impl RolloutsApi for Server {
    async fn pause_pool_rollout(&self, cx: Cx, id: PoolId) -> Result<Pool, Fault> {
        Ok(self.app.pause_pool_rollout(&cx, id).await?)
    }

    async fn resume_pool_rollout(&self, cx: Cx, id: PoolId) -> Result<Pool, Fault> {
        Ok(self.app.resume_pool_rollout(&cx, id).await?)
    }

    async fn roll_back_pool(&self, cx: Cx, id: PoolId) -> Result<Pool, Fault> {
        Ok(self.app.roll_back_pool(&cx, id).await?)
    }
}

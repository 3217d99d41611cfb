//! Clusters over HTTP.

use shepherd_app::Cx;
use shepherd_app::clusters::ListClusters;
use shepherd_contract::runtime::server::IfMatch;
use shepherd_contract::server::clusters::ClustersApi;
use shepherd_contract::types::{
    CheckCluster, Cluster, ClusterCheck, ClusterPage, ListClustersQuery, RegisterCluster, RotateCluster,
    UpdateCluster,
};
use shepherd_domain::ids::ClusterId;

use crate::Server;
use crate::problems::Fault;

impl ClustersApi for Server {
    async fn list_clusters(&self, cx: Cx, query: ListClustersQuery) -> Result<ClusterPage, Fault> {
        let ask = ListClusters {
            environment: query.environment_id,
            search: query.q.as_deref(),
            cursor: query.cursor.as_deref(),
            limit: query.limit,
        };
        Ok(self.app.list_clusters(&cx, ask).await?)
    }

    async fn register_cluster(&self, cx: Cx, body: RegisterCluster) -> Result<Cluster, Fault> {
        Ok(self.app.register_cluster(&cx, body).await?)
    }

    async fn check_cluster(&self, cx: Cx, body: CheckCluster) -> Result<ClusterCheck, Fault> {
        Ok(self.app.check_cluster(&cx, body).await?)
    }

    async fn get_cluster(&self, cx: Cx, id: ClusterId) -> Result<Cluster, Fault> {
        Ok(self.app.get_cluster(&cx, id).await?)
    }

    async fn update_cluster(
        &self,
        cx: Cx,
        id: ClusterId,
        version: IfMatch,
        body: UpdateCluster,
    ) -> Result<Cluster, Fault> {
        Ok(self.app.update_cluster(&cx, id, version.0, body).await?)
    }

    async fn rotate_cluster(&self, cx: Cx, id: ClusterId, body: RotateCluster) -> Result<Cluster, Fault> {
        Ok(self.app.rotate_cluster(&cx, id, body).await?)
    }

    async fn remove_cluster(&self, cx: Cx, id: ClusterId) -> Result<(), Fault> {
        Ok(self.app.remove_cluster(&cx, id).await?)
    }
}

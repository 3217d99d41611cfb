//! What clusters can do, over HTTP.

use shepherd_app::Cx;
use shepherd_contract::server::capability::CapabilityApi;
use shepherd_contract::types::{ClusterCapability, ClusterManifest, ClusterWork, GetClusterManifestQuery};
use shepherd_domain::ids::ClusterId;

use crate::Server;
use crate::problems::Fault;

impl CapabilityApi for Server {
    async fn get_cluster_manifest(
        &self,
        cx: Cx,
        query: GetClusterManifestQuery,
    ) -> Result<ClusterManifest, Fault> {
        Ok(self.app.cluster_manifest(&cx, query.mode, query.namespaces.as_deref()).await?)
    }

    async fn get_cluster_capability(&self, cx: Cx, id: ClusterId) -> Result<ClusterCapability, Fault> {
        Ok(self.app.cluster_capability(&cx, id).await?)
    }

    async fn probe_cluster(&self, cx: Cx, id: ClusterId) -> Result<ClusterCapability, Fault> {
        Ok(self.app.probe_now(&cx, id).await?)
    }

    async fn get_cluster_work(&self, cx: Cx, id: ClusterId) -> Result<ClusterWork, Fault> {
        Ok(self.app.cluster_work(&cx, id).await?)
    }
}

//! Networks over HTTP.

use shepherd_app::Cx;
use shepherd_app::networks::ListNetworks;
use shepherd_contract::runtime::server::IfMatch;
use shepherd_contract::server::networks::NetworksApi;
use shepherd_contract::types::{CreateNetwork, ListNetworksQuery, Network, NetworkPage, UpdateNetwork};
use shepherd_domain::ids::NetworkId;

use crate::Server;
use crate::problems::Fault;

impl NetworksApi for Server {
    async fn list_networks(&self, cx: Cx, query: ListNetworksQuery) -> Result<NetworkPage, Fault> {
        let ask = ListNetworks {
            environment: query.environment_id,
            search: query.q.as_deref(),
            cursor: query.cursor.as_deref(),
            limit: query.limit,
        };
        Ok(self.app.list_networks(&cx, ask).await?)
    }

    async fn create_network(&self, cx: Cx, body: CreateNetwork) -> Result<Network, Fault> {
        Ok(self.app.create_network(&cx, body).await?)
    }

    async fn get_network(&self, cx: Cx, id: NetworkId) -> Result<Network, Fault> {
        Ok(self.app.get_network(&cx, id).await?)
    }

    async fn update_network(
        &self,
        cx: Cx,
        id: NetworkId,
        version: IfMatch,
        body: UpdateNetwork,
    ) -> Result<Network, Fault> {
        Ok(self.app.update_network(&cx, id, version.0, body).await?)
    }
}

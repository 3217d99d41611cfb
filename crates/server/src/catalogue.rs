//! Environments and namespaces over HTTP.

use shepherd_app::Cx;
use shepherd_app::namespaces::ListNamespaces;
use shepherd_contract::server::catalogue::CatalogueApi;
use shepherd_contract::types::{
    CreateEnvironment, CreateNamespace, Environment, EnvironmentList, GetPlacementChoicesQuery,
    ListNamespacesQuery, Namespace, NamespacePage, PlacementChoices,
};
use shepherd_domain::ids::NamespaceId;

use crate::Server;
use crate::problems::Fault;

impl CatalogueApi for Server {
    async fn list_environments(&self, cx: Cx) -> Result<EnvironmentList, Fault> {
        Ok(self.app.list_environments(&cx).await?)
    }

    async fn create_environment(&self, cx: Cx, body: CreateEnvironment) -> Result<Environment, Fault> {
        Ok(self.app.create_environment(&cx, body).await?)
    }

    async fn list_namespaces(&self, cx: Cx, query: ListNamespacesQuery) -> Result<NamespacePage, Fault> {
        let ask = ListNamespaces {
            environment: query.environment_id,
            system: query.system_id,
            search: query.q.as_deref(),
            cursor: query.cursor.as_deref(),
            limit: query.limit,
        };
        Ok(self.app.list_namespaces(&cx, ask).await?)
    }

    async fn create_namespace(&self, cx: Cx, body: CreateNamespace) -> Result<Namespace, Fault> {
        Ok(self.app.create_namespace(&cx, body).await?)
    }

    async fn get_placement_choices(
        &self,
        cx: Cx,
        query: GetPlacementChoicesQuery,
    ) -> Result<PlacementChoices, Fault> {
        Ok(self.app.placement_choices(&cx, query.environment_id).await?)
    }

    async fn delete_namespace(&self, cx: Cx, id: NamespaceId) -> Result<(), Fault> {
        Ok(self.app.delete_namespace(&cx, id).await?)
    }
}

//! Environments, namespaces, templates and sizes over HTTP.

use shepherd_app::Cx;
use shepherd_app::namespaces::ListNamespaces;
use shepherd_app::sizes::ListSizes;
use shepherd_app::templates::ListTemplates;
use shepherd_contract::server::catalogue::CatalogueApi;
use shepherd_contract::types::{
    CreateEnvironment, CreateNamespace, CreateSize, CreateTemplate, Environment, EnvironmentList,
    ListNamespacesQuery, ListSizesQuery, ListTemplatesQuery, Namespace, NamespacePage, SetCatalogueState,
    Size, SizeContent, SizePage, Template, TemplateContent, TemplatePage,
};
use shepherd_domain::ids::{NamespaceId, SizeId, SizeVersionId, TemplateId, TemplateVersionId};

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

    async fn delete_namespace(&self, cx: Cx, id: NamespaceId) -> Result<(), Fault> {
        Ok(self.app.delete_namespace(&cx, id).await?)
    }

    async fn list_templates(&self, cx: Cx, query: ListTemplatesQuery) -> Result<TemplatePage, Fault> {
        let ask =
            ListTemplates { search: query.q.as_deref(), cursor: query.cursor.as_deref(), limit: query.limit };
        Ok(self.app.list_templates(&cx, ask).await?)
    }

    async fn create_template(&self, cx: Cx, body: CreateTemplate) -> Result<Template, Fault> {
        Ok(self.app.create_template(&cx, body).await?)
    }

    async fn get_template(&self, cx: Cx, id: TemplateId) -> Result<Template, Fault> {
        Ok(self.app.get_template(&cx, id).await?)
    }

    async fn add_template_version(
        &self,
        cx: Cx,
        id: TemplateId,
        body: TemplateContent,
    ) -> Result<Template, Fault> {
        Ok(self.app.add_template_version(&cx, id, body).await?)
    }

    async fn list_sizes(&self, cx: Cx, query: ListSizesQuery) -> Result<SizePage, Fault> {
        let ask =
            ListSizes { search: query.q.as_deref(), cursor: query.cursor.as_deref(), limit: query.limit };
        Ok(self.app.list_sizes(&cx, ask).await?)
    }

    async fn create_size(&self, cx: Cx, body: CreateSize) -> Result<Size, Fault> {
        Ok(self.app.create_size(&cx, body).await?)
    }

    async fn add_size_version(&self, cx: Cx, id: SizeId, body: SizeContent) -> Result<Size, Fault> {
        Ok(self.app.add_size_version(&cx, id, body).await?)
    }

    async fn set_template_version_state(
        &self,
        cx: Cx,
        id: TemplateVersionId,
        body: SetCatalogueState,
    ) -> Result<Template, Fault> {
        Ok(self.app.set_template_version_state(&cx, id, body).await?)
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

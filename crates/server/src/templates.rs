//! Templates over HTTP.

use shepherd_app::Cx;
use shepherd_app::templates::ListTemplates;
use shepherd_contract::runtime::server::IfMatch;
use shepherd_contract::server::templates::TemplatesApi;
use shepherd_contract::types::{
    AdvancedPaths, CreateTemplate, ListTemplatesQuery, PreviewTemplate, SetAdvancedPaths, SetCatalogueState,
    Template, TemplateContent, TemplatePage, TemplatePreview, UpdateTemplate,
};
use shepherd_domain::ids::{TemplateId, TemplateVersionId};

use crate::Server;
use crate::problems::Fault;

impl TemplatesApi for Server {
    async fn list_templates(&self, cx: Cx, query: ListTemplatesQuery) -> Result<TemplatePage, Fault> {
        let ask = ListTemplates {
            environment: query.environment_id,
            search: query.q.as_deref(),
            cursor: query.cursor.as_deref(),
            limit: query.limit,
        };
        Ok(self.app.list_templates(&cx, ask).await?)
    }

    async fn create_template(&self, cx: Cx, body: CreateTemplate) -> Result<Template, Fault> {
        Ok(self.app.create_template(&cx, body).await?)
    }

    async fn get_advanced_paths(&self, cx: Cx) -> Result<AdvancedPaths, Fault> {
        Ok(self.app.get_advanced_paths(&cx).await?)
    }

    async fn set_advanced_paths(
        &self,
        cx: Cx,
        version: IfMatch,
        body: SetAdvancedPaths,
    ) -> Result<AdvancedPaths, Fault> {
        Ok(self.app.set_advanced_paths(&cx, version.0, body).await?)
    }

    async fn preview_template(&self, cx: Cx, body: PreviewTemplate) -> Result<TemplatePreview, Fault> {
        Ok(self.app.preview_template(&cx, body).await?)
    }

    async fn get_template(&self, cx: Cx, id: TemplateId) -> Result<Template, Fault> {
        Ok(self.app.get_template(&cx, id).await?)
    }

    async fn update_template(
        &self,
        cx: Cx,
        id: TemplateId,
        version: IfMatch,
        body: UpdateTemplate,
    ) -> Result<Template, Fault> {
        Ok(self.app.update_template(&cx, id, version.0, body).await?)
    }

    async fn add_template_version(
        &self,
        cx: Cx,
        id: TemplateId,
        body: TemplateContent,
    ) -> Result<Template, Fault> {
        Ok(self.app.add_template_version(&cx, id, body).await?)
    }

    async fn set_template_version_state(
        &self,
        cx: Cx,
        id: TemplateVersionId,
        body: SetCatalogueState,
    ) -> Result<Template, Fault> {
        Ok(self.app.set_template_version_state(&cx, id, body).await?)
    }
}

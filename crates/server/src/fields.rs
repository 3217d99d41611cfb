//! Fields that requests are asked for, over HTTP.

use shepherd_app::Cx;
use shepherd_contract::server::fields::FieldsApi;
use shepherd_contract::types::{CreateRequestField, ListRequestFieldsQuery, RequestField, RequestFieldList};
use shepherd_domain::ids::RequestFieldId;

use crate::Server;
use crate::problems::Fault;

impl FieldsApi for Server {
    async fn list_request_fields(
        &self,
        _cx: Cx,
        query: ListRequestFieldsQuery,
    ) -> Result<RequestFieldList, Fault> {
        Ok(self.app.list_request_fields(query).await?)
    }

    async fn create_request_field(&self, cx: Cx, body: CreateRequestField) -> Result<RequestField, Fault> {
        Ok(self.app.create_request_field(&cx, body).await?)
    }

    async fn retire_request_field(&self, cx: Cx, id: RequestFieldId) -> Result<RequestField, Fault> {
        Ok(self.app.retire_request_field(&cx, id).await?)
    }
}

//! Who may do what, and why, over HTTP.

use shepherd_app::Cx;
use shepherd_app::access::Place;
use shepherd_contract::server::access::AccessApi;
use shepherd_contract::types::{AccessExplanation, AccessPage, ExplainAccessQuery, WhoHasAccessQuery};

use crate::Server;
use crate::problems::Fault;

impl AccessApi for Server {
    async fn explain_access(&self, cx: Cx, query: ExplainAccessQuery) -> Result<AccessExplanation, Fault> {
        let place = Place {
            system: query.system_id,
            service: query.service_id,
            vm: query.vm_id,
            environment: query.environment_id,
        };
        let permission = query.permission.as_deref();
        Ok(self.app.explain_access(&cx, query.principal_id, permission, place).await?)
    }

    async fn who_has_access(&self, cx: Cx, query: WhoHasAccessQuery) -> Result<AccessPage, Fault> {
        let place = Place {
            system: query.system_id,
            service: query.service_id,
            vm: query.vm_id,
            environment: query.environment_id,
        };
        let cursor = query.cursor.as_deref();
        Ok(self.app.who_has_access(&cx, &query.permission, place, cursor, query.limit).await?)
    }
}

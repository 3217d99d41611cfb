//! Limits over HTTP.

use shepherd_app::Cx;
use shepherd_contract::runtime::server::IfMatch;
use shepherd_contract::server::limits::LimitsApi;
use shepherd_contract::types::{ExemptFromLimits, LimitExemption, LimitExemptionList, Limits, UpdateLimits};
use shepherd_domain::ids::PrincipalId;

use crate::Server;
use crate::problems::Fault;

impl LimitsApi for Server {
    async fn get_limits(&self, _cx: Cx) -> Result<Limits, Fault> {
        Ok(self.app.get_limits().await?)
    }

    async fn update_limits(&self, cx: Cx, version: IfMatch, body: UpdateLimits) -> Result<Limits, Fault> {
        Ok(self.app.update_limits(&cx, version.0, body).await?)
    }

    async fn list_limit_exemptions(&self, cx: Cx) -> Result<LimitExemptionList, Fault> {
        Ok(self.app.list_limit_exemptions(&cx).await?)
    }

    async fn exempt_from_limits(
        &self,
        cx: Cx,
        id: PrincipalId,
        body: ExemptFromLimits,
    ) -> Result<LimitExemption, Fault> {
        Ok(self.app.exempt_from_limits(&cx, id, body).await?)
    }

    async fn end_limit_exemption(&self, cx: Cx, id: PrincipalId) -> Result<(), Fault> {
        Ok(self.app.end_limit_exemption(&cx, id).await?)
    }
}

//! Membership over HTTP: asking for it, and finding whom to give it.

use shepherd_app::Cx;
use shepherd_contract::server::membership::MembershipApi;
use shepherd_contract::types::{Holder, JoinSystem, LookupHolder, Request};

use crate::Server;
use crate::problems::Fault;

impl MembershipApi for Server {
    async fn join_system(&self, cx: Cx, body: JoinSystem) -> Result<Request, Fault> {
        Ok(self.app.join_system(&cx, body).await?)
    }

    async fn lookup_holder(&self, cx: Cx, body: LookupHolder) -> Result<Holder, Fault> {
        Ok(self.app.lookup_holder(&cx, body).await?)
    }
}

//! The version, the first page and the event stream over HTTP.

use axum::response::Response;
use shepherd_app::Cx;
use shepherd_contract::server::platform::PlatformApi;
use shepherd_contract::types::{Home, Version};

use crate::Server;
use crate::problems::Fault;

impl PlatformApi for Server {
    async fn get_version(&self, _cx: Cx) -> Result<Version, Fault> {
        Ok(self.app.version())
    }

    async fn get_home(&self, cx: Cx) -> Result<Home, Fault> {
        Ok(self.app.home(&cx).await?)
    }

    async fn stream_events(&self, cx: Cx, last_event_id: Option<String>) -> Result<Response, Fault> {
        Ok(self.open_stream(cx, last_event_id.as_deref()).await?)
    }
}

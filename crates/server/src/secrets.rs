//! Secret values over HTTP: in, and never out.

use shepherd_app::Cx;
use shepherd_contract::server::secrets::SecretsApi;
use shepherd_contract::types::{CreateSecret, SecretRef};

use crate::Server;
use crate::problems::Fault;

impl SecretsApi for Server {
    async fn create_secret(&self, cx: Cx, body: CreateSecret) -> Result<SecretRef, Fault> {
        Ok(self.app.create_secret(&cx, body).await?)
    }
}

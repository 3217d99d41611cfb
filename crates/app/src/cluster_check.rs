//! Looking at a connection before it is registered: what would work, what would not, and what to do about it.
//!
//! Nothing is saved but the audit entry, because the server is made to dial an address of somebody's choice; nothing is
//! written in the cluster. Input that cannot be used at all is refused at its field, as when registering. The rest is
//! answered check by check, within a bounded time: what could not be reached leaves the checks after it skipped.

mod judge;

use std::time::Duration;

use serde_json::json;
use shepherd_contract::types::{
    CheckCluster, ClusterCheck, ClusterCheckLine, ClusterCheckState, ClusterMode as Mode,
};
use shepherd_domain::authz::{self, InEnvironment};
use shepherd_domain::states::ClusterMode;
use shepherd_kubevirt::Cluster;
use shepherd_store::clusters as store;

use crate::change::{Audit, Begun};
use crate::intake::SignIn;
use crate::{App, Cx, Error, Result};

/// How long a person waits for the first word of a cluster.
const HELLO: Duration = Duration::from_secs(5);
/// And for all the rest.
const PATIENCE: Duration = Duration::from_secs(10);

impl App {
    /// Tries a connection and says what it found; nothing is saved.
    pub async fn check_cluster(&self, cx: &Cx, body: CheckCluster) -> Result<ClusterCheck> {
        let auth = self.authorize::<authz::ManageCluster, _>(cx, InEnvironment(body.environment_id)).await?;
        let environment = auth.resource().0;
        let namespace = {
            let mut conn = self.db.acquire().await?;
            self.known_environment(&mut conn, environment).await?;
            store::probe_namespace(&mut conn, environment).await?
        };
        let mode = match body.mode.unwrap_or(Mode::Govern) {
            Mode::Observe => ClusterMode::Observe,
            Mode::Govern => ClusterMode::Govern,
        };
        let sign_in = SignIn::from(&body);
        let (kind, config) = sign_in.read(self.links.around())?;
        let cluster = Cluster::connect(&config).map_err(|error| sign_in.unusable(&error))?;
        let checks = checks(&cluster, mode, &namespace).await;
        let usable = checks.iter().all(|line| line.state != ClusterCheckState::Failed);
        let found: Vec<_> = checks.iter().map(|line| line.reason.code.as_str()).collect();
        let Begun::Fresh(change) = self.change::<()>(cx).await? else { return Err(Error::Stale) };
        let entry = Audit::about("cluster").environment(environment).after(json!({
            "api_url": config.api_url, "sign_in": kind, "mode": mode.as_str(), "usable": usable, "found": found,
        }));
        change.commit(entry, ClusterCheck { usable, checks }).await
    }
}

/// Asks and judges, within the time a person waits.
async fn checks(cluster: &Cluster, mode: ClusterMode, namespace: &str) -> Vec<ClusterCheckLine> {
    let hello = tokio::time::timeout(HELLO, cluster.ping()).await;
    let Ok(Ok(_)) = hello else { return judge::unheard(hello.ok().and_then(Result::err)) };
    let all = tokio::time::timeout(PATIENCE, Box::pin(cluster.probe(namespace))).await;
    match all {
        Ok(Ok(capability)) => judge::heard(&capability, mode),
        Ok(Err(error)) => judge::unheard(Some(error)),
        Err(_) => judge::unheard(None),
    }
}

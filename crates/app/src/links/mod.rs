//! Connections to clusters, each behind its own bulkhead: permits, deadline, circuit breaker.
//!
//! A connection is made when first needed and kept until the cluster's row changes. What is asked of a cluster is
//! asked outside of any transaction; a dead or slow cluster takes its own permits and nobody else's.

mod fault;

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use secrecy::{ExposeSecret, SecretString};
use shepherd_domain::ids::ClusterId;
use shepherd_domain::states::ClusterMode;
use shepherd_jobs::{Breaker, Bulkhead, BulkheadConfig, Bulkheads, Load};
use shepherd_kubevirt::{Cluster, ClusterConfig};
use shepherd_store::cluster_links;
use shepherd_store::secrets::{Keyring, SecretBox, Slot};

use crate::intake::Surroundings;
use crate::{App, Error, Result};

pub use fault::ClusterFault;

/// A connection to one cluster.
#[derive(Clone)]
pub struct Link {
    pub id: ClusterId,
    pub name: String,
    pub cluster: Cluster,
    bulkhead: Arc<Bulkhead>,
}

impl Link {
    /// Asks the cluster something for a person who waits.
    pub async fn call<T>(
        &self,
        call: impl Future<Output = Result<T, shepherd_kubevirt::Error>>,
    ) -> Result<T, ClusterFault> {
        self.bulkhead.call(call, is_outage).await.map_err(|refused| ClusterFault::new(&self.name, refused))
    }

    /// Asks the cluster something for a job, which rather comes back later than waits for a permit.
    pub async fn try_call<T>(
        &self,
        call: impl Future<Output = Result<T, shepherd_kubevirt::Error>>,
    ) -> Result<T, ClusterFault> {
        self.bulkhead
            .try_call(call, is_outage)
            .await
            .map_err(|refused| ClusterFault::new(&self.name, refused))
    }

    /// What the breaker would do now.
    pub fn breaker(&self) -> Breaker {
        self.bulkhead.breaker()
    }
}

/// An answer that says no is an answer; only silence and 5xx speak against a cluster.
fn is_outage(error: &shepherd_kubevirt::Error) -> bool {
    error.retryable() && !matches!(error, shepherd_kubevirt::Error::Gone { .. })
}

/// All connections of this process.
pub struct Links {
    keyring: Keyring,
    around: Surroundings,
    walls: Bulkheads<ClusterId>,
    open: Mutex<HashMap<ClusterId, (i64, Link)>>,
}

impl Links {
    /// None open yet.
    pub fn new(keyring: Keyring) -> Self {
        let walls = Bulkheads::new(BulkheadConfig::default());
        Self { keyring, around: Surroundings::default(), walls, open: Mutex::new(HashMap::new()) }
    }

    /// For a process that runs elsewhere than a pod does.
    pub fn surrounded_by(self, around: Surroundings) -> Self {
        Self { around, ..self }
    }

    /// The cluster we run in, if any.
    pub(crate) fn around(&self) -> &Surroundings {
        &self.around
    }

    /// The root keys, for what else is sealed.
    pub(crate) fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// Seals a connection for the cluster's row.
    pub fn seal(&self, id: ClusterId, config: &ClusterConfig) -> Result<Vec<u8>> {
        let text = serde_json::to_string(&Sealed {
            api_url: config.api_url.clone(),
            ca_pem: config.ca_pem.clone(),
            credentials: config.credentials.reveal().expose_secret().to_owned(),
            proxy: config.proxy.clone(),
            tls_server_name: config.tls_server_name.clone(),
        })?;
        let sealed =
            self.keyring.seal(slot(id), text.as_bytes()).map_err(shepherd_store::StoreError::from)?;
        Ok(sealed.to_bytes())
    }

    /// Seals a value for its row.
    pub(crate) fn seal_value(&self, slot: Slot, value: &[u8]) -> Result<Vec<u8>> {
        let sealed = self.keyring.seal(slot, value).map_err(shepherd_store::StoreError::from)?;
        Ok(sealed.to_bytes())
    }

    /// Opens what was sealed for this row.
    pub(crate) fn open_value(&self, slot: Slot, sealed: &[u8]) -> Result<String> {
        let sealed = SecretBox::from_bytes(sealed).map_err(shepherd_store::StoreError::from)?;
        let value = self.keyring.open(slot, &sealed).map_err(shepherd_store::StoreError::from)?;
        String::from_utf8(value.expose_secret().to_vec())
            .map_err(|_| Error::Internal("a sealed value is no text".into()))
    }

    fn kept(&self, id: ClusterId, version: i64) -> Option<Link> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.get(&id).filter(|(kept, _)| *kept == version).map(|(_, link)| link.clone())
    }

    fn keep(&self, version: i64, link: &Link) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(link.id, (version, link.clone()));
    }

    /// How busy the way to a cluster is, from this replica.
    pub fn load(&self, id: ClusterId) -> Load {
        self.walls.of(id).load()
    }

    /// What the breaker of a cluster would do now.
    pub fn breaker(&self, id: ClusterId) -> Breaker {
        self.walls.of(id).breaker()
    }
}

/// What is inside the sealed column.
#[derive(serde::Serialize, serde::Deserialize)]
struct Sealed {
    api_url: String,
    ca_pem: Option<String>,
    credentials: String,
    proxy: Option<String>,
    tls_server_name: Option<String>,
}

fn slot(id: ClusterId) -> Slot {
    Slot { table: "cluster", column: "credentials", row: id.0 }
}

impl App {
    /// The connection to a cluster.
    pub async fn link(&self, id: ClusterId) -> Result<Link> {
        let row = cluster_links::get(&mut *self.db.acquire().await?, id).await?;
        if let Some(link) = self.links.kept(id, row.version) {
            return Ok(link);
        }
        let sealed = SecretBox::from_bytes(&row.credentials).map_err(shepherd_store::StoreError::from)?;
        let text = self.links.keyring.open(slot(id), &sealed).map_err(shepherd_store::StoreError::from)?;
        let parts: Sealed = serde_json::from_slice(text.expose_secret())?;
        let credentials =
            shepherd_kubevirt::Credentials::from_revealed(&SecretString::from(parts.credentials))
                .map_err(|error| Error::Internal(Box::new(error)))?;
        let config = ClusterConfig {
            api_url: parts.api_url,
            ca_pem: parts.ca_pem,
            credentials,
            proxy: parts.proxy,
            tls_server_name: parts.tls_server_name,
            deadlines: shepherd_kubevirt::Deadlines::default(),
            // A word of a later version is not leave to write.
            mode: row.mode.parse().unwrap_or(ClusterMode::Observe),
        };
        let cluster = Cluster::connect(&config).map_err(|error| Error::Internal(Box::new(error)))?;
        let link = Link { id, name: row.name, cluster, bulkhead: self.links.walls.of(id) };
        self.links.keep(row.version, &link);
        Ok(link)
    }
}

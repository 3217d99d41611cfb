//! The whole program but its binary, for one test: its own database, the application role, real HTTP on loopback.
//!
//! Every answer is checked against the contract, and a test that got one outside it fails at its end. People are made
//! when a story first mentions them, by the same code that makes the sample organisation's, and sign in as its people do.

mod arrange;
mod caller;
mod hands;
mod history;
mod program;
mod recorder;
mod replica;
mod shelf;
mod truth;
mod world;

use std::collections::HashMap;
use std::io::Write;
use std::time::Duration;

use secrecy::ExposeSecret;
use shepherd_app::{App, Settings};
use shepherd_auth::session::SessionLimits;
use shepherd_domain::ids::{EnvironmentId, PrincipalId};
use shepherd_store::secrets::Keyring;
use tempfile::NamedTempFile;
use tokio::sync::Mutex;
use url::Url;

use crate::TestDb;

pub use arrange::AuditLine;
pub use caller::Caller;
pub use history::History;
pub use program::{Engine, Served, open};
pub use recorder::{Recorder, Spoil};
pub use replica::{LEASES_END, Replica};
pub use truth::InCluster;
pub use world::{SOON, World, check, register};

/// A running Shepherd with two environments and nobody in it yet.
pub struct TestApp {
    /// The application itself, for what has no operation.
    pub app: App,
    /// Its database; as the owner, to arrange and inspect.
    pub db: TestDb,
    /// An environment that is not protected.
    pub test: EnvironmentId,
    /// A protected environment.
    pub prod: EnvironmentId,
    /// What serves it.
    pub served: Served,
    key_file: NamedTempFile,
    people: Mutex<HashMap<String, PrincipalId>>,
}

impl TestApp {
    /// Starts one with the sample organisation's way to sign in.
    pub async fn start() -> Self {
        Self::start_with(Settings {
            sessions: SessionLimits::default(),
            sample: true,
            checks: Default::default(),
        })
        .await
    }

    /// Starts one as a test wants it.
    pub async fn start_with(settings: Settings) -> Self {
        let db = TestDb::new().await;
        let key_file = key_file();
        let app = open(&db.app_url, key_file.path(), settings).await;
        let served = Served::start(&app).await;
        let (test, prod) = arrange::environments(&db).await;
        Self { app, db, test, prod, served, key_file, people: Mutex::default() }
    }

    /// Another replica's application on the same database.
    pub async fn another(&self) -> App {
        open(&self.db.app_url, self.key_file.path(), self.app.settings.as_ref().clone()).await
    }

    /// The address of a path of the API, such as `systems`.
    pub fn url(&self, path: &str) -> Url {
        self.served.base.join(path.trim_start_matches('/')).expect("it is a path")
    }

    /// The origin of our own pages, as a browser names it.
    pub fn origin(&self) -> String {
        self.served.base.origin().ascii_serialization()
    }

    /// Moves business time forward: sessions, tokens and blocks age by so much.
    pub async fn pass(&self, time: Duration) {
        self.db.advance_clock(i64::try_from(time.as_secs()).expect("a test waits less than that")).await;
    }
}

/// A key of this test alone.
fn key_file() -> NamedTempFile {
    let mut file = NamedTempFile::new().expect("there is room for a key");
    let key = Keyring::generate_key().expect("there is randomness");
    writeln!(file, "{}", key.expose_secret()).expect("there is room for a key");
    file
}

/// A fresh `Idempotency-Key`.
pub fn key() -> String {
    uuid::Uuid::now_v7().to_string()
}

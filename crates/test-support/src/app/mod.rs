//! The whole program but its binary, for one test: its own database, the application role, real HTTP on loopback.
//!
//! Every answer is checked against the contract, and a test that got one outside it fails at its end. People are made
//! when a story first mentions them, by the same code that makes the sample organisation's, and sign in as its people do.

mod arrange;
mod caller;
mod world;

use std::collections::HashMap;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret;
use shepherd_app::{App, Links, Settings};
use shepherd_auth::origin::OwnOrigins;
use shepherd_auth::password::Hasher;
use shepherd_auth::session::SessionLimits;
use shepherd_contract::runtime::{ValidateResponses, Violations};
use shepherd_domain::ids::{EnvironmentId, PrincipalId};
use shepherd_server::Server;
use shepherd_store::secrets::Keyring;
use shepherd_store::{Db, DbConfig};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use url::Url;

use crate::TestDb;

pub use arrange::AuditLine;
pub use caller::Caller;
pub use world::World;

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
    base: Url,
    violations: Violations,
    serving: JoinHandle<std::io::Result<()>>,
    people: Mutex<HashMap<String, PrincipalId>>,
}

impl TestApp {
    /// Starts one with the sample organisation's way to sign in.
    pub async fn start() -> Self {
        Self::start_with(Settings { sessions: SessionLimits::default(), sample: true }).await
    }

    /// Starts one as a test wants it.
    pub async fn start_with(settings: Settings) -> Self {
        let db = TestDb::new().await;
        let pool = Db::connect(&DbConfig::new(db.app_url.clone())).await.expect("the test database answers");
        let app = App {
            db: pool,
            links: Arc::new(Links::new(keyring())),
            hasher: Arc::new(Hasher::new().expect("argon2 works")),
            settings: Arc::new(settings),
        };
        let violations = Violations::default();
        let server = Server {
            app: app.clone(),
            settings: shepherd_server::Settings { origins: OwnOrigins::new([], true), ..Default::default() },
            consoles: Default::default(),
            events: Default::default(),
        };
        let routes = shepherd_server::router(Arc::new(server)).layer(ValidateResponses::new(violations.clone()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a loopback port is free");
        let address = listener.local_addr().expect("the socket is bound");
        let base = format!("http://{address}{}/", shepherd_contract::BASE_PATH);
        let serving = tokio::spawn(shepherd_server::serve(listener, routes, std::future::pending()));
        let (test, prod) = arrange::environments(&db).await;
        Self {
            app,
            db,
            test,
            prod,
            base: base.parse().expect("it is a URL"),
            violations,
            serving,
            people: Mutex::default(),
        }
    }

    /// The address of a path of the API, such as `systems`.
    pub fn url(&self, path: &str) -> Url {
        self.base.join(path.trim_start_matches('/')).expect("it is a path")
    }

    /// The origin of our own pages, as a browser names it.
    pub fn origin(&self) -> String {
        self.base.origin().ascii_serialization()
    }

    /// Moves business time forward: sessions, tokens and blocks age by so much.
    pub async fn pass(&self, time: Duration) {
        self.db.advance_clock(i64::try_from(time.as_secs()).expect("a test waits less than that")).await;
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.serving.abort();
        if !std::thread::panicking() {
            self.violations.assert_none();
        }
    }
}

/// A key of this test alone.
fn keyring() -> Keyring {
    let mut file = tempfile::NamedTempFile::new().expect("there is room for a key");
    let key = Keyring::generate_key().expect("there is randomness");
    writeln!(file, "{}", key.expose_secret()).expect("there is room for a key");
    Keyring::from_files(&[file.path().to_owned()]).expect("the key is one")
}

/// A fresh `Idempotency-Key`.
pub fn key() -> String {
    uuid::Uuid::now_v7().to_string()
}

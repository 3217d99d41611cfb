//! HTTP: the implementation of the contract's traits over [`shepherd_app`], and nothing that decides.
//!
//! Handlers are a sentence each: take what the contract hands over, call the use case, answer. Who is calling is
//! settled in [`backend`], errors become problems in [`problems`], both once for all operations; request ids, the log
//! and security headers are [`layers`] around all of them.

mod access;
mod accounts;
mod audit;
pub mod backend;
mod batches;
mod capability;
mod catalogue;
mod clusters;
mod comments;
mod console;
mod credential;
mod drafts;
mod edits;
mod events;
mod fields;
mod grants;
mod groups;
mod health;
mod inbox;
pub mod layers;
mod lifecycle;
mod limits;
mod me;
mod membership;
mod networks;
mod people;
mod platform;
mod policies;
mod pools;
pub mod problems;
mod requests;
mod roles;
mod rollouts;
mod secrets;
mod serve;
mod session;
mod sizes;
mod spa;
mod systems;
mod templates;
mod tls;
mod transfers;
mod unmanaged;
mod vms;

use std::sync::Arc;

use shepherd_app::App;
use shepherd_auth::address::TrustedProxies;
use shepherd_auth::origin::OwnOrigins;

pub use console::Consoles;
pub use events::Events;
pub use serve::{serve, serve_tls};
pub use tls::{TlsError, TlsFiles, TlsListener};

/// What every handler shares.
pub struct Server {
    pub app: App,
    pub settings: Settings,
    pub consoles: Consoles,
    pub events: Events,
}

/// How the server is reached, which decides addresses, cookies and cross-site defence.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// This process itself ends TLS.
    pub tls: bool,
    /// The networks of our own reverse proxies, which are believed about addresses and TLS.
    pub proxies: TrustedProxies,
    /// The addresses of our own pages; loopback names only where nobody but this machine can reach the server.
    pub origins: OwnOrigins,
}

/// All routes, with problems for what is not in the contract.
pub fn router(server: Arc<Server>) -> axum::Router {
    use shepherd_contract::server;
    let api = axum::Router::new()
        .merge(server::session::router(Arc::clone(&server)))
        .merge(server::me::router(Arc::clone(&server)))
        .merge(server::people::router(Arc::clone(&server)))
        .merge(server::roles::router(Arc::clone(&server)))
        .merge(server::groups::router(Arc::clone(&server)))
        .merge(server::accounts::router(Arc::clone(&server)))
        .merge(server::grants::router(Arc::clone(&server)))
        .merge(server::membership::router(Arc::clone(&server)))
        .merge(server::transfers::router(Arc::clone(&server)))
        .merge(server::access::router(Arc::clone(&server)))
        .merge(server::systems::router(Arc::clone(&server)))
        .merge(server::audit::router(Arc::clone(&server)))
        .merge(server::catalogue::router(Arc::clone(&server)))
        .merge(server::templates::router(Arc::clone(&server)))
        .merge(server::secrets::router(Arc::clone(&server)))
        .merge(server::sizes::router(Arc::clone(&server)))
        .merge(server::networks::router(Arc::clone(&server)))
        .merge(server::capability::router(Arc::clone(&server)))
        .merge(server::unmanaged::router(Arc::clone(&server)))
        .merge(server::clusters::router(Arc::clone(&server)))
        .merge(server::lifecycle::router(Arc::clone(&server)))
        .merge(server::policies::router(Arc::clone(&server)))
        .merge(server::pools::router(Arc::clone(&server)))
        .merge(server::rollouts::router(Arc::clone(&server)))
        .merge(server::platform::router(Arc::clone(&server)))
        .merge(server::requests::router(Arc::clone(&server)))
        .merge(server::edits::router(Arc::clone(&server)))
        .merge(server::fields::router(Arc::clone(&server)))
        .merge(server::drafts::router(Arc::clone(&server)))
        .merge(server::batches::router(Arc::clone(&server)))
        .merge(server::limits::router(Arc::clone(&server)))
        .merge(server::comments::router(Arc::clone(&server)))
        .merge(server::inbox::router(Arc::clone(&server)))
        .merge(server::vms::router(Arc::clone(&server)));
    let api = shepherd_contract::runtime::server::with_fallbacks(api);
    let routes = axum::Router::new()
        .nest(shepherd_contract::BASE_PATH, layers::uncached(api))
        .merge(spa::router())
        .merge(health::router(Arc::clone(&server)));
    layers::around(routes, server.settings.tls)
}

//! The use cases, one per operation: authorize, judge, write, enqueue.
//!
//! Every mutation goes through [`change::Change`], which claims the idempotency key, writes the audit row and the
//! event in the transaction of the effect, and will not commit without an audit entry. Every check goes through
//! [`App::authorize`], which records refusals. Nothing here speaks HTTP or builds SQL, and no transaction is held
//! while a cluster or any other network is waited for.

pub mod access;
pub mod accounts;
pub mod advanced_paths;
mod attempts;
mod audit;
pub mod audit_export;
mod audit_keys;
mod audit_proofs;
pub mod audit_retention;
pub mod audit_seal;
mod audit_witness;
mod bindings;
pub mod capability;
mod catalogue;
pub mod change;
mod cluster_check;
pub mod clusters;
mod comments;
pub mod consoles;
pub mod cx;
pub mod environments;
pub mod error;
pub mod events;
pub mod grants;
pub mod groups;
mod home;
pub mod inbox;
mod inbox_rights;
pub mod install;
pub mod intake;
mod inventory;
mod limits;
pub mod links;
pub mod me;
mod membership;
pub mod namespaces;
pub mod networks;
pub mod operations;
pub mod page;
pub mod people;
mod placement;
mod policies;
pub mod pools;
mod probe;
mod reconcile;
pub mod refusals;
mod request_fields;
pub mod requests;
mod roles;
pub mod secrets;
pub mod services;
pub mod sessions;
pub mod sizes;
pub mod systems;
mod template_content;
pub mod templates;
pub mod timeline;
pub mod transfers;
mod trash;
pub mod unmanaged;
pub mod vms;

use std::sync::Arc;

use shepherd_auth::password::Hasher;
use shepherd_auth::session::SessionLimits;
use shepherd_domain::authz::{Action, Authorized, Resource};
use shepherd_store::Db;

pub use cx::{Actor, Cx};
pub use error::{Error, Result};
pub use links::Links;

/// The application: what the use cases share. Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub db: Db,
    pub links: Arc<Links>,
    pub hasher: Arc<Hasher>,
    pub settings: Arc<Settings>,
}

/// What the operator decided.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub sessions: SessionLimits,
    /// The sample organisation lives here, and its people sign in with a click from this machine.
    pub sample: bool,
    /// Where checks of pools may go.
    pub checks: pools::CheckNetworks,
}

impl App {
    /// The check before anything else. A refusal is recorded, rate-limited per principal.
    pub async fn authorize<A: Action, R: Resource>(&self, cx: &Cx, on: R) -> Result<Authorized<A, R>> {
        match cx.grants.authorize::<A, R>(on) {
            Ok(proof) => Ok(proof),
            Err(denied) => {
                change::record_denial(self, cx, A::PERMISSION).await;
                Err(denied.into())
            }
        }
    }
}

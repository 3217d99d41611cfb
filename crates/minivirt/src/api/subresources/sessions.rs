//! Which console and screen connections are open.
//!
//! As in KubeVirt there is one of each per guest: a new one ends the one before, unless the new one asks to
//! preserve the session, which is then refused.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

/// Open sessions by (kind, guest).
#[derive(Default)]
pub struct Sessions(Mutex<HashMap<(&'static str, String), CancellationToken>>);

impl Sessions {
    /// Takes the session. `None` when it is held and must be preserved.
    pub fn take(&self, kind: &'static str, uid: &str, preserve: bool) -> Option<CancellationToken> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (kind, uid.to_owned());
        if let Some(before) = open.get(&key) {
            if preserve {
                return None;
            }
            before.cancel();
        }
        let token = CancellationToken::new();
        open.insert(key, token.clone());
        Some(token)
    }

    /// Gives it back, unless somebody took it over.
    pub fn release(&self, kind: &'static str, uid: &str, token: &CancellationToken) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !token.is_cancelled() {
            open.remove(&(kind, uid.to_owned()));
        }
    }
}

//! Changing the key that signs checkpoints. The next checkpoint is signed by both, so that whoever trusts the old key has
//! a reason to trust the new one; then the old one's secret half is forgotten.

use serde_json::json;
use shepherd_store::{audit_keys, audit_seal};

use crate::audit_seal::{broken, fresh_key, origin};
use crate::change::Audit;
use crate::{App, Result};

impl App {
    /// Makes a new key the current one. Answers its text form, for those who check.
    pub async fn rotate_audit_key(&self) -> Result<String> {
        let log = audit_seal::log_id(&mut *self.db.acquire().await?).await?;
        // Whatever there is was signed by some key: without one there is nothing to follow.
        self.signers(log).await?;
        let (public, seed) = fresh_key(log)?;
        let key = shepherd_domain::note::NoteKey::new(&origin(log), public);
        let key = key.ok_or_else(|| broken("a log's name cannot stand in a note"))?;
        let mut change = self.system_change().await?;
        audit_keys::retire(change.tx()).await?;
        audit_keys::insert(change.tx(), self.links.keyring(), &public, &seed).await?;
        let entry = Audit::about("audit").action("audit.rotate_key").after(json!({ "key": key.to_string() }));
        change.commit(entry, ()).await?;
        self.seal().await?;
        Ok(key.to_string())
    }
}

//! The claim on a VM's disk, made larger.
//!
//! A data volume is filled once and does not change afterwards; what grows is the claim that CDI made for it under the
//! same name. Whether its storage can grow is the storage class's to say. Not here: making claims, which is CDI's.

use http::Method;
use serde_json::{Value, json};

use super::Outcome;
use crate::transport::Call;
use crate::views;
use crate::{Cluster, Detail, Error, FIELD_MANAGER, VmRef, path};

impl Cluster {
    /// Makes the claim `claim` of this VM at least `bytes` large. It never shrinks: a larger one is left as it is.
    ///
    /// # Errors
    /// [`Error::Forbidden`] or [`Error::Invalid`] when its storage cannot grow; [`Error::NotFound`] when there is no
    /// such claim; [`Error::Conflict`] when it belongs to something else than a data volume of its name.
    pub async fn grow_claim(&self, vm: &VmRef, claim: &str, bytes: u64) -> Result<Outcome, Error> {
        self.get_exactly(vm).await?;
        let path = path::claim(&vm.namespace, claim)?;
        let found: Option<Value> = self.get_optional(path.clone()).await?;
        let found =
            found.ok_or_else(|| Error::NotFound { detail: Detail::new("the VM's disk has no claim") })?;
        let text = |pointer: &str| found.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        if text("/metadata/ownerReferences/0/kind") != "DataVolume"
            || text("/metadata/ownerReferences/0/name") != claim
        {
            let detail =
                Detail::new("the claim of this name belongs to something else than the VM's data volume");
            return Err(Error::Conflict { detail });
        }
        let has = views::bytes(text("/spec/resources/requests/storage")).unwrap_or_default();
        if has >= bytes {
            return Ok(Outcome::Already);
        }
        let patch = json!({
            // Another claim of the name, made since, is not touched.
            "metadata": { "uid": text("/metadata/uid") },
            "spec": { "resources": { "requests": { "storage": bytes.to_string() } } },
        });
        let call = Call::new(Method::PATCH, path)
            .query(&[("fieldManager", FIELD_MANAGER), ("fieldValidation", "Strict")])
            .body("application/merge-patch+json", &patch);
        self.send(call).await.map(|_| Outcome::Accepted).map_err(Error::from)
    }
}

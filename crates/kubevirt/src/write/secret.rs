//! The Secret with a VM's user data, where that is too long to stand in the VM.

use http::Method;
use serde_json::{Value, json};

use crate::transport::{Call, Failure};
use crate::{Cluster, Detail, Error, FIELD_MANAGER, path};

impl Cluster {
    /// Makes the Secret, or makes the content of the one an earlier call made equal to this.
    ///
    /// # Errors
    /// As [`Cluster::ensure_secret`].
    pub async fn write_secret(&self, secret: &Value) -> Result<(), Error> {
        self.ensure_secret(secret).await?;
        let text = |pointer: &str| secret.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let path = path::secret(text("/metadata/namespace"), text("/metadata/name"))?;
        let call = Call::new(Method::PATCH, path)
            .query(&[("fieldManager", FIELD_MANAGER)])
            .body("application/merge-patch+json", &json!({ "data": secret["data"] }));
        self.send(call).await.map(drop).map_err(Error::from)
    }

    /// Makes the Secret, or finds the one an earlier call made: its owner is the VM, so one of the same owner UID is
    /// ours and one of another is foreign.
    ///
    /// # Errors
    /// [`Error::Conflict`] when a Secret of this name belongs to something else.
    pub async fn ensure_secret(&self, secret: &Value) -> Result<(), Error> {
        let text = |pointer: &str| secret.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let (namespace, name) = (text("/metadata/namespace"), text("/metadata/name"));
        let call =
            Call::new(Method::POST, path::secrets(namespace)?).query(&[("fieldManager", FIELD_MANAGER)]);
        match self.send(call.json(secret)).await {
            Ok(_) => return Ok(()),
            Err(Failure::Refused(refusal)) if refusal.is_already_exists() => {}
            Err(failure) => return Err(failure.into()),
        }
        let found: Option<Value> = self.get_optional(path::secret(namespace, name)?).await?;
        let owner = "/metadata/ownerReferences/0/uid";
        match found {
            Some(found) if found.pointer(owner) == secret.pointer(owner) => Ok(()),
            Some(_) | None => Err(Error::Conflict {
                detail: Detail::new("a Secret of this name belongs to something else"),
            }),
        }
    }
}

//! Delete, bound to a UID by a precondition.

use http::Method;
use serde_json::json;

use crate::transport::{Call, Failure};
use crate::{Cluster, Error, VmRef, path};

/// What a delete did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletion {
    /// Asked for; the VM is gone once KubeVirt has stopped it and removed its finalizers.
    Started,
    /// There is no such VM any more.
    Gone,
}

impl Cluster {
    /// Deletes the VM with this UID; its instance and its own data volumes go with it.
    ///
    /// # Errors
    /// [`Error::ForeignVm`] when another VM has the name: it is left alone.
    pub async fn delete_vm(&self, vm: &VmRef) -> Result<Deletion, Error> {
        let options = json!({
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Background",
            "preconditions": { "uid": vm.uid },
        });
        let call = Call::new(Method::DELETE, path::vm(&vm.namespace, &vm.name)?).json(&options);
        match self.send(call).await {
            Ok(_) => Ok(Deletion::Started),
            Err(Failure::Refused(refusal)) if refusal.status.as_u16() == 404 => Ok(Deletion::Gone),
            Err(Failure::Refused(refusal)) if refusal.status.as_u16() == 409 => {
                match self.explain(vm, refusal.into_error()).await {
                    Error::NotFound { .. } => Ok(Deletion::Gone),
                    error => Err(error),
                }
            }
            Err(failure) => Err(failure.into()),
        }
    }
}

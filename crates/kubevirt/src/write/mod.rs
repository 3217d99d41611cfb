//! Writes that can be repeated: each finds out for itself whether it was already done.
//!
//! A process may die between the cluster's answer and our commit, so every write is sent again after a
//! crash. Creates compare our id annotation, later writes compare the UID, power calls read the refusals
//! that mean "already so". Nothing here retries.

mod apply;
mod claim;
mod create;
mod delete;
mod namespace;
mod power;
mod reading;
mod secret;

use crate::transport::Call;
use crate::views::{Vm, Vmi};
use crate::{Cluster, Detail, Error, VmRef, path};

pub use create::{Created, DryRun};
pub use delete::Deletion;
pub use namespace::Namespaced;
pub use power::Outcome;

impl Cluster {
    /// The VM of this name, or `None`.
    pub async fn get_vm(&self, namespace: &str, name: &str) -> Result<Option<Vm>, Error> {
        self.get_optional(path::vm(namespace, name)?).await
    }

    /// The instance of this name, or `None`.
    pub async fn get_vmi(&self, namespace: &str, name: &str) -> Result<Option<Vmi>, Error> {
        self.get_optional(path::vmi(namespace, name)?).await
    }

    /// The VM as the cluster stores it, for comparison with an approved spec. May hold secrets: never log it.
    pub async fn get_vm_manifest(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<Option<serde_json::Value>, Error> {
        self.get_optional(path::vm(namespace, name)?).await
    }

    /// Reads the VM and refuses one of another UID.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none, [`Error::ForeignVm`] when it is another one.
    pub async fn get_exactly(&self, vm: &VmRef) -> Result<Vm, Error> {
        match self.get_vm(&vm.namespace, &vm.name).await? {
            None => Err(Error::NotFound { detail: Detail::default() }),
            Some(found) if found.metadata.uid == vm.uid => Ok(found),
            Some(other) => Err(foreign(&other)),
        }
    }

    async fn get_optional<T: serde::de::DeserializeOwned>(&self, path: String) -> Result<Option<T>, Error> {
        match self.send(Call::get(path)).await.map_err(Error::from) {
            Ok(reply) => reply.json().map(Some),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The error for a VM that is not the one we mean.
fn foreign(found: &Vm) -> Error {
    let theirs = found.metadata.vm_id().unwrap_or("none");
    let uid = Some(found.metadata.uid.clone()).filter(|uid| !uid.is_empty());
    Error::ForeignVm { uid, detail: Detail::new(format!("vm-id of the VM found: {theirs}")) }
}

#[cfg(test)]
mod tests;

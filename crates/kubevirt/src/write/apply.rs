//! Server-side apply (Kubernetes "Server-Side Apply"), always bound to a UID.
//!
//! The patch names the UID, so that it can neither touch another VM of the name nor create one. Partial
//! patches use a field manager of their own: with the main one, the fields they leave out would be removed.

use http::Method;
use serde_json::{Value, json};

use super::foreign;
use crate::transport::{Call, Failure};
use crate::views::{RunStrategy, Vm};
use crate::{Cluster, Error, FIELD_MANAGER, VmRef, path};

/// Field manager of patches that set the run strategy and nothing else.
const POWER_MANAGER: &str = "shepherd-power";

impl Cluster {
    /// Makes the VM's applied fields equal to `manifest`, taking over fields that others changed.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the VM is gone, [`Error::ForeignVm`] when another VM has its name.
    pub async fn apply_vm(&self, vm: &VmRef, manifest: &Value) -> Result<Vm, Error> {
        self.apply(vm, manifest.clone(), FIELD_MANAGER, false).await
    }

    /// Asks the cluster whether it would take that; nothing is stored.
    ///
    /// # Errors
    /// As [`Cluster::apply_vm`]; [`Error::Invalid`] with causes when admission refuses.
    pub async fn dry_run_apply(&self, vm: &VmRef, manifest: &Value) -> Result<(), Error> {
        self.apply(vm, manifest.clone(), FIELD_MANAGER, true).await.map(drop)
    }

    /// Sets the run strategy to `Halted`: the VM stops and stays stopped whatever its guest or a start call
    /// did before. Repeating it changes nothing.
    ///
    /// # Errors
    /// As [`Cluster::apply_vm`].
    pub async fn power_off_spec(&self, vm: &VmRef) -> Result<Vm, Error> {
        self.set_run_strategy(vm, &RunStrategy::Halted).await
    }

    /// Sets the run strategy and nothing else.
    ///
    /// # Errors
    /// As [`Cluster::apply_vm`].
    pub async fn set_run_strategy(&self, vm: &VmRef, strategy: &RunStrategy) -> Result<Vm, Error> {
        let patch = json!({ "spec": { "runStrategy": strategy.as_str() } });
        self.apply(vm, patch, POWER_MANAGER, false).await
    }

    async fn apply(&self, vm: &VmRef, mut patch: Value, manager: &str, dry_run: bool) -> Result<Vm, Error> {
        // An API server before 1.26 would create a VM from an apply with an unknown UID: look first.
        self.get_exactly(vm).await?;
        patch["apiVersion"] = json!("kubevirt.io/v1");
        patch["kind"] = json!("VirtualMachine");
        for (field, value) in [("namespace", &vm.namespace), ("name", &vm.name), ("uid", &vm.uid)] {
            patch["metadata"][field] = json!(value);
        }
        let mut call = Call::new(Method::PATCH, path::vm(&vm.namespace, &vm.name)?)
            .query(&[("fieldManager", manager), ("force", "true"), ("fieldValidation", "Strict")])
            // JSON is YAML.
            .body("application/apply-patch+yaml", &patch);
        if dry_run {
            call = call.query(&[("dryRun", "All")]);
        }
        match self.send(call).await {
            Ok(reply) => reply.json(),
            // A wrong UID shows as 409 or, where the field counts as immutable, as 422.
            Err(Failure::Refused(refusal)) if matches!(refusal.status.as_u16(), 404 | 409 | 422) => {
                Err(self.explain(vm, refusal.into_error()).await)
            }
            Err(failure) => Err(failure.into()),
        }
    }

    /// Turns a refusal into [`Error::ForeignVm`] or [`Error::NotFound`] when that is why.
    pub(super) async fn explain(&self, vm: &VmRef, error: Error) -> Error {
        match self.get_vm(&vm.namespace, &vm.name).await {
            Ok(None) => Error::NotFound { detail: error.detail().cloned().unwrap_or_default() },
            Ok(Some(found)) if found.metadata.uid != vm.uid => foreign(&found),
            Ok(Some(_)) | Err(_) => error,
        }
    }
}

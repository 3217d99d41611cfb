//! Create-or-compare, and the server-side dry-run of it.

use http::Method;
use serde_json::Value;

use super::foreign;
use crate::transport::{Call, Failure, Refusal};
use crate::views::Vm;
use crate::{Cluster, Detail, Error, FIELD_MANAGER, VM_ID_ANNOTATION, path};

/// What [`Cluster::create_vm`] found or made. Both carry the UID that later writes must name.
#[derive(Debug, Clone)]
pub enum Created {
    /// Made by this call.
    Fresh(Box<Vm>),
    /// Made by an earlier call with the same VM id. It may be on its way out: look at its deletion time.
    Existing(Box<Vm>),
}

impl Created {
    /// The VM, either way.
    pub fn vm(&self) -> &Vm {
        match self {
            Created::Fresh(vm) | Created::Existing(vm) => vm,
        }
    }
}

/// A manifest that the cluster would accept.
#[derive(Debug, Clone)]
pub struct DryRun {
    /// Admission warnings, the cluster's words.
    pub warnings: Vec<Detail>,
}

impl Cluster {
    /// Creates the VM, or returns the one an earlier call with the same id created.
    ///
    /// `manifest` is a whole `VirtualMachine` whose annotation [`VM_ID_ANNOTATION`] is `vm_id`. Unknown
    /// fields are refused by the cluster instead of being dropped in silence.
    ///
    /// # Errors
    /// [`Error::ForeignVm`] when another VM has the name; [`Error::NotFound`] when the namespace is missing;
    /// [`Error::Invalid`] with causes when admission refuses.
    pub async fn create_vm(&self, manifest: &Value, vm_id: &str) -> Result<Created, Error> {
        let (namespace, name) = identity(manifest, vm_id)?;
        // Twice at most: the VM found by the conflict may be gone when we look at it.
        for _ in 0..2 {
            match self.post_vm(namespace, manifest, false).await {
                Ok(reply) => return Ok(Created::Fresh(Box::new(reply.json()?))),
                Err(Failure::Refused(refusal)) if refusal.is_already_exists() => {}
                Err(failure) => return Err(failure.into()),
            }
            match self.get_vm(namespace, name).await? {
                Some(vm) if vm.metadata.vm_id() == Some(vm_id) => return Ok(Created::Existing(Box::new(vm))),
                Some(other) => return Err(foreign(&other)),
                None => {}
            }
        }
        Err(Error::Conflict { detail: Detail::new("the name is taken and freed again by someone else") })
    }

    /// Asks the cluster whether it would accept the manifest; nothing is stored.
    ///
    /// # Errors
    /// As [`Cluster::create_vm`]; [`Error::ForeignVm`] for any VM that has the name and is not ours.
    pub async fn dry_run_create(&self, manifest: &Value, vm_id: &str) -> Result<DryRun, Error> {
        let (namespace, name) = identity(manifest, vm_id)?;
        match self.post_vm(namespace, manifest, true).await {
            Ok(reply) => Ok(DryRun { warnings: reply.warnings() }),
            Err(Failure::Refused(refusal)) if refusal.is_already_exists() => {
                match self.get_vm(namespace, name).await? {
                    Some(vm) if vm.metadata.vm_id() == Some(vm_id) => Ok(DryRun { warnings: Vec::new() }),
                    Some(other) => Err(foreign(&other)),
                    None => Err(Refusal::into_error(refusal)),
                }
            }
            Err(failure) => Err(failure.into()),
        }
    }

    async fn post_vm(
        &self,
        namespace: &str,
        manifest: &Value,
        dry_run: bool,
    ) -> Result<crate::transport::Reply, Failure> {
        let mut call = Call::new(Method::POST, path::vms(namespace)?)
            .query(&[("fieldManager", FIELD_MANAGER), ("fieldValidation", "Strict")])
            .json(manifest);
        if dry_run {
            call = call.query(&[("dryRun", "All")]);
        }
        self.send(call).await
    }
}

/// Namespace and name of the manifest, after checking that it carries the id it is compared by.
fn identity<'a>(manifest: &'a Value, vm_id: &str) -> Result<(&'a str, &'a str), Error> {
    let metadata = &manifest["metadata"];
    if vm_id.is_empty() || metadata["annotations"][VM_ID_ANNOTATION].as_str() != Some(vm_id) {
        return Err(Error::invalid("metadata.annotations", "the annotation with our VM id is missing"));
    }
    match (metadata["namespace"].as_str(), metadata["name"].as_str()) {
        (Some(namespace), Some(name)) => Ok((namespace, name)),
        _ => Err(Error::invalid("metadata", "name and namespace are required")),
    }
}

//! Power through KubeVirt's subresources.
//!
//! These calls have no UID precondition, so the VM is read first and refused when it is another one; what
//! remains is the instant between the two calls. What a refusal means is read in [`super::reading`].

use http::Method;
use serde_json::{Value, json};

use super::reading::{self, Reading};
use crate::transport::{Call, Failure};
use crate::views::Vm;
use crate::{Cluster, Error, VmRef, path};

/// What a power call did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The cluster took it on; the watch will show the change.
    Accepted,
    /// It was so already, or is on its way.
    Already,
}

impl Cluster {
    /// Starts the VM.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it cannot be started as it is (a finished `Once`, a failed volume migration).
    pub async fn start(&self, vm: &VmRef) -> Result<Outcome, Error> {
        self.get_exactly(vm).await?;
        self.put_vm(vm, "start", &json!({}), reading::start).await
    }

    /// Stops the VM; the guest has `grace_seconds` to shut down (its own setting when `None`, at once for 0).
    ///
    /// Under `RerunOnFailure` and `Manual` the run strategy stays (KubeVirt 1.2 and later); under `Always` and
    /// `Once` KubeVirt changes it to `Halted`.
    pub async fn stop(&self, vm: &VmRef, grace_seconds: Option<u32>) -> Result<Outcome, Error> {
        self.get_exactly(vm).await?;
        let options = grace_seconds.map_or(json!({}), |seconds| json!({ "gracePeriod": seconds }));
        self.put_vm(vm, "stop", &options, reading::stop).await
    }

    /// Restarts the VM, `force` without a shutdown of the guest.
    ///
    /// `instance` is the UID of the run that is to end: when another run has taken its place, an earlier call
    /// did the work, and a repeat does not restart the VM twice.
    ///
    /// # Errors
    /// [`Error::NotRunning`] when there is nothing to restart.
    pub async fn restart(&self, vm: &VmRef, instance: Option<&str>, force: bool) -> Result<Outcome, Error> {
        let found = self.get_exactly(vm).await?;
        if is_restarting(&found) {
            return Ok(Outcome::Already);
        }
        if let Some(instance) = instance {
            let current = self.get_vmi(&vm.namespace, &vm.name).await?;
            if current.is_some_and(|vmi| vmi.metadata.uid != instance) {
                return Ok(Outcome::Already);
            }
        }
        let options = if force { json!({ "gracePeriodSeconds": 0 }) } else { json!({}) };
        self.put_vm(vm, "restart", &options, reading::restart).await
    }

    /// Freezes the guest's processors.
    ///
    /// # Errors
    /// [`Error::NotRunning`] when it does not run.
    pub async fn pause(&self, vm: &VmRef) -> Result<Outcome, Error> {
        self.get_exactly(vm).await?;
        self.put(path::vmi_subresource(&vm.namespace, &vm.name, "pause")?, &json!({}), reading::pause).await
    }

    /// Lets a paused guest go on.
    ///
    /// # Errors
    /// [`Error::NotRunning`] when it does not run; [`Error::Conflict`] while a snapshot is taken.
    pub async fn unpause(&self, vm: &VmRef) -> Result<Outcome, Error> {
        self.get_exactly(vm).await?;
        self.put(path::vmi_subresource(&vm.namespace, &vm.name, "unpause")?, &json!({}), reading::unpause)
            .await
    }

    async fn put_vm(
        &self,
        vm: &VmRef,
        verb: &str,
        options: &Value,
        read: fn(&crate::transport::Refusal) -> Reading,
    ) -> Result<Outcome, Error> {
        self.put(path::vm_subresource(&vm.namespace, &vm.name, verb)?, options, read).await
    }

    async fn put(
        &self,
        path: String,
        options: &Value,
        read: fn(&crate::transport::Refusal) -> Reading,
    ) -> Result<Outcome, Error> {
        match self.send(Call::new(Method::PUT, path).json(options)).await {
            Ok(_) => Ok(Outcome::Accepted),
            Err(Failure::Refused(refusal)) => match read(&refusal) {
                Reading::Already => Ok(Outcome::Already),
                Reading::NotRunning => Err(Error::NotRunning { detail: refusal.message }),
                Reading::AsItStands => Err(refusal.into_error()),
            },
            Err(Failure::Failed(error)) => Err(error),
        }
    }
}

/// A stop followed by a start is asked for and not yet carried out.
fn is_restarting(vm: &Vm) -> bool {
    use crate::views::StateChange::{Start, Stop};
    let actions: Vec<_> = vm.status.state_change_requests.iter().map(|request| request.action).collect();
    actions == [Stop, Start]
}

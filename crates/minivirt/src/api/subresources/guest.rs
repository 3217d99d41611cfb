//! Operations on a running guest.

use axum::response::Response;
use serde_json::Value;

use super::{Call, VM, VMI, done, dry_run};
use crate::api::status::ApiError;
use crate::launcher::{GuestStatus, RuntimeError};
use crate::object::{self, text};

impl Call<'_> {
    fn refuse<T>(&self, why: &str) -> Result<T, ApiError> {
        Err(ApiError::conflict(&VMI, self.name, why))
    }

    /// The instance, if it runs; `why` is the text otherwise.
    fn running(&self, why: &str) -> Result<Value, ApiError> {
        let vmi = self.vmi()?;
        if text(&vmi, "/status/phase") == "Running" { Ok(vmi) } else { self.refuse(why) }
    }
}

/// virt-handler's failures come wrapped.
pub fn handler_failed(error: &RuntimeError) -> ApiError {
    ApiError::internal(format!("unexpected return code 500 (500 Internal Server Error), message: {error}"))
}

/// `PUT .../pause`
pub async fn pause(call: Call<'_>, options: Value) -> Result<Response, ApiError> {
    let vmi = call.running("VM is not running")?;
    let probe = &vmi["spec"]["livenessProbe"];
    if probe.is_object() && probe["guestAgentPing"].is_null() {
        let message = format!(
            "virtualmachineinstance.kubevirt.io \"{}\" is forbidden: Pausing VMIs with a non-GuestAgentPing LivenessProbe is not supported",
            call.name
        );
        return Err(ApiError::new(http::StatusCode::FORBIDDEN, "Forbidden", message));
    }
    if is_paused(&call, &vmi).await? {
        return call.refuse("VMI is already paused");
    }
    if !dry_run(&options) {
        call.api.runtime.pause(object::uid(&vmi)).await.map_err(|e| handler_failed(&e))?;
    }
    Ok(done())
}

/// `PUT .../unpause`
pub async fn unpause(call: Call<'_>, options: Value) -> Result<Response, ApiError> {
    let vmi = call.running("VMI is not running")?;
    if !is_paused(&call, &vmi).await? {
        return call.refuse("VMI is not paused");
    }
    if !dry_run(&options) {
        call.api.runtime.resume(object::uid(&vmi)).await.map_err(|e| handler_failed(&e))?;
    }
    Ok(done())
}

/// The runtime knows before the condition says so.
async fn is_paused(call: &Call<'_>, vmi: &Value) -> Result<bool, ApiError> {
    let status = call.api.runtime.status(object::uid(vmi)).await.map_err(|e| handler_failed(&e))?;
    Ok(matches!(status, GuestStatus::Paused(_)))
}

/// `PUT .../reset`
pub async fn reset(call: Call<'_>) -> Result<Response, ApiError> {
    let vmi = call.vmi()?;
    match text(&vmi, "/status/phase") {
        "Running" => {}
        phase @ "Scheduled" => {
            return Err(ApiError::internal(format!("Failed to reset non-running VMI with phase {phase}")));
        }
        phase => {
            return Err(ApiError::bad_request(format!(
                "Unable to connect to VirtualMachineInstance because phase is {phase} instead of Running or Scheduled"
            )));
        }
    }
    call.api.runtime.reset(object::uid(&vmi)).await.map_err(|e| handler_failed(&e))?;
    Ok(done())
}

/// `PUT .../softreboot`: asks the guest by ACPI, or by its agent.
pub async fn soft_reboot(call: Call<'_>) -> Result<Response, ApiError> {
    let vmi = call.running("VM is not running")?;
    if condition(&vmi, "Paused") {
        return call.refuse("VMI is paused");
    }
    if vmi["spec"]["domain"]["features"]["acpi"]["enabled"] == false && !condition(&vmi, "AgentConnected") {
        return call.refuse("VMI neither have the agent connected nor the ACPI feature enabled");
    }
    call.api.runtime.reset(object::uid(&vmi)).await.map_err(|e| handler_failed(&e))?;
    Ok(done())
}

/// `PUT virtualmachines/.../migrate`: nodes are names here, and guests stay where they are.
pub fn migrate(call: &Call<'_>) -> Result<Response, ApiError> {
    if call.api.store.get(&call.vm_key())?.is_none() {
        return Err(ApiError::not_found(&VM, call.name));
    }
    let vmi = call.vmi()?;
    if text(&vmi, "/status/phase") != "Running" {
        return Err(ApiError::conflict(&VM, call.name, "VM is not running"));
    }
    Err(ApiError::internal(
        "admission webhook \"migration-create-validator.kubevirt.io\" denied the request: Cannot migrate VMI, Reason: NotMigratable, Message: guests of this cluster cannot be migrated",
    ))
}

/// Whether a condition of this type is True.
pub fn condition(object: &Value, kind: &str) -> bool {
    object::items(object, "/status/conditions").iter().any(|c| c["type"] == kind && c["status"] == "True")
}

//! Expanding instance types into a VM. This engine serves none, so a VM that names none expands to itself.

use axum::response::Response;
use http::StatusCode;
use serde_json::Value;

use super::{Call, VM};
use crate::api::status::ApiError;
use crate::api::verbs;

/// `GET virtualmachines/.../expand-spec`
pub fn vm(call: &Call<'_>) -> Result<Response, ApiError> {
    let vm = call.api.store.get(&call.vm_key())?.ok_or_else(|| ApiError::not_found(&VM, call.name))?;
    answer(&vm)
}

/// `PUT expand-vm-spec`
pub fn body(vm: &Value) -> Result<Response, ApiError> {
    if vm["kind"] != "VirtualMachine" || !vm["spec"]["template"].is_object() {
        return Err(ApiError::bad_request("Object is not a valid VirtualMachine"));
    }
    answer(vm)
}

fn answer(vm: &Value) -> Result<Response, ApiError> {
    for (field, plural) in [
        ("instancetype", "virtualmachineclusterinstancetypes"),
        ("preference", "virtualmachineclusterpreferences"),
    ] {
        if let Some(name) = vm["spec"][field]["name"].as_str() {
            let message = format!("{plural}.instancetype.kubevirt.io \"{name}\" not found");
            return Err(ApiError::new(StatusCode::NOT_FOUND, "NotFound", message));
        }
    }
    Ok(verbs::json(StatusCode::OK, vm))
}

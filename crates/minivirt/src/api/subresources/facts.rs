//! Reads from inside a guest. Failures are bare text with status 500, as virt-api answers them.

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde_json::json;

use super::{Call, VMI};
use crate::api::status::ApiError;
use crate::api::verbs;
use crate::launcher::{AgentInfo, GuestStatus};
use crate::object::{self, text};

const FAILED: StatusCode = StatusCode::INTERNAL_SERVER_ERROR;

/// `GET .../vnc/screenshot`
pub async fn screenshot(call: Call<'_>) -> Result<Response, ApiError> {
    let uid = running(&call)?;
    let png = call.api.runtime.screenshot(&uid).await.map_err(|e| ApiError::plain(FAILED, e.to_string()))?;
    Ok(([(header::CONTENT_TYPE, "image/png")], png).into_response())
}

/// `GET .../guestosinfo`
pub async fn guest_os_info(call: Call<'_>) -> Result<Response, ApiError> {
    let agent = agent(&call).await?;
    let info = json!({"apiVersion": "subresources.kubevirt.io/v1", "kind": "VirtualMachineInstanceGuestAgentInfo",
        "metadata": {}, "guestAgentVersion": agent.version, "hostname": agent.hostname, "os": guest_os(&agent),
        "timezone": "", "fsInfo": {"disks": []}});
    Ok(verbs::json(StatusCode::OK, &info))
}

/// `GET .../userlist` and `.../filesystemlist`: the agent's report here has neither, so the lists are empty.
pub async fn list(call: Call<'_>, operation: &str) -> Result<Response, ApiError> {
    agent(&call).await?;
    let kind = match operation {
        "userlist" => "VirtualMachineInstanceGuestOSUserList",
        _ => "VirtualMachineInstanceFileSystemList",
    };
    let list =
        json!({"apiVersion": "subresources.kubevirt.io/v1", "kind": kind, "metadata": {}, "items": []});
    Ok(verbs::json(StatusCode::OK, &list))
}

/// `status.guestOSInfo` and `os` of guestosinfo.
pub fn guest_os(agent: &AgentInfo) -> serde_json::Value {
    json!({"id": agent.os_id, "name": agent.os_name, "prettyName": agent.os_pretty_name,
        "versionId": agent.os_version_id, "kernelRelease": agent.kernel_release})
}

fn running(call: &Call<'_>) -> Result<String, ApiError> {
    let vmi = call.vmi().map_err(|e| e.into_plain(FAILED))?;
    if text(&vmi, "/status/phase") != "Running" {
        return Err(ApiError::conflict(&VMI, call.name, "VMI is not running").into_plain(FAILED));
    }
    Ok(object::uid(&vmi).to_owned())
}

async fn agent(call: &Call<'_>) -> Result<AgentInfo, ApiError> {
    let uid = running(call)?;
    let status = call.api.runtime.status(&uid).await.map_err(|e| ApiError::plain(FAILED, e.to_string()))?;
    let guest = match status {
        GuestStatus::Running(guest) | GuestStatus::Paused(guest) => guest.agent,
        _ => None,
    };
    guest.ok_or_else(|| {
        ApiError::conflict(&VMI, call.name, "VMI does not have guest agent connected").into_plain(FAILED)
    })
}

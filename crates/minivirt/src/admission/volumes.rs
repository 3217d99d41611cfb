//! Volumes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::instance::repeated;
use crate::api::status::Cause;
use crate::object::{items, text};

/// Limit of inline cloud-init data.
const USER_DATA_LIMIT: usize = 2048;

/// Names are unique, each volume has one source, and cloud-init data is usable.
pub fn validate(spec: &Value, at: &str, causes: &mut Vec<Cause>) {
    let volumes = items(spec, "/volumes");
    for (index, first) in repeated(volumes) {
        let message = format!("{at}.volumes[{index}] and {at}.volumes[{first}] must not have the same Name.");
        causes.push(Cause::invalid(format!("{at}.volumes[{index}].name"), message));
    }
    for (index, volume) in volumes.iter().enumerate() {
        let path = format!("{at}.volumes[{index}]");
        let sources = volume.as_object().map_or(0, |v| v.keys().filter(|k| *k != "name").count());
        if sources != 1 {
            causes
                .push(Cause::invalid(path.clone(), format!("{path} must have exactly one source type set")));
        }
        if volume["hostDisk"].is_object() {
            causes.push(Cause::invalid(path.clone(), "HostDisk feature gate is not enabled"));
        }
        for kind in ["cloudInitNoCloud", "cloudInitConfigDrive"] {
            if volume[kind].is_object() {
                cloud_init(&volume[kind], &format!("{path}.{kind}"), causes);
            }
        }
        if volume["containerDisk"].is_object() && text(volume, "/containerDisk/image").is_empty() {
            let field = format!("{path}.containerDisk.image");
            causes.push(Cause::required(field.clone(), format!("{field} is a required field")));
        }
    }
}

fn cloud_init(source: &Value, path: &str, causes: &mut Vec<Cause>) {
    let mut sources = 0;
    for (name, plain, encoded, secret, big) in [
        ("userdata", "userData", "userDataBase64", "secretRef", "UserDataSecretRef"),
        ("networkdata", "networkData", "networkDataBase64", "networkDataSecretRef", "NetworkDataSecretRef"),
    ] {
        let given: Vec<&str> =
            [plain, encoded, secret].into_iter().filter(|field| !source[*field].is_null()).collect();
        sources += given.len();
        if given.len() > 1 {
            let message = format!("{path} must have only one {name} source set.");
            causes.push(Cause::invalid(path, message));
        }
        let bytes = match STANDARD.decode(text(source, &format!("/{encoded}"))) {
            Ok(bytes) => bytes.len(),
            Err(_) => {
                let field = format!("{path}.{encoded}");
                causes.push(Cause::invalid(field.clone(), format!("{field} is not a valid base64 value.")));
                0
            }
        };
        if bytes.max(text(source, &format!("/{plain}")).len()) > USER_DATA_LIMIT {
            let message = format!(
                "{path} {name} exceeds {USER_DATA_LIMIT} byte limit. Should use {big} for larger data."
            );
            causes.push(Cause::invalid(path, message));
        }
    }
    if sources == 0 {
        let message = format!("{path} must have at least one userdatasource or one networkdatasource set.");
        causes.push(Cause::required(path, message));
    }
}

//! KubeVirt's admission webhooks, as rules: defaults, then validation with the texts that clients know.
//!
//! Not here: the schema (unknown fields, types), which is judged before (`crate::api::strict`).

mod defaults;
mod devices;
mod instance;
mod resources;
mod vm;
mod volumes;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde_json::{Value, json};

use crate::api::resources::Resource;
use crate::api::status::{ApiError, Cause};
use crate::object;
use crate::quantity::Quantity;

/// Keeps an instance until its guest is gone.
pub const VMI_FINALIZER: &str = "kubevirt.io/foregroundDeleteVirtualMachine";
/// Keeps an instance and its VM until the VM's status has recorded the end.
pub const VM_FINALIZER: &str = "kubevirt.io/virtualMachineControllerFinalize";

/// Validates a new object from a client, and sets what clients see as defaulted.
pub fn create(resource: &Resource, new: &mut Value) -> Result<(), ApiError> {
    match resource.plural {
        "virtualmachines" => {
            readable(resource, &new["spec"]["template"]["spec"])?;
            vm::default_create(new);
            deny("virtualmachine-validator.kubevirt.io", vm::validate(new))
        }
        "virtualmachineinstances" => {
            readable(resource, &new["spec"])?;
            validate_instance(new)
        }
        "secrets" => check_secret(new),
        _ => Ok(()),
    }
}

/// The mutating webhooks read quantities before anybody judges them; what is none stops the reading.
fn readable(resource: &Resource, spec: &Value) -> Result<(), ApiError> {
    let domain = &spec["domain"];
    let resources =
        ["requests", "limits"].into_iter().filter_map(|part| domain["resources"][part].as_object());
    let memory = [&domain["memory"]["guest"], &domain["memory"]["maxGuest"]];
    let mut quantities = memory.into_iter().chain(resources.flat_map(|named| named.values()));
    if quantities.all(|value| value.is_null() || Quantity::of(value).is_some()) {
        return Ok(());
    }
    let message = format!(
        "admission webhook \"{}-mutator.kubevirt.io\" denied the request: quantities must match the regular expression \
         '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        resource.plural
    );
    Err(ApiError::new(StatusCode::BAD_REQUEST, "", message))
}

fn check_secret(secret: &Value) -> Result<(), ApiError> {
    let data = secret["data"].as_object();
    let bad =
        data.into_iter().flatten().find(|(_, v)| STANDARD.decode(v.as_str().unwrap_or_default()).is_err());
    match bad {
        Some((key, _)) => Err(ApiError::bad_request(format!(
            "Secret in version \"v1\" cannot be handled as a Secret: data.{key} is not base64"
        ))),
        None => Ok(()),
    }
}

/// Defaults that every new object of a kind gets, whoever makes it.
pub fn default_new(resource: &Resource, new: &mut Value) {
    match resource.plural {
        "virtualmachineinstances" => defaults::instance(new),
        "datavolumes" => crate::claims::default_new(new),
        "namespaces" => {
            new["status"] = json!({"phase": "Active"});
            let name = object::name(new).to_owned();
            let labels = object::child(&mut new["metadata"], "labels", || json!({}));
            labels["kubernetes.io/metadata.name"] = json!(name);
            new["spec"] = json!({"finalizers": ["kubernetes"]});
            // The real finalizer lives in spec; here it is an ordinary one that the namespace controller removes.
            object::add_finalizer(new, NAMESPACE_FINALIZER);
        }
        "secrets" => {
            defaults::secret(new);
        }
        _ => {}
    }
}

/// Keeps a namespace until its content is gone.
pub const NAMESPACE_FINALIZER: &str = "minivirt.shepherd/content";

/// Validates an instance as the create webhook does; also used when a VM's instance is made.
pub fn validate_instance(new: &Value) -> Result<(), ApiError> {
    // The webhook sees the object after defaulting.
    let mut seen = new.clone();
    defaults::instance(&mut seen);
    deny("virtualmachineinstances-create-validator.kubevirt.io", instance::validate_create(&seen, new))
}

/// Validates a change by a client.
pub fn update(
    resource: &Resource,
    old: &Value,
    new: &mut Value,
    subresource: Option<&str>,
) -> Result<(), ApiError> {
    match (resource.plural, subresource) {
        ("virtualmachines", None) => {
            readable(resource, &new["spec"]["template"]["spec"])?;
            deny("virtualmachine-validator.kubevirt.io", vm::validate(new))
        }
        ("virtualmachineinstances", None) => {
            deny("virtualmachineinstances-update-validator.kubevirt.io", instance::validate_update(old, new))
        }
        ("persistentvolumeclaims", None) => crate::claims::resize(old, new),
        ("secrets", _) => {
            check_secret(new)?;
            defaults::secret(new);
            Ok(())
        }
        _ => Ok(()),
    }
}

fn deny(webhook: &str, causes: Vec<Cause>) -> Result<(), ApiError> {
    if causes.is_empty() { Ok(()) } else { Err(ApiError::denied(webhook, &causes)) }
}

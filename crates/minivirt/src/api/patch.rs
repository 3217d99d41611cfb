//! PATCH: JSON patch, merge patch and server-side apply.

use axum::response::Response;
use http::StatusCode;
use json_patch::PatchOperation;
use serde_json::{Value, json};

use super::query::FieldValidation;
use super::resources::Resource;
use super::status::ApiError;
use super::strict::Part;
use super::verbs::Request;
use super::{Api, body, strict};
use crate::fields;
use crate::object;
use crate::objects::{self, Preconditions, Write};
use crate::store::{Key, Tx};

/// More operations than this are refused, as in kube-apiserver.
const MAX_OPERATIONS: usize = 10_000;

pub(super) enum Patch {
    Json(json_patch::Patch),
    Merge(Value),
    Apply { config: Value, force: bool },
}

/// Patches an object or its status; an apply creates what is missing.
pub async fn patch(api: &Api, request: Request) -> Result<Response, ApiError> {
    let resource = request.path.resource;
    let mut write = request.write();
    let (patch, warnings) = decode(&request)?;
    write.apply = matches!(patch, Patch::Apply { .. });
    let (namespace, name) = (request.namespace().to_owned(), request.name().to_owned());
    let validation = request.query.field_validation;
    let (stored, created, more) = api
        .store
        .transact(move |tx| {
            let key = Key::new(resource.id(), namespace.as_str(), name.as_str());
            let Some(current) = tx.get(&key)? else {
                return create(tx, &write, patch, &namespace, &name).map(|new| (new, true, Vec::new()));
            };
            let proposed = apply(resource, &write, patch, &current)?;
            body::check_object(resource, &proposed)?;
            let (proposed, more) = strict::check(resource, proposed, Part::Whole, validation, b"")?;
            let stored = objects::update(tx, &write, &key, current, proposed, &Preconditions::default())?;
            Ok::<_, ApiError>((stored, false, more))
        })
        .await?;
    let code = if created { StatusCode::CREATED } else { StatusCode::OK };
    let response = request.form.respond(code, resource, stored, &request.query.include_object);
    Ok(strict::with_warnings(response, &[warnings, more].concat()))
}

pub(super) fn decode(request: &Request) -> Result<(Patch, Vec<String>), ApiError> {
    let resource = request.path.resource;
    match body::media_type(&request.headers) {
        "application/json-patch+json" => {
            let patch: json_patch::Patch = serde_json::from_slice(&request.body)
                .map_err(|e| ApiError::bad_request(format!("error decoding patch: {e}")))?;
            if patch.0.len() > MAX_OPERATIONS {
                let message = format!("The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}");
                return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", message));
            }
            Ok((Patch::Json(patch), Vec::new()))
        }
        "application/merge-patch+json" => {
            let patch = body::decode("application/merge-patch+json", &request.body)?;
            if !patch.is_object() {
                let found = match &patch {
                    Value::String(_) => "string",
                    Value::Number(_) => "number",
                    Value::Bool(_) => "bool",
                    _ => "array",
                };
                return Err(ApiError::bad_request(format!(
                    "error decoding patch: json: cannot unmarshal {found} into Go value of type map[string]interface {{}}"
                )));
            }
            Ok((Patch::Merge(patch), Vec::new()))
        }
        "application/apply-patch+yaml" => {
            if request.query.field_manager.is_empty() {
                let message = "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch";
                return Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", message));
            }
            let config = body::decode("application/apply-patch+yaml", &request.body)?;
            body::check_object(resource, &config)?;
            check_apply(request, &config)?;
            let (config, warnings) =
                strict::check(resource, config, Part::Some, request.query.field_validation, &request.body)?;
            Ok((Patch::Apply { config, force: request.query.force }, warnings))
        }
        "application/strategic-merge-patch+json" if !resource.custom() => {
            // The core kinds served here have no strategic lists that merge patch would treat differently,
            // except finalizers and owner references, which clients of this engine do not patch this way.
            let patch = body::decode("application/merge-patch+json", &request.body)?;
            Ok((Patch::Merge(patch), Vec::new()))
        }
        _ => {
            let message = "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml";
            Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", message))
        }
    }
}

fn check_apply(request: &Request, config: &Value) -> Result<(), ApiError> {
    let resource = request.path.resource;
    if config["apiVersion"].is_null() || config["kind"].is_null() {
        return Err(ApiError::bad_request("apiVersion and kind must be set in an apply configuration"));
    }
    if config["metadata"]["managedFields"].as_array().is_some_and(|l| !l.is_empty()) {
        return Err(ApiError::bad_request("metadata.managedFields must be nil"));
    }
    let name = object::name(config);
    if !name.is_empty() && name != request.name() {
        return Err(ApiError::bad_request(format!(
            "name in URL does not match name in {} object",
            resource.kind
        )));
    }
    Ok(())
}

/// The object with the patch applied.
pub(super) fn apply(
    resource: &Resource,
    write: &Write,
    patch: Patch,
    current: &Value,
) -> Result<Value, ApiError> {
    let mut proposed = current.clone();
    match patch {
        Patch::Merge(patch) => json_patch::merge(&mut proposed, &patch),
        Patch::Json(patch) => step_by_step(&mut proposed, &patch.0)?,
        Patch::Apply { config, force } => {
            let version = object::meta(&config, "resourceVersion");
            if !version.is_empty() && version != object::meta(current, "resourceVersion") {
                return Err(ApiError::stale(resource, object::name(current)));
            }
            proposed = fields::apply(current, &config, write, force)?;
        }
    }
    Ok(proposed)
}

/// Applies a JSON patch. Copies can double an object with every operation, so its size is checked after each.
fn step_by_step(object: &mut Value, operations: &[PatchOperation]) -> Result<(), ApiError> {
    for operation in operations {
        json_patch::patch(object, std::slice::from_ref(operation)).map_err(|_| ApiError::patch_rejected())?;
        if matches!(operation, PatchOperation::Copy(_)) {
            objects::check_size(object)?;
        }
    }
    Ok(())
}

/// Only an apply of the object itself may create.
fn create(
    tx: &mut Tx<'_>,
    write: &Write,
    patch: Patch,
    namespace: &str,
    name: &str,
) -> Result<Value, ApiError> {
    let missing = || ApiError::not_found(write.resource, name);
    let Patch::Apply { mut config, force } = patch else { return Err(missing()) };
    if write.subresource.is_some() || !object::uid(&config).is_empty() {
        return Err(missing());
    }
    object::child(&mut config, "metadata", || json!({}))["name"] = json!(name);
    let new = fields::apply(&json!({}), &config, write, force)?;
    let (new, _) = strict::check(write.resource, new, Part::Whole, FieldValidation::Ignore, b"")?;
    objects::create(tx, write, namespace, new)
}

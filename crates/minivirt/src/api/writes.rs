//! POST and PUT.

use axum::response::Response;
use http::StatusCode;
use serde_json::Value;

use super::resources::Resource;
use super::status::{ApiError, Cause};
use super::strict::Part;
use super::verbs::Request;
use super::{Api, body, review, strict};
use crate::object;
use crate::objects::{self, Preconditions};
use crate::store::Key;

/// Creates an object.
pub async fn create(api: &Api, request: Request) -> Result<Response, ApiError> {
    let resource = request.path.resource;
    if resource.plural == "selfsubjectaccessreviews" {
        return review::answer(&request);
    }
    if resource.namespaced && request.path.namespace.is_none() {
        return Err(ApiError::method_not_allowed());
    }
    let (new, warnings) = decode(&request)?;
    let (write, namespace) = (request.write(), request.namespace().to_owned());
    let stored = api.store.transact(move |tx| objects::create(tx, &write, &namespace, new)).await?;
    let response = request.form.respond(StatusCode::CREATED, resource, stored, &request.query.include_object);
    Ok(strict::with_warnings(response, &warnings))
}

/// Replaces an object or its status.
pub async fn replace(api: &Api, request: Request) -> Result<Response, ApiError> {
    let resource = request.path.resource;
    let (new, warnings) = decode(&request)?;
    check_path(&request, &new)?;
    let write = request.write();
    let key = Key::new(resource.id(), request.namespace(), request.name());
    let name = request.name().to_owned();
    let stored = api
        .store
        .transact(move |tx| {
            let current = tx.get(&key)?.ok_or_else(|| ApiError::not_found(resource, &name))?;
            require_version(resource, &new)?;
            objects::update(tx, &write, &key, current, new, &Preconditions::default())
        })
        .await?;
    let response = request.form.respond(StatusCode::OK, resource, stored, &request.query.include_object);
    Ok(strict::with_warnings(response, &warnings))
}

/// The body as an object of the kind, without unknown fields.
fn decode(request: &Request) -> Result<(Value, Vec<String>), ApiError> {
    let resource = request.path.resource;
    let object = body::decode_object(&request.headers, &request.body)?;
    body::check_object(resource, &object)?;
    strict::check(resource, object, Part::Whole, request.query.field_validation, &request.body)
}

fn check_path(request: &Request, new: &Value) -> Result<(), ApiError> {
    let name = object::name(new);
    if name != request.name() && !name.is_empty() {
        let message = format!(
            "the name of the object ({name}) does not match the name on the URL ({})",
            request.name()
        );
        return Err(ApiError::bad_request(message));
    }
    let namespace = object::namespace(new);
    if !namespace.is_empty() && namespace != request.namespace() {
        let message = "the namespace of the provided object does not match the namespace sent on the request";
        return Err(ApiError::bad_request(message));
    }
    Ok(())
}

/// Custom resources cannot be replaced blindly.
fn require_version(resource: &Resource, new: &Value) -> Result<(), ApiError> {
    if !resource.custom() || !object::meta(new, "resourceVersion").is_empty() {
        return Ok(());
    }
    let cause =
        Cause::invalid("metadata.resourceVersion", "Invalid value: 0x0: must be specified for an update");
    Err(ApiError::invalid(resource, object::name(new), &[cause]))
}

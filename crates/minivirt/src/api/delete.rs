//! DELETE of an object or a collection.

use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};

use super::Api;
use super::status::ApiError;
use super::verbs::{Request, json as respond};
use crate::object;
use crate::objects::{self, DeleteOptions, Deleted, Propagation};
use crate::store::Key;

/// Namespaces a cluster cannot do without.
const KEPT_NAMESPACES: [&str; 3] = ["default", "kube-system", "kubevirt"];

/// Deletes one object.
pub async fn delete(api: &Api, request: Request) -> Result<Response, ApiError> {
    let resource = request.path.resource;
    if resource.plural == "namespaces" && KEPT_NAMESPACES.contains(&request.name()) {
        let message =
            format!("namespaces \"{}\" is forbidden: this namespace may not be deleted", request.name());
        return Err(ApiError::new(StatusCode::FORBIDDEN, "Forbidden", message));
    }
    let options = options(&request)?;
    let mut write = request.write();
    write.dry_run |= options.dry_run.iter().any(|d| d == "All");
    let key = Key::new(resource.id(), request.namespace(), request.name());
    let name = request.name().to_owned();
    let deleted = api
        .store
        .transact(move |tx| {
            let current = tx.get(&key)?.ok_or_else(|| ApiError::not_found(resource, &name))?;
            objects::delete(tx, &write, &key, current, &options)
        })
        .await?;
    Ok(match deleted {
        Deleted::Waiting(object) => {
            request.form.respond(StatusCode::OK, resource, object, &request.query.include_object)
        }
        Deleted::Gone(object) => respond(StatusCode::OK, &success(&request, &object)),
    })
}

/// Deletes what the selectors of the request select, each in its own transaction.
pub async fn delete_collection(api: &Api, request: Request) -> Result<Response, ApiError> {
    let resource = request.path.resource;
    let options = options(&request)?;
    let query = &request.query;
    let keep = |o: &Value| query.labels.selects(o) && query.fields.selects(o);
    let namespace = request.path.namespace.as_deref();
    let found = api.store.snapshot()?.list(&resource.id(), namespace, None, usize::MAX, keep)?.items;
    let mut items = Vec::new();
    for object in found {
        let key = Key::new(resource.id(), object::namespace(&object), object::name(&object));
        let (write, options, uid) = (request.write(), options.clone(), object::uid(&object).to_owned());
        let deleted = api
            .store
            .transact(move |tx| match tx.get(&key)? {
                Some(current) if object::uid(&current) == uid => {
                    objects::delete(tx, &write, &key, current, &options).map(Some)
                }
                // Somebody else deleted it in between: what was asked for is done.
                _ => Ok::<_, ApiError>(None),
            })
            .await?;
        items.extend(deleted.map(|d| match d {
            Deleted::Gone(object) | Deleted::Waiting(object) => object,
        }));
    }
    let meta = json!({"resourceVersion": api.store.revision().to_string()});
    let body = request.form.list(resource, items, meta, &request.query.include_object);
    Ok(respond(StatusCode::OK, &body))
}

fn options(request: &Request) -> Result<DeleteOptions, ApiError> {
    let mut options: DeleteOptions = if request.body.is_empty() {
        DeleteOptions::default()
    } else {
        serde_json::from_slice(&request.body)
            .map_err(|e| ApiError::bad_request(format!("error decoding DeleteOptions: {e}")))?
    };
    if let Some(other) = options.dry_run.iter().find(|d| *d != "All") {
        let message = format!(
            "DeleteOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: {other:?}: supported values: \"All\""
        );
        return Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", message));
    }
    options.propagation_policy = match request.query.propagation.as_str() {
        "" => options.propagation_policy,
        "Background" => Some(Propagation::Background),
        "Foreground" => Some(Propagation::Foreground),
        "Orphan" => Some(Propagation::Orphan),
        other => {
            return Err(ApiError::bad_request(format!("propagationPolicy: unsupported value {other:?}")));
        }
    };
    Ok(options)
}

fn success(request: &Request, object: &Value) -> Value {
    let resource = request.path.resource;
    let mut details =
        json!({"name": object::name(object), "kind": resource.plural, "uid": object::uid(object)});
    object::set_or_remove(&mut details, "group", json!(resource.group));
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details})
}

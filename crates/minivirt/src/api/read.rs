//! GET of objects and lists.

use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use serde_json::{Value, json};

use super::Api;
use super::status::ApiError;
use super::verbs::{Request, json as respond};
use crate::faults::Faults;
use crate::store::{Key, Snapshot, StoreError};

/// One object.
pub fn get(api: &Api, request: &Request) -> Result<Response, ApiError> {
    let resource = request.path.resource;
    let snapshot = api.faults.view()?;
    check_not_ahead(&snapshot, &request.query.resource_version)?;
    let key = Key::new(resource.id(), request.namespace(), request.name());
    let object = snapshot.get(&key)?.ok_or_else(|| ApiError::not_found(resource, request.name()))?;
    Ok(request.form.respond(StatusCode::OK, resource, object, &request.query.include_object))
}

/// A list, in pages when `limit` is given.
pub async fn list(api: &Api, request: Request) -> Result<Response, ApiError> {
    let faults = api.faults.clone();
    // A long list parses many objects; that must not hold up the other requests of this thread.
    let page = tokio::task::spawn_blocking(move || collect(&faults, &request).map(|value| (value, request)));
    let (list, request) = page.await.map_err(|_| ApiError::internal("list was interrupted"))??;
    let (items, meta) = list;
    let body = request.form.list(request.path.resource, items, meta, &request.query.include_object);
    Ok(respond(StatusCode::OK, &body))
}

fn collect(faults: &Faults, request: &Request) -> Result<(Vec<Value>, Value), ApiError> {
    let query = &request.query;
    let snapshot = faults.view()?;
    check_not_ahead(&snapshot, &query.resource_version)?;
    let (revision, after) = if query.continue_token.is_empty() {
        (snapshot.revision(), None)
    } else {
        let token = Token::decode(&query.continue_token)?;
        token.check(&snapshot, faults.forgot(token.revision))?;
        (token.revision, Some((token.namespace, token.name)))
    };
    let id = request.path.resource.id();
    let namespace = request.path.namespace.as_deref();
    let keep = |object: &Value| query.labels.selects(object) && query.fields.selects(object);
    if let (Some(name), Some(ns), None) = (query.fields.name(), namespace_of(request), &after) {
        let found = snapshot.get(&Key::new(id, ns, name))?;
        let items = found.into_iter().filter(keep).collect();
        return Ok((items, json!({"resourceVersion": revision.to_string()})));
    }
    let limit = if query.limit == 0 { usize::MAX } else { query.limit };
    let page = snapshot.list(&id, namespace, after.as_ref(), limit, keep)?;
    let mut meta = json!({"resourceVersion": revision.to_string()});
    if let Some((namespace, name)) = page.next {
        meta["continue"] = json!(Token { revision, namespace, name }.encode());
    }
    Ok((page.items, meta))
}

/// The namespace in which a name is unique, if the request fixes it.
fn namespace_of(request: &Request) -> Option<&str> {
    if request.path.resource.namespaced { request.path.namespace.as_deref() } else { Some("") }
}

/// A revision this store never reached belongs to another store: 504 as kube-apiserver answers it.
fn check_not_ahead(snapshot: &Snapshot, version: &str) -> Result<(), ApiError> {
    if version.is_empty() {
        return Ok(());
    }
    let wanted: u64 = parse_version(version)?;
    if wanted <= snapshot.revision() {
        return Ok(());
    }
    let message = format!("Too large resource version: {wanted}, current: {}", snapshot.revision());
    Err(ApiError::new(StatusCode::GATEWAY_TIMEOUT, "Timeout", message))
}

/// A resourceVersion from a client.
pub fn parse_version(text: &str) -> Result<u64, ApiError> {
    text.parse()
        .map_err(|_| ApiError::bad_request(format!("invalid resource version {text:?}: must be a number")))
}

/// Where a list goes on. It carries the revision of its first page, from which a watch then misses nothing.
#[derive(serde::Serialize, serde::Deserialize)]
struct Token {
    #[serde(rename = "rv")]
    revision: u64,
    #[serde(rename = "ns")]
    namespace: String,
    #[serde(rename = "n")]
    name: String,
}

impl Token {
    fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    fn decode(text: &str) -> Result<Self, ApiError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok();
        bytes.and_then(|b| serde_json::from_slice(&b).ok()).ok_or_else(|| {
            ApiError::bad_request("continue key is not valid: it was not issued by this server")
        })
    }

    fn check(&self, snapshot: &Snapshot, forgotten: bool) -> Result<(), ApiError> {
        let oldest = snapshot.compacted()?;
        if forgotten || self.revision < oldest || self.revision > snapshot.revision() {
            let compacted = StoreError::Compacted { requested: self.revision, oldest };
            tracing::debug!(%compacted, "continue token refused");
            return Err(ApiError::expired(
                "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.",
            ));
        }
        Ok(())
    }
}

//! From an HTTP request on an object path to a verb.

use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, StatusCode, Uri, header};
use serde_json::Value;

use super::auth::{User, access};
use super::path::ObjectPath;
use super::query::Query;
use super::render::Form;
use super::status::ApiError;
use super::{Api, delete, patch, read, watch, writes};
use crate::objects::Write;

/// A parsed request on an object or collection.
pub struct Request {
    /// What it is about.
    pub path: ObjectPath,
    /// Its parameters.
    pub query: Query,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, already limited in size.
    pub body: Bytes,
    /// The shape the client wants.
    pub form: Form,
    /// Who asks.
    pub user: User,
}

impl Request {
    /// Namespace of the path; empty when there is none.
    pub fn namespace(&self) -> &str {
        self.path.namespace.as_deref().unwrap_or_default()
    }

    /// Name of the path; empty for a collection.
    pub fn name(&self) -> &str {
        self.path.name.as_deref().unwrap_or_default()
    }

    /// How this client writes.
    pub fn write(&self) -> Write {
        let agent = self.headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or("unknown");
        let manager = match self.query.field_manager.as_str() {
            "" => agent.split('/').next().unwrap_or(agent),
            manager => manager,
        };
        Write {
            manager: manager.to_owned(),
            subresource: self.path.subresource.clone(),
            dry_run: self.query.dry_run,
            engine: false,
            ..Write::engine(self.path.resource, "")
        }
    }
}

/// Answers a request on an object path.
pub async fn serve(
    api: &Api,
    user: User,
    path: ObjectPath,
    method: &Method,
    uri: &Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let query = Query::parse(uri, path.resource)?;
    let verb = verb(&path, method, &query)?;
    let (namespace, name) =
        (path.namespace.clone().unwrap_or_default(), path.name.clone().unwrap_or_default());
    user.check(access(path.resource, verb, &namespace, &name))?;
    let served = path.resource.verbs.contains(&verb) && subresource_served(&path, verb);
    if !served {
        // A path that exists for no verb is unknown; one that exists for another is not allowed.
        let unknown = path.subresource.is_some() && !subresource_served(&path, "get");
        let missing = || ApiError::not_found(path.resource, &name);
        return Err(if unknown { missing() } else { ApiError::method_not_allowed() });
    }
    let form = Form::negotiate(&headers);
    let request = Request { path, query, headers, body, form, user };
    match verb {
        "get" => read::get(api, &request),
        "list" => read::list(api, request).await,
        "watch" => watch::watch(api, request).await,
        "create" => writes::create(api, request).await,
        "update" => writes::replace(api, request).await,
        "patch" => patch::patch(api, request).await,
        "delete" => delete::delete(api, request).await,
        _ => delete::delete_collection(api, request).await,
    }
}

fn verb(path: &ObjectPath, method: &Method, query: &Query) -> Result<&'static str, ApiError> {
    let named = path.name.is_some();
    match (method.as_str(), named) {
        ("GET" | "HEAD", false) if query.watch => Ok("watch"),
        ("GET" | "HEAD", false) => Ok("list"),
        ("GET" | "HEAD", true) => Ok("get"),
        ("POST", false) => Ok("create"),
        ("PUT", true) => Ok("update"),
        ("PATCH", true) => Ok("patch"),
        ("DELETE", true) => Ok("delete"),
        ("DELETE", false) => Ok("deletecollection"),
        _ => Err(ApiError::method_not_allowed()),
    }
}

fn subresource_served(path: &ObjectPath, verb: &str) -> bool {
    match path.subresource.as_deref() {
        None => true,
        Some("status") => path.resource.status && matches!(verb, "get" | "update" | "patch"),
        Some(_) => false,
    }
}

/// A JSON answer.
pub fn json(code: StatusCode, value: &Value) -> Response {
    (code, axum::Json(value)).into_response()
}

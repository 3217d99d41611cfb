//! `/apis/subresources.kubevirt.io/v1`: power, consoles and guest facts.
//!
//! Status codes follow virt-api, with its asymmetries: operations on a VM answer 202, those on a guest 200, and
//! failed reads of guest facts are bare text with status 500.

mod expand;
mod facts;
mod guest;
mod power;
mod sessions;
mod streams;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::header::ACCEPT;
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};

use super::auth::{Access, User};
use super::path::SUBRESOURCES;
use super::resources::{Generation, Resource, VMIS, VMS};
use super::status::ApiError;
use super::{Api, body, read_body, table, verbs};
use crate::store::Key;
use crate::version;

pub use facts::guest_os;
pub use sessions::Sessions;

/// virt-api names kinds in the singular where the API server uses the plural.
static VM: Resource = singular("VirtualMachine", "virtualmachine");
static VMI: Resource = singular("VirtualMachineInstance", "virtualmachineinstance");

const fn singular(kind: &'static str, name: &'static str) -> Resource {
    Resource {
        group: "kubevirt.io",
        version: "v1",
        kind,
        plural: name,
        singular: name,
        short: &[],
        namespaced: true,
        status: false,
        generation: Generation::None,
        verbs: &[],
        columns: table::AGE,
    }
}

/// Which object a call is about.
struct Call<'a> {
    api: &'a Api,
    namespace: &'a str,
    name: &'a str,
}

impl Call<'_> {
    fn vm_key(&self) -> Key {
        Key::new(VMS.id(), self.namespace, self.name)
    }

    fn vmi_key(&self) -> Key {
        Key::new(VMIS.id(), self.namespace, self.name)
    }

    fn vmi(&self) -> Result<Value, ApiError> {
        self.api.store.get(&self.vmi_key())?.ok_or_else(|| ApiError::not_found(&VMI, self.name))
    }
}

/// Answers a request below the group version.
pub async fn serve(
    api: &Api,
    user: User,
    segments: &[String],
    request: Request,
) -> Result<Response, ApiError> {
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    let method = request.method().clone();
    match (method.as_str(), path.as_slice()) {
        ("GET", ["version"]) => Ok(verbs::json(StatusCode::OK, &engine_version())),
        ("GET", ["healthz"]) => {
            Ok(verbs::json(StatusCode::OK, &json!({"apiserver": {"connectivity": "ok"}})))
        }
        ("GET", ["guestfs"]) => Ok(verbs::json(StatusCode::OK, &json!({}))),
        ("PUT", ["namespaces", _, "expand-vm-spec"]) => {
            let body = decode(request).await?;
            expand::body(&body)
        }
        (_, ["namespaces", namespace, kind, name, operation @ ..]) if !operation.is_empty() => {
            let operation = operation.join("/");
            authorize(&user, &method, namespace, kind, name, &operation)?;
            if method == Method::PUT && !accepts_anything(request.headers()) {
                return Ok(NOT_ACCEPTABLE.into_response());
            }
            let call = Call { api, namespace, name };
            match *kind {
                "virtualmachines" => vm(call, &method, &operation, request).await,
                "virtualmachineinstances" => vmi(call, &method, &operation, request).await,
                _ => Err(ApiError::no_such_path()),
            }
        }
        _ => Err(ApiError::no_such_path()),
    }
}

async fn vm(
    call: Call<'_>,
    method: &Method,
    operation: &str,
    request: Request,
) -> Result<Response, ApiError> {
    match (method.as_str(), operation) {
        ("PUT", "start") => power::start(call, decode(request).await?).await,
        ("PUT", "stop") => power::stop(call, decode(request).await?).await,
        ("PUT", "restart") => power::restart(call, decode(request).await?).await,
        ("PUT", "migrate") => guest::migrate(&call),
        ("GET", "expand-spec") => expand::vm(&call),
        ("GET", "objectgraph") => {
            Err(ApiError::bad_request("ObjectGraph feature gate not enabled: Unable to return object graph."))
        }
        ("GET", stream) if stream.starts_with("portforward/") => streams::port(call, stream, request).await,
        _ => Err(ApiError::no_such_path()),
    }
}

async fn vmi(
    call: Call<'_>,
    method: &Method,
    operation: &str,
    request: Request,
) -> Result<Response, ApiError> {
    match (method.as_str(), operation) {
        ("PUT", "pause") => guest::pause(call, decode(request).await?).await,
        ("PUT", "unpause") => guest::unpause(call, decode(request).await?).await,
        ("PUT", "softreboot") => guest::soft_reboot(call).await,
        ("PUT", "reset") => guest::reset(call).await,
        ("GET", "console") => streams::console(call, request).await,
        ("GET", "vnc") => streams::vnc(call, request).await,
        ("GET", "vnc/screenshot") => facts::screenshot(call).await,
        ("GET", "guestosinfo") => facts::guest_os_info(call).await,
        ("GET", "userlist" | "filesystemlist") => facts::list(call, operation).await,
        ("GET", stream) if stream.starts_with("portforward/") => streams::port(call, stream, request).await,
        _ => Err(ApiError::no_such_path()),
    }
}

/// virt-api declares no media type for what answers without a body, so it serves only those who take any.
fn accepts_anything(headers: &HeaderMap) -> bool {
    let mut accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).peekable();
    accepted.peek().is_none() || accepted.any(|types| types.contains("*/*"))
}

const NOT_ACCEPTABLE: (StatusCode, &str) =
    (StatusCode::NOT_ACCEPTABLE, "406: Not Acceptable\n\nAvailable representations: ");

fn authorize(
    user: &User,
    method: &Method,
    namespace: &str,
    kind: &str,
    name: &str,
    operation: &str,
) -> Result<(), ApiError> {
    // What follows the first part, such as a port, is no part of the permission.
    let permission = operation.split('/').next().unwrap_or(operation);
    let resource = format!("{kind}/{permission}");
    let verb = if method == Method::GET { "get" } else { "update" };
    user.check(Access { verb, group: SUBRESOURCES, resource: &resource, namespace, name })
}

/// The body: JSON, YAML or nothing. virtctl sends JSON without a content type.
async fn decode(request: Request) -> Result<Value, ApiError> {
    let (_, body) = request.into_parts();
    let bytes = read_body(body).await?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(json!({}));
    }
    body::decode("application/yaml", &bytes).ok().filter(|v| v.is_object() || v.is_null()).ok_or_else(|| {
        ApiError::bad_request("Can not unmarshal Request body to struct, error: the body is not an object")
    })
}

fn dry_run(options: &Value) -> bool {
    options["dryRun"].as_array().is_some_and(|list| list.iter().any(|d| d == "All"))
}

fn accepted() -> Response {
    StatusCode::ACCEPTED.into_response()
}

fn done() -> Response {
    StatusCode::OK.into_response()
}

fn engine_version() -> Value {
    json!({"gitVersion": version::KUBEVIRT, "gitCommit": "", "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z", "goVersion": "", "compiler": "rustc", "platform": "linux/amd64"})
}

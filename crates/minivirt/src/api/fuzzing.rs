//! What the fuzz target calls, and the test that replays its cases: a request, from its bytes to where the store begins.
//!
//! A target breaks when something panics or takes too long. The first line is method and target, then come `Accept` and
//! `Content-Type`, a line each, then the body: what a person would write, so that cases can be read and made by hand.

use axum::body::Bytes;
use axum::response::IntoResponse;
use http::{HeaderMap, HeaderValue, Uri, header};
use serde_json::{Value, json};

use super::auth::{Role, User};
use super::path::{self, ObjectPath, Target};
use super::query::Query;
use super::render::Form;
use super::status::ApiError;
use super::strict::Part;
use super::verbs::Request;
use super::{body, discovery, openapi, patch, strict};
use crate::{admission, fields};

/// One request.
pub fn requests(bytes: &[u8]) {
    let mut parts = bytes.splitn(4, |byte| *byte == b'\n');
    let mut line = || parts.next().unwrap_or_default();
    let (first, accept, content_type, body) = (line(), line(), line(), line());
    let Ok(first) = std::str::from_utf8(first) else { return };
    let (method, target) = first.split_once(' ').unwrap_or(("GET", first));
    let Ok(uri) = target.parse::<Uri>() else { return };
    let mut headers = HeaderMap::new();
    for (name, value) in [(header::ACCEPT, accept), (header::CONTENT_TYPE, content_type)] {
        headers.extend(HeaderValue::from_bytes(value).ok().map(|value| (name, value)));
    }
    match path::parse(uri.path()) {
        Some(Target::Object(path)) => {
            if let Err(error) = object(method, &uri, path, headers, body) {
                let _ = error.into_response();
            }
        }
        Some(Target::Document(segments)) => {
            let path: Vec<&str> = segments.iter().map(String::as_str).collect();
            let _ = (discovery::document(&path), openapi::document(&path));
        }
        Some(Target::Subresource(_)) | None => {}
    }
}

fn object(
    method: &str,
    uri: &Uri,
    path: ObjectPath,
    headers: HeaderMap,
    bytes: &[u8],
) -> Result<(), ApiError> {
    let resource = path.resource;
    let query = Query::parse(uri, resource)?;
    let form = Form::negotiate(&headers);
    let user = User { name: "somebody".to_owned(), role: Role::Admin };
    let body = Bytes::copy_from_slice(bytes);
    let request = Request { path, query, headers, body, form, user };
    let write = request.write();
    let there = example(&request);
    let selected = request.query.labels.selects(&there) && request.query.fields.selects(&there);
    let _ = form.list(resource, vec![there.clone()], json!({}), &request.query.include_object);
    let mut proposed = match method {
        "PATCH" => {
            let (patch, _) = patch::decode(&request)?;
            patch::apply(resource, &write, patch, &there)?
        }
        _ => body::decode_object(&request.headers, bytes)?,
    };
    body::check_object(resource, &proposed)?;
    let validation = request.query.field_validation;
    let (checked, warnings) = strict::check(resource, proposed.take(), Part::Whole, validation, bytes)?;
    proposed = checked;
    if method == "PATCH" {
        fields::on_update(&there, &mut proposed, &write);
    } else {
        admission::create(resource, &mut proposed)?;
        admission::default_new(resource, &mut proposed);
        fields::on_create(&mut proposed, &write);
    }
    let response = form.respond(http::StatusCode::OK, resource, proposed, &request.query.include_object);
    let _ = (strict::with_warnings(response, &warnings), selected);
    Ok(())
}

/// What the request finds there.
fn example(request: &Request) -> Value {
    let resource = request.path.resource;
    let mut vm = json!({
        "metadata": {"name": request.name(), "namespace": request.namespace(), "uid": "1", "resourceVersion": "5",
            "labels": {"app": "web"}, "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"runStrategy": "Always", "template": {"spec": {
            "domain": {"cpu": {"cores": 1}, "memory": {"guest": "64Mi"},
                "devices": {"disks": [{"name": "root", "disk": {"bus": "virtio"}}]}},
            "volumes": [{"name": "root", "containerDisk": {"image": "demo"}}]}}},
        "status": {"printableStatus": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
    });
    vm["apiVersion"] = json!(resource.api_version());
    vm["kind"] = json!(resource.kind);
    vm
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_cases_of_the_fuzz_target_break_nothing() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/requests");
        let cases =
            std::fs::read_dir(folder).unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
        assert!(cases.map(|case| super::requests(&case)).count() > 0);
    }
}

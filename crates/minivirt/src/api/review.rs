//! SelfSubjectAccessReview.

use axum::response::Response;
use http::StatusCode;
use serde_json::json;

use super::auth::Access;
use super::body;
use super::status::ApiError;
use super::verbs::{Request, json as respond};
use crate::object::text;

/// Says whether the caller may do what the review asks.
pub fn answer(request: &Request) -> Result<Response, ApiError> {
    let mut review = body::decode_object(&request.headers, &request.body)?;
    body::check_object(request.path.resource, &review)?;
    let attributes = review["spec"]["resourceAttributes"].clone();
    let allowed = if attributes.is_object() {
        let (resource, subresource) = (text(&attributes, "/resource"), text(&attributes, "/subresource"));
        let resource =
            if subresource.is_empty() { resource.to_owned() } else { format!("{resource}/{subresource}") };
        request.user.may(Access {
            verb: text(&attributes, "/verb"),
            group: text(&attributes, "/group"),
            resource: &resource,
            namespace: text(&attributes, "/namespace"),
            name: text(&attributes, "/name"),
        })
    } else {
        // Paths outside objects (version, discovery) are open to every authenticated caller.
        matches!(text(&review, "/spec/nonResourceAttributes/verb"), "get" | "head")
    };
    review["apiVersion"] = json!(request.path.resource.api_version());
    review["kind"] = json!(request.path.resource.kind);
    crate::object::child(&mut review, "metadata", || json!({}));
    review["status"] = json!({"allowed": allowed});
    Ok(respond(StatusCode::CREATED, &review))
}

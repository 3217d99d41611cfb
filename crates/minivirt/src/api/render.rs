//! The shapes a client may ask for: the object, its metadata, or a Table.

use axum::response::Response;
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};

use super::resources::Resource;
use super::table::{self, Include};
use super::verbs;
use crate::object;

/// A shape, from the `Accept` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The object itself.
    Plain,
    /// `as=Table`
    Table,
    /// `as=PartialObjectMetadata` or its list.
    Metadata,
}

impl Form {
    /// The first shape in `Accept` that is known; clients list a plain one as the last resort.
    pub fn negotiate(headers: &HeaderMap) -> Self {
        let accept = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
        for choice in accept.split(',') {
            let choice = choice.replace(' ', "");
            if !choice.starts_with("application/json") && !choice.starts_with("*/*") {
                continue;
            }
            return match choice.split(';').find_map(|p| p.strip_prefix("as=")) {
                Some("Table") if choice.contains("v=v1;") || choice.ends_with("v=v1") => Self::Table,
                Some("PartialObjectMetadata" | "PartialObjectMetadataList") => Self::Metadata,
                Some(_) => continue,
                None => Self::Plain,
            };
        }
        Self::Plain
    }

    /// One object.
    pub fn object(self, resource: &Resource, object: Value, include: &str) -> Value {
        match self {
            Self::Plain => object,
            Self::Metadata => metadata(&object),
            Self::Table => {
                let meta = json!({"resourceVersion": object::meta(&object, "resourceVersion")});
                table::render(resource, &[object], meta, include_of(include), true)
            }
        }
    }

    /// One object of a watch; only the first Table has its headers.
    pub fn watched(self, resource: &Resource, object: Value, include: &str, first: bool) -> Value {
        match self {
            Self::Table => {
                let meta = json!({"resourceVersion": object::meta(&object, "resourceVersion")});
                table::render(resource, &[object], meta, include_of(include), first)
            }
            other => other.object(resource, object, include),
        }
    }

    /// A list.
    pub fn list(self, resource: &Resource, items: Vec<Value>, meta: Value, include: &str) -> Value {
        match self {
            Self::Table => table::render(resource, &items, meta, include_of(include), true),
            Self::Plain => {
                json!({"apiVersion": resource.api_version(), "kind": format!("{}List", resource.kind),
                "metadata": meta, "items": items})
            }
            Self::Metadata => {
                let items: Vec<Value> = items.iter().map(metadata).collect();
                json!({"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadataList", "metadata": meta,
                    "items": items})
            }
        }
    }

    /// One object as an answer.
    pub fn respond(self, code: StatusCode, resource: &Resource, object: Value, include: &str) -> Response {
        verbs::json(code, &self.object(resource, object, include))
    }
}

fn metadata(object: &Value) -> Value {
    json!({"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": object["metadata"]})
}

fn include_of(text: &str) -> Include {
    match text {
        "None" => Include::None,
        "Object" => Include::Object,
        _ => Include::Metadata,
    }
}

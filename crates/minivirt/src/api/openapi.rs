//! `/openapi/v3`: enough of the document for `kubectl apply` and `kubectl explain`.

use serde_json::{Map, Value, json};

use super::resources::{RESOURCES, Resource};
use crate::schema;

/// The index, or the document of one group version.
pub fn document(path: &[&str]) -> Option<Value> {
    match path {
        [] => {
            let paths: Map<String, Value> = group_versions()
                .into_iter()
                .map(|(prefix, _, _)| {
                    let url = json!({"serverRelativeURL": format!("/openapi/v3/{prefix}?hash=1")});
                    (prefix, url)
                })
                .collect();
            Some(json!({"paths": paths}))
        }
        parts => {
            let wanted = parts.join("/");
            let (prefix, group, version) = group_versions().into_iter().find(|(p, _, _)| *p == wanted)?;
            Some(group_version(&prefix, group, version))
        }
    }
}

fn group_versions() -> Vec<(String, &'static str, &'static str)> {
    let mut found: Vec<(String, &str, &str)> = Vec::new();
    for r in RESOURCES {
        let prefix = prefix(r);
        if !found.iter().any(|(p, _, _)| *p == prefix) {
            found.push((prefix, r.group, r.version));
        }
    }
    found
}

fn prefix(r: &Resource) -> String {
    if r.group.is_empty() { format!("api/{}", r.version) } else { format!("apis/{}/{}", r.group, r.version) }
}

fn group_version(prefix: &str, group: &str, version: &str) -> Value {
    let (mut paths, mut schemas) = (Map::new(), Map::new());
    for r in RESOURCES.iter().filter(|r| r.group == group && r.version == version) {
        let base =
            if r.namespaced { format!("/{prefix}/namespaces/{{namespace}}") } else { format!("/{prefix}") };
        paths.insert(format!("{base}/{}", r.plural), json!({"post": operation(r, "post")}));
        let one = json!({"get": operation(r, "get"), "put": operation(r, "put"), "patch": operation(r, "patch"),
            "delete": operation(r, "delete")});
        paths.insert(format!("{base}/{}/{{name}}", r.plural), one);
        schemas.insert(component(r), kind_schema(r));
    }
    json!({"openapi": "3.0.0", "info": {"title": "minivirt", "version": crate::version::KUBEVIRT}, "paths": paths,
        "components": {"schemas": schemas}})
}

fn component(r: &Resource) -> String {
    let group: Vec<&str> = r.group.split('.').filter(|s| !s.is_empty()).rev().collect();
    let group = if group.is_empty() { "io.k8s.api.core".to_owned() } else { group.join(".") };
    format!("{group}.{}.{}", r.version, r.kind)
}

fn gvk(r: &Resource) -> Value {
    json!({"group": r.group, "version": r.version, "kind": r.kind})
}

fn operation(r: &Resource, method: &str) -> Value {
    let parameter =
        |name: &str| json!({"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": true}});
    let names: &[&str] = match method {
        "patch" => &["dryRun", "fieldManager", "fieldValidation", "force"],
        "post" | "put" => &["dryRun", "fieldManager", "fieldValidation"],
        "delete" => &["dryRun", "propagationPolicy"],
        _ => &[],
    };
    let parameters: Vec<Value> = names.iter().map(|n| parameter(n)).collect();
    let schema = json!({"$ref": format!("#/components/schemas/{}", component(r))});
    json!({"parameters": parameters, "x-kubernetes-action": method, "x-kubernetes-group-version-kind": gvk(r),
        "responses": {"200": {"description": "OK", "content": {"application/json": {"schema": schema}}}}})
}

fn kind_schema(r: &Resource) -> Value {
    let below = schema::of_kind(r.kind).map_or_else(
        || json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true}),
        schema::openapi,
    );
    let mut schema = below;
    if schema["properties"].is_object() {
        schema["properties"]["apiVersion"] = json!({"type": "string"});
        schema["properties"]["kind"] = json!({"type": "string"});
        schema["properties"]["metadata"] =
            json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    }
    schema["x-kubernetes-group-version-kind"] = json!([gvk(r)]);
    schema
}

//! `/version`, `/api`, `/apis` and below.

use serde_json::{Value, json};

use super::path::SUBRESOURCES;
use super::resources::{RESOURCES, Resource};
use crate::version;

/// Subresources that virt-api lists; some that are served are not listed there either.
const LISTED: [&str; 15] = [
    "virtualmachineinstances/console",
    "virtualmachineinstances/guestosinfo",
    "virtualmachineinstances/filesystemlist",
    "virtualmachineinstances/pause",
    "virtualmachineinstances/portforward",
    "virtualmachineinstances/reset",
    "virtualmachineinstances/softreboot",
    "virtualmachineinstances/unpause",
    "virtualmachineinstances/userlist",
    "virtualmachineinstances/vnc",
    "virtualmachineinstances/vnc/screenshot",
    "virtualmachines/expand-spec",
    "virtualmachines/restart",
    "virtualmachines/start",
    "virtualmachines/stop",
];

/// `GET /version`
pub fn version() -> Value {
    json!({"major": "1", "minor": "33", "gitVersion": version::KUBERNETES, "gitCommit": "", "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z", "goVersion": "", "compiler": "rustc", "platform": "linux/amd64"})
}

/// A discovery document by its path.
pub fn document(path: &[&str]) -> Option<Value> {
    match path {
        [] => Some(
            json!({"paths": ["/api", "/api/v1", "/apis", "/healthz", "/livez", "/openapi/v3", "/readyz", "/version"]}),
        ),
        ["api"] => Some(json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []})),
        ["api", "v1"] => Some(resource_list("", "v1")),
        ["apis"] => {
            let groups: Vec<Value> = groups().into_iter().map(|(g, v)| group(g, v)).collect();
            Some(json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}))
        }
        ["apis", name] => {
            let (g, v) = groups().into_iter().find(|(g, _)| g == name)?;
            let mut found = group(g, v);
            found["kind"] = json!("APIGroup");
            found["apiVersion"] = json!("v1");
            Some(found)
        }
        ["apis", SUBRESOURCES, "v1" | "v1alpha3"] => Some(subresource_list()),
        ["apis", name, wanted] => {
            groups().into_iter().find(|(g, v)| g == name && v == wanted).map(|(g, v)| resource_list(g, v))
        }
        _ => None,
    }
}

/// Named groups with their version, in order.
fn groups() -> Vec<(&'static str, &'static str)> {
    let mut groups: Vec<(&str, &str)> = Vec::new();
    for resource in RESOURCES.iter().filter(|r| !r.group.is_empty()) {
        if !groups.contains(&(resource.group, resource.version)) {
            groups.push((resource.group, resource.version));
        }
    }
    groups.push((SUBRESOURCES, "v1"));
    groups
}

fn group(name: &str, version: &str) -> Value {
    let entry = |v: &str| json!({"groupVersion": format!("{name}/{v}"), "version": v});
    let mut versions = vec![entry(version)];
    if name == SUBRESOURCES {
        versions.push(entry("v1alpha3"));
    }
    json!({"name": name, "versions": versions, "preferredVersion": entry(version)})
}

fn resource_list(group: &str, version: &str) -> Value {
    let mut list = Vec::new();
    for resource in RESOURCES.iter().filter(|r| r.group == group && r.version == version) {
        list.push(entry(resource));
        if resource.status {
            list.push(json!({"name": format!("{}/status", resource.plural), "singularName": "",
                "namespaced": resource.namespaced, "kind": resource.kind, "verbs": ["get", "patch", "update"]}));
        }
    }
    let group_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": list})
}

fn entry(resource: &Resource) -> Value {
    let mut entry = json!({"name": resource.plural, "singularName": resource.singular,
        "namespaced": resource.namespaced, "kind": resource.kind, "verbs": resource.verbs});
    crate::object::set_or_remove(&mut entry, "shortNames", json!(resource.short));
    if resource.custom() {
        entry["categories"] = json!(["all"]);
    }
    entry
}

fn subresource_list() -> Value {
    let list: Vec<Value> = LISTED
        .iter()
        .map(|name| json!({"name": name, "singularName": "", "namespaced": true, "kind": "", "verbs": []}))
        .chain(["version", "guestfs"].map(
            |name| json!({"name": name, "singularName": "", "namespaced": false, "kind": "", "verbs": []}),
        ))
        .collect();
    json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": format!("{SUBRESOURCES}/v1"),
        "resources": list})
}

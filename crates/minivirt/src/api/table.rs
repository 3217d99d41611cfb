//! The Table form of lists, which `kubectl get` prints.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::resources::Resource;
use crate::clock;
use crate::object::text;

/// A printed column.
#[derive(Debug)]
pub struct Column {
    name: &'static str,
    kind: &'static str,
    /// 0 is always shown, 1 only with `-o wide`.
    priority: u8,
    cell: fn(&Value) -> Value,
}

const fn column(name: &'static str, cell: fn(&Value) -> Value) -> Column {
    Column { name, kind: "string", priority: 0, cell }
}

const fn wide(name: &'static str, cell: fn(&Value) -> Value) -> Column {
    Column { name, kind: "string", priority: 1, cell }
}

const AGE_COLUMN: Column = column("Age", |o| age(text(o, "/metadata/creationTimestamp")));

/// Kinds without columns of their own.
pub static AGE: &[Column] = &[AGE_COLUMN];
/// namespaces
pub static NAMESPACE: &[Column] = &[column("Status", |o| o["status"]["phase"].clone()), AGE_COLUMN];
/// secrets
pub static SECRET: &[Column] = &[
    column("Type", |o| json!(o["type"].as_str().unwrap_or("Opaque"))),
    column("Data", |o| json!(o["data"].as_object().map_or(0, serde_json::Map::len))),
    AGE_COLUMN,
];
/// nodes
pub static NODE: &[Column] = &[
    column("Status", |o| json!(if condition(o, "Ready") == json!("True") { "Ready" } else { "NotReady" })),
    column("Roles", |_| json!("control-plane,worker")),
    AGE_COLUMN,
    column("Version", |o| o["status"]["nodeInfo"]["kubeletVersion"].clone()),
];
/// storageclasses
pub static STORAGE_CLASS: &[Column] = &[
    column("Provisioner", |o| o["provisioner"].clone()),
    column("ReclaimPolicy", |o| o["reclaimPolicy"].clone()),
    column("VolumeBindingMode", |o| o["volumeBindingMode"].clone()),
    column("AllowVolumeExpansion", |o| o["allowVolumeExpansion"].clone()),
    AGE_COLUMN,
];
/// events
pub static EVENT: &[Column] = &[
    column("Last Seen", |o| age(text(o, "/lastTimestamp"))),
    column("Type", |o| o["type"].clone()),
    column("Reason", |o| o["reason"].clone()),
    column("Object", |o| {
        let kind = text(o, "/involvedObject/kind").to_lowercase();
        json!(format!("{kind}/{}", text(o, "/involvedObject/name")))
    }),
    column("Message", |o| o["message"].clone()),
];
/// virtualmachines
pub static VM: &[Column] = &[
    AGE_COLUMN,
    column("Status", |o| o["status"]["printableStatus"].clone()),
    column("Ready", |o| condition(o, "Ready")),
];
/// virtualmachineinstances
pub static VMI: &[Column] = &[
    AGE_COLUMN,
    column("Phase", |o| o["status"]["phase"].clone()),
    column("IP", |o| o["status"]["interfaces"][0]["ipAddress"].clone()),
    column("NodeName", |o| o["status"]["nodeName"].clone()),
    column("Ready", |o| condition(o, "Ready")),
    wide("Live-Migratable", |o| condition(o, "LiveMigratable")),
    wide("Paused", |o| condition(o, "Paused")),
];
/// kubevirts
pub static KUBEVIRT: &[Column] = &[AGE_COLUMN, column("Phase", |o| o["status"]["phase"].clone())];

/// datavolumes
pub static DATA_VOLUME: &[Column] = &[
    column("Phase", |o| o["status"]["phase"].clone()),
    column("Progress", |o| o["status"]["progress"].clone()),
    AGE_COLUMN,
];

/// What each row carries besides its cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Include {
    /// Nothing.
    None,
    /// Metadata, the default.
    Metadata,
    /// The whole object.
    Object,
}

/// Renders objects. `headers` may be left out of watch events after the first.
pub fn render(
    resource: &Resource,
    objects: &[Value],
    list_meta: Value,
    include: Include,
    headers: bool,
) -> Value {
    let mut columns = Vec::new();
    if headers {
        columns.push(json!({"name": "Name", "type": "string", "format": "name", "priority": 0,
            "description": "Name must be unique within a namespace."}));
        columns.extend(resource.columns.iter().map(|c| {
            json!({"name": c.name, "type": c.kind, "format": "", "description": "", "priority": c.priority})
        }));
    }
    let rows: Vec<Value> = objects
        .iter()
        .map(|object| {
            let mut cells = vec![object["metadata"]["name"].clone()];
            cells.extend(resource.columns.iter().map(|c| (c.cell)(object)));
            let mut row = json!({"cells": cells});
            match include {
                Include::None => {}
                Include::Object => row["object"] = object.clone(),
                Include::Metadata => {
                    row["object"] = json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
                        "metadata": object["metadata"]});
                }
            }
            row
        })
        .collect();
    json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": list_meta,
        "columnDefinitions": columns, "rows": rows})
}

fn condition(object: &Value, kind: &str) -> Value {
    let all = object["status"]["conditions"].as_array();
    let found = all.into_iter().flatten().find(|c| c["type"] == kind);
    found.map_or(Value::Null, |c| c["status"].clone())
}

fn age(since: &str) -> Value {
    clock::parse(since).map_or_else(|| json!("<unknown>"), |t| json!(human(t, clock::now())))
}

/// Durations as Kubernetes prints them: two units while the first is small.
fn human(since: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let seconds = (now - since).num_seconds().max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
    let pair = |big: i64, unit: &str, small: i64, sub: &str| {
        if small == 0 { format!("{big}{unit}") } else { format!("{big}{unit}{small}{sub}") }
    };
    match () {
        () if seconds < 120 => format!("{seconds}s"),
        () if minutes < 10 => pair(minutes, "m", seconds % 60, "s"),
        () if minutes < 180 => format!("{minutes}m"),
        () if hours < 8 => pair(hours, "h", minutes % 60, "m"),
        () if hours < 48 => format!("{hours}h"),
        () if days < 8 => pair(days, "d", hours % 24, "h"),
        () if days < 365 * 2 => format!("{days}d"),
        () => pair(days / 365, "y", days % 365, "d"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_read_like_kubectl() {
        let now = clock::now();
        let ago = |s: i64| human(now - chrono::Duration::seconds(s), now);
        assert_eq!(ago(5), "5s");
        assert_eq!(ago(119), "119s");
        assert_eq!(ago(125), "2m5s");
        assert_eq!(ago(3600), "60m");
        assert_eq!(ago(3 * 3600 + 60), "3h1m");
        assert_eq!(ago(3 * 86400), "3d");
    }
}

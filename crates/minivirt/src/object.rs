//! Reading and writing the metadata that every object has.
//!
//! Objects stay JSON values: the engine keeps fields it does not know, as an API server with stored schemas does.

use serde_json::{Map, Value, json};

/// `metadata.{field}` as text; empty when absent.
pub fn meta<'a>(object: &'a Value, field: &str) -> &'a str {
    object["metadata"][field].as_str().unwrap_or_default()
}

/// `metadata.name`
pub fn name(object: &Value) -> &str {
    meta(object, "name")
}

/// `metadata.namespace`; empty for cluster-scoped objects.
pub fn namespace(object: &Value) -> &str {
    meta(object, "namespace")
}

/// `metadata.uid`
pub fn uid(object: &Value) -> &str {
    meta(object, "uid")
}

/// Whether deletion was asked for.
pub fn deleting(object: &Value) -> bool {
    object["metadata"]["deletionTimestamp"].is_string()
}

/// Text at a JSON pointer; empty when absent.
pub fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// Array at a JSON pointer; empty when absent.
pub fn items<'a>(object: &'a Value, pointer: &str) -> &'a [Value] {
    object.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Whether `metadata.finalizers` holds `finalizer`.
pub fn has_finalizer(object: &Value, finalizer: &str) -> bool {
    items(object, "/metadata/finalizers").iter().any(|f| f == finalizer)
}

/// Adds a finalizer once.
pub fn add_finalizer(object: &mut Value, finalizer: &str) {
    if !has_finalizer(object, finalizer) {
        let list = child(&mut object["metadata"], "finalizers", || json!([]));
        if let Some(list) = list.as_array_mut() {
            list.push(json!(finalizer));
        }
    }
}

/// Removes a finalizer; the list goes when it is empty.
pub fn remove_finalizer(object: &mut Value, finalizer: &str) {
    let Some(meta) = object["metadata"].as_object_mut() else { return };
    let Some(list) = meta.get_mut("finalizers").and_then(Value::as_array_mut) else { return };
    list.retain(|f| f != finalizer);
    if list.is_empty() {
        meta.remove("finalizers");
    }
}

/// The object under `field`, made by `default` when absent or null.
pub fn child<'a>(parent: &'a mut Value, field: &str, default: impl FnOnce() -> Value) -> &'a mut Value {
    if !parent.is_object() {
        *parent = Value::Object(Map::new());
    }
    let slot = &mut parent[field];
    if slot.is_null() {
        *slot = default();
    }
    slot
}

/// Removes a field if it is there.
pub fn remove(parent: &mut Value, field: &str) -> Option<Value> {
    parent.as_object_mut()?.shift_remove(field)
}

/// Sets a field, or removes it when the new value is null, empty or an empty list or object.
pub fn set_or_remove(parent: &mut Value, field: &str, value: Value) {
    let empty = match &value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::String(text) => text.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    };
    if empty {
        remove(parent, field);
    } else {
        child(parent, field, || Value::Null);
        parent[field] = value;
    }
}

/// Removes nulls inside objects, as an API server does with custom resources.
pub fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, v| !v.is_null());
            map.values_mut().for_each(drop_nulls);
        }
        Value::Array(list) => list.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

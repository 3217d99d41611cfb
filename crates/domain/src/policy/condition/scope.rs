//! What a condition sees: the names of the inputs with their values, as CEL has them.
//!
//! Invariants: nothing is read but the [`Input`]; nothing of it is cut off, because a rule that looks for a group must
//! see all of them; a macro over a list that is too long gives no answer. All numbers are integers.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use cel::objects::{Key, Map};
use cel::{Context, Env, ExecutionError};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::error::TOO_MANY;
use super::limits::{GUARD, MAX_ITEMS};
use crate::policy::Input;

/// The inputs of one judgement, made once for all conditions.
pub struct Scope {
    pub(super) context: Context<'static, 'static>,
}

impl Scope {
    /// The names and values of this input.
    pub fn new(input: &Input) -> Self {
        let mut context = Context::with_env(environment());
        if let Value::Object(roots) = names(input) {
            for (name, value) in roots {
                context.add_variable_from_value(name, convert(value));
            }
        }
        context.add_variable_from_value("now", cel::Value::Timestamp(input.now.fixed_offset()));
        // Refused only where an overload has the name already, and none can.
        let _ = context.add_function(GUARD, guard);
        Self { context }
    }
}

fn environment() -> Arc<Env> {
    static ENVIRONMENT: OnceLock<Arc<Env>> = OnceLock::new();
    Arc::clone(ENVIRONMENT.get_or_init(|| Arc::new(Env::stdlib())))
}

fn guard(range: cel::Value) -> Result<cel::Value, ExecutionError> {
    match &range {
        cel::Value::List(items) if items.len() <= MAX_ITEMS => Ok(range),
        _ => Err(ExecutionError::function_error(GUARD, TOO_MANY)),
    }
}

/// An input in which every field is filled, as names; what a saved condition is checked against.
pub(super) fn shape() -> &'static Value {
    static SHAPE: OnceLock<Value> = OnceLock::new();
    SHAPE.get_or_init(|| {
        let mut shape = names(&super::check::samples().swap_remove(0));
        shape["now"] = Value::Null;
        shape
    })
}

/// The inputs by the names conditions use. Of quota and cost only numbers are seen, so that a policy cannot leak what
/// its author may not know.
pub(super) fn names(input: &Input) -> Value {
    let fields: Vec<&String> = input.fields.keys().collect();
    let system = input.system_id.map(|id| id.to_string()).unwrap_or_default();
    json!({
        "request": {
            "operation": input.operation.as_str(),
            "template": input.template,
            "size": input.size,
            "milli_vcpu": input.milli_vcpu,
            "memory_bytes": input.memory_bytes,
            "disk_bytes": input.disk_bytes,
            "copies": input.copies,
            "has_reason": input.has_reason,
            "force": input.force,
            "role": input.role,
            "fields": input.fields,
            "field_names": fields,
        },
        "requester": {
            "id": input.requester_id.to_string(),
            "name": input.requester_name,
            "roles": input.requester_roles,
            "groups": input.requester_groups,
        },
        "service": {
            "id": input.service_id.map(|id| id.to_string()).unwrap_or_default(),
            "name": input.service_name,
            "system": input.system_name,
            "system_id": system,
        },
        "system": { "id": system, "name": input.system_name, "owners": input.owners },
        "environment": { "name": input.environment, "protected": input.protected },
        "size": {
            "name": input.size,
            "milli_vcpu": input.size_milli_vcpu,
            "memory_bytes": input.size_memory_bytes,
        },
        "quota": { "exceeded": input.quota_exceeded },
        "cost": { "hourly": input.cost_hourly },
    })
}

fn convert(value: Value) -> cel::Value {
    match value {
        Value::Null => cel::Value::Null,
        Value::Bool(value) => cel::Value::Bool(value),
        Value::Number(number) => cel::Value::Int(number.as_i64().unwrap_or(i64::MAX)),
        Value::String(text) => cel::Value::String(Arc::new(text)),
        Value::Array(items) => cel::Value::List(Arc::new(items.into_iter().map(convert).collect())),
        Value::Object(map) => {
            let entry = |(name, value)| (Key::String(Arc::new(name)), convert(value));
            let map: HashMap<Key, cel::Value> = map.into_iter().map(entry).collect();
            cel::Value::Map(Map { map: Arc::new(map) })
        }
    }
}

/// The time of inputs that were stored before conditions could read one.
pub(in crate::policy) fn no_time() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH
}

//! Which fields a cluster's KubeVirt knows: the schema of an instance's spec, from the OpenAPI document of its API server.
//!
//! Descriptions and lists are left out: what is asked of it later is whether a path through objects exists and which values
//! it takes. Bounded in depth and size, because it comes from outside.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::transport::Call;
use crate::{Cluster, Error};

/// The document of a real cluster has about three megabytes.
const MAX_DOCUMENT: usize = 32 << 20;
/// Deeper than any field there is.
const MAX_DEPTH: usize = 16;
/// Fields of one schema; KubeVirt has some thousands.
const MAX_FIELDS: usize = 20_000;

#[derive(Deserialize)]
struct Document {
    components: Components,
}

#[derive(Deserialize)]
struct Components {
    schemas: Map<String, Value>,
}

impl Cluster {
    /// The schema of `spec.template.spec` of a virtual machine.
    ///
    /// # Errors
    /// As of any call; `CLUSTER_PROTOCOL` where the document has no such schema.
    pub async fn instance_schema(&self) -> Result<Value, Error> {
        let call = Call::get("/openapi/v3/apis/kubevirt.io/v1").limit(MAX_DOCUMENT);
        let document: Document = self.send(call).await?.json()?;
        let machine = document.components.schemas.iter().find(|(name, _)| name.ends_with(".VirtualMachine"));
        let pointer = "/properties/spec/properties/template/properties/spec";
        let spec = machine.and_then(|(_, schema)| schema.pointer(pointer));
        let spec = spec.ok_or_else(|| Error::protocol("the document does not describe virtual machines"))?;
        let mut left = MAX_FIELDS;
        Ok(reduced(spec, 0, &mut left))
    }
}

fn reduced(schema: &Value, depth: usize, left: &mut usize) -> Value {
    let mut kept = Map::new();
    for key in ["type", "enum", "x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields"] {
        if let Some(value) = schema.get(key) {
            kept.insert(key.to_owned(), value.clone());
        }
    }
    if depth < MAX_DEPTH {
        if let Some(fields) = schema["properties"].as_object() {
            let mut properties = Map::new();
            for (name, field) in fields {
                if *left == 0 {
                    break;
                }
                *left -= 1;
                properties.insert(name.clone(), reduced(field, depth + 1, left));
            }
            kept.insert("properties".to_owned(), Value::Object(properties));
        }
        if schema["additionalProperties"].is_object() {
            let inner = reduced(&schema["additionalProperties"], depth + 1, left);
            kept.insert("additionalProperties".to_owned(), inner);
        }
    }
    Value::Object(kept)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_schema_keeps_what_is_asked_of_it() {
        let whole = json!({ "type": "object", "description": "long", "required": ["a"], "properties": {
            "a": { "type": "array", "items": { "type": "string" } },
            "b": { "type": "object", "additionalProperties": { "type": "string", "description": "x" } },
            "c": { "type": "string", "enum": ["x"] } } });
        let expected = json!({ "type": "object", "properties": { "a": { "type": "array" },
            "b": { "type": "object", "additionalProperties": { "type": "string" } },
            "c": { "type": "string", "enum": ["x"] } } });
        assert_eq!(reduced(&whole, 0, &mut 100), expected);
        let mut deep = json!({ "type": "string" });
        for _ in 0..100 {
            deep = json!({ "properties": { "a": deep } });
        }
        assert!(reduced(&deep, 0, &mut 100).to_string().len() < 1000);
        let wide: Map<String, Value> = (0..1000).map(|n| (format!("f{n}"), json!({}))).collect();
        assert_eq!(
            reduced(&json!({ "properties": wide }), 0, &mut 10)["properties"].as_object().unwrap().len(),
            10
        );
    }
}

//! Protobuf bodies, as `kubectl create namespace`, `create secret` and `auth can-i` send them: those kinds, those
//! fields. Everything else in this API is JSON.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// What a field holds.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Message(&'static [Field]),
    TextMap,
    /// Bytes, which JSON carries as base64.
    BytesMap,
}

type Field = (u64, &'static str, Kind);

const META: &[Field] = &[
    (1, "name", Kind::Text),
    (2, "generateName", Kind::Text),
    (3, "namespace", Kind::Text),
    (11, "labels", Kind::TextMap),
    (12, "annotations", Kind::TextMap),
];
const NAMESPACE: &[Field] = &[(1, "metadata", Kind::Message(META))];
const SECRET: &[Field] = &[
    (1, "metadata", Kind::Message(META)),
    (2, "data", Kind::BytesMap),
    (3, "type", Kind::Text),
    (4, "stringData", Kind::TextMap),
];
const CONFIG_MAP: &[Field] =
    &[(1, "metadata", Kind::Message(META)), (2, "data", Kind::TextMap), (3, "binaryData", Kind::BytesMap)];
const RESOURCE_ATTRIBUTES: &[Field] = &[
    (1, "namespace", Kind::Text),
    (2, "verb", Kind::Text),
    (3, "group", Kind::Text),
    (4, "version", Kind::Text),
    (5, "resource", Kind::Text),
    (6, "subresource", Kind::Text),
    (7, "name", Kind::Text),
];
const PATH_ATTRIBUTES: &[Field] = &[(1, "path", Kind::Text), (2, "verb", Kind::Text)];
const REVIEW_SPEC: &[Field] = &[
    (1, "resourceAttributes", Kind::Message(RESOURCE_ATTRIBUTES)),
    (2, "nonResourceAttributes", Kind::Message(PATH_ATTRIBUTES)),
];
const REVIEW: &[Field] = &[(2, "spec", Kind::Message(REVIEW_SPEC))];
const TYPE_META: &[Field] = &[(1, "apiVersion", Kind::Text), (2, "kind", Kind::Text)];

/// Decodes a body; `None` when it is malformed or of a kind that is not read here.
pub fn decode(bytes: &[u8]) -> Option<Value> {
    let envelope = fields(bytes.strip_prefix(b"k8s\0")?)?;
    let part = |number: u64| envelope.iter().find(|(n, _)| *n == number).map(|(_, bytes)| *bytes);
    let head = message(part(1)?, TYPE_META)?;
    let layout = match head["kind"].as_str()? {
        "Namespace" => NAMESPACE,
        "Secret" => SECRET,
        "ConfigMap" => CONFIG_MAP,
        "SelfSubjectAccessReview" => REVIEW,
        _ => return None,
    };
    let mut object = message(part(2).unwrap_or_default(), layout)?;
    object["apiVersion"] = head["apiVersion"].clone();
    object["kind"] = head["kind"].clone();
    Some(object)
}

fn message(bytes: &[u8], layout: &[Field]) -> Option<Value> {
    let mut object = Map::new();
    for (number, bytes) in fields(bytes)? {
        let Some((_, name, kind)) = layout.iter().find(|(n, _, _)| *n == number) else { continue };
        match kind {
            // An absent text is sent as an empty one.
            Kind::Text if bytes.is_empty() => {}
            Kind::Text => {
                object.insert((*name).to_owned(), json!(std::str::from_utf8(bytes).ok()?));
            }
            Kind::Message(layout) => {
                object.insert((*name).to_owned(), message(bytes, layout)?);
            }
            Kind::TextMap | Kind::BytesMap => {
                let entry = fields(bytes)?;
                let part = |wanted: u64| {
                    entry.iter().find(|(n, _)| *n == wanted).map(|(_, b)| *b).unwrap_or_default()
                };
                let key = std::str::from_utf8(part(1)).ok()?.to_owned();
                let value = match kind {
                    Kind::BytesMap => STANDARD.encode(part(2)),
                    _ => std::str::from_utf8(part(2)).ok()?.to_owned(),
                };
                let map = object.entry(*name).or_insert_with(|| json!({}));
                map[key] = json!(value);
            }
        }
    }
    Some(Value::Object(object))
}

/// The length-delimited fields of a message; others are skipped.
fn fields(mut bytes: &[u8]) -> Option<Vec<(u64, &[u8])>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes)?;
        match tag & 7 {
            0 => {
                varint(&mut bytes)?;
            }
            1 => bytes = bytes.get(8..)?,
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).ok()?;
                found.push((tag >> 3, bytes.get(..length)?));
                bytes = &bytes[length..];
            }
            5 => bytes = bytes.get(4..)?,
            _ => return None,
        }
    }
    Some(found)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(number: u8, content: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, u8::try_from(content.len()).unwrap()], content].concat()
    }

    fn body(kind: &str, object: &[u8]) -> Vec<u8> {
        let head = [field(1, b"v1"), field(2, kind.as_bytes())].concat();
        [b"k8s\0".to_vec(), field(1, &head), field(2, object)].concat()
    }

    #[test]
    fn a_secret_keeps_its_bytes() {
        let entry = [field(1, b"password"), field(2, &[0xff, 0x00])].concat();
        let secret = [field(1, &field(1, b"db")), field(2, &entry), field(3, b"Opaque")].concat();
        let object = decode(&body("Secret", &secret)).unwrap();
        let wanted = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db"},
            "data": {"password": "/wA="}, "type": "Opaque"});
        assert_eq!(object, wanted);
    }

    #[test]
    fn rubbish_is_refused() {
        assert!(decode(b"k8s\0\xff\xff\xff").is_none());
        assert!(decode(b"{}").is_none());
        assert!(decode(&body("Pod", b"")).is_none());
        assert!(decode(&body("Namespace", &[0x0a, 0x7f])).is_none());
    }
}

//! Creating an object.

use rand::Rng;
use serde_json::{Value, json};

use super::{Write, check_namespace};
use crate::admission;
use crate::api::resources::DATA_VOLUMES;
use crate::api::status::{ApiError, Cause};
use crate::store::{Key, Tx};
use crate::{claims, clock, fields, object};

/// Letters that cannot form words, as Kubernetes uses for generated names.
const SUFFIX_LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// Stores a new object and returns it as stored. `namespace` is that of the request.
pub fn create(tx: &mut Tx<'_>, write: &Write, namespace: &str, mut new: Value) -> Result<Value, ApiError> {
    let resource = write.resource;
    let name = prepare_metadata(tx.skew(), write, namespace, &mut new)?;
    check_namespace(tx, resource, namespace, &name)?;
    // A status is never a client's to give, also where it has no path of its own.
    if (resource.status || resource.custom()) && !write.engine {
        object::remove(&mut new, "status");
    }
    if !write.engine {
        super::check_size(&new)?;
        admission::create(resource, &mut new)?;
    }
    admission::default_new(resource, &mut new);
    let key = Key::new(resource.id(), namespace, &name);
    if tx.get(&key)?.is_some() {
        return Err(ApiError::already_exists(resource, &name));
    }
    if !write.apply {
        fields::on_create(&mut new, write);
    }
    if write.dry_run {
        return Ok(new);
    }
    let made = tx.put(&key, new)?;
    if resource.plural == DATA_VOLUMES.plural {
        claims::bind(tx, &made)?;
    }
    Ok(made)
}

fn prepare_metadata(skew: i64, write: &Write, namespace: &str, new: &mut Value) -> Result<String, ApiError> {
    let resource = write.resource;
    new["apiVersion"] = json!(resource.api_version());
    new["kind"] = json!(resource.kind);
    object::child(new, "metadata", || json!({}));
    if !object::meta(new, "resourceVersion").is_empty() {
        return Err(ApiError::bad_request("resourceVersion should not be set on objects to be created"));
    }
    let body_namespace = object::namespace(new);
    if !body_namespace.is_empty() && body_namespace != namespace {
        let message = "the namespace of the provided object does not match the namespace sent on the request";
        return Err(ApiError::bad_request(message));
    }
    let mut name = object::name(new).to_owned();
    let prefix = object::meta(new, "generateName").to_owned();
    if name.is_empty() && !prefix.is_empty() {
        name = format!("{prefix}{}", suffix());
    }
    check_name(write, &name)?;
    let generation =
        if resource.generation == crate::api::resources::Generation::None { None } else { Some(1) };
    let meta = &mut new["metadata"];
    meta["name"] = json!(name);
    object::set_or_remove(meta, "namespace", json!(namespace));
    meta["uid"] = json!(uuid::Uuid::new_v4().to_string());
    meta["creationTimestamp"] = json!(clock::skewed(skew));
    object::set_or_remove(meta, "generation", json!(generation));
    for field in ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "resourceVersion"] {
        object::remove(meta, field);
    }
    if !write.apply {
        object::remove(meta, "managedFields");
    }
    Ok(name)
}

fn suffix() -> String {
    let mut random = rand::rng();
    (0..5).map(|_| char::from(SUFFIX_LETTERS[random.random_range(0..SUFFIX_LETTERS.len())])).collect()
}

/// RFC 1123: a label for namespaces, a subdomain for the rest.
fn check_name(write: &Write, name: &str) -> Result<(), ApiError> {
    let resource = write.resource;
    if name.is_empty() {
        let cause = Cause::required("metadata.name", "Required value: name or generateName is required");
        return Err(ApiError::invalid(resource, name, &[cause]));
    }
    let label = |part: &str| {
        let inner = part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        inner && !part.is_empty() && !part.starts_with('-') && !part.ends_with('-')
    };
    let (valid, rule) = if resource.plural == "namespaces" {
        (label(name) && name.len() <= 63, LABEL_RULE)
    } else {
        (name.split('.').all(label) && name.len() <= 253, SUBDOMAIN_RULE)
    };
    if valid {
        return Ok(());
    }
    let cause = Cause::invalid("metadata.name", format!("Invalid value: \"{name}\": {rule}"));
    Err(ApiError::invalid(resource, name, &[cause]))
}

const LABEL_RULE: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN_RULE: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

//! VirtualMachineInstance, and the template of a VirtualMachine.

use serde_json::Value;

use super::{devices, resources, volumes};
use crate::api::status::Cause;
use crate::object::{self, text};

/// A new instance; `seen` is defaulted, `written` is what the client sent.
pub fn validate_create(seen: &Value, written: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    validate_spec(&seen["spec"], "spec", &mut causes);
    resources::require_memory(&written["spec"], &mut causes);
    causes
}

/// Clients may change metadata of an instance, nothing else.
pub fn validate_update(old: &Value, new: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    if old["spec"] != new["spec"] {
        causes.push(Cause::invalid("", "update of VMI object is restricted"));
    }
    let reserved = |object: &Value| {
        let labels = object["metadata"]["labels"].as_object();
        let mut found: Vec<(String, Value)> = labels
            .into_iter()
            .flatten()
            .filter(|(k, _)| k.starts_with("kubevirt.io/"))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        found.sort_by(|a, b| a.0.cmp(&b.0));
        found
    };
    if reserved(old) != reserved(new) {
        let message =
            "modification of the following reserved kubevirt.io/ labels on a VMI object is prohibited";
        causes.push(Cause::invalid("", message));
    }
    causes
}

/// The rules VM templates and instances share. `at` is the path of the spec.
pub fn validate_spec(spec: &Value, at: &str, causes: &mut Vec<Cause>) {
    resources::validate(spec, at, causes);
    machine(spec, at, causes);
    volumes::validate(spec, at, causes);
    devices::disks(spec, at, causes);
    devices::networks(spec, at, causes);
    devices::boot_order(spec, at, causes);
    probes(spec, at, causes);
    eviction(spec, at, causes);
    hostname(spec, at, causes);
}

fn machine(spec: &Value, at: &str, causes: &mut Vec<Cause>) {
    let kind = text(spec, "/domain/machine/type");
    if !kind.is_empty() && !kind.starts_with("q35") && !kind.starts_with("pc-q35") {
        let field = format!("{at}.domain.machine.type");
        let message = format!("{field} is not supported: {kind} (allowed values: [q35* pc-q35*])");
        causes.push(Cause { reason: "FieldValueNotSupported", message, field });
    }
}

fn probes(spec: &Value, at: &str, causes: &mut Vec<Cause>) {
    const KINDS: [&str; 4] = ["httpGet", "tcpSocket", "exec", "guestAgentPing"];
    for name in ["readinessProbe", "livenessProbe"] {
        let probe = &spec[name];
        if !probe.is_object() {
            continue;
        }
        let path = format!("{at}.{name}");
        match KINDS.iter().filter(|kind| !probe[**kind].is_null()).count() {
            0 => causes.push(Cause::invalid(
                path.clone(),
                format!("either {path}.tcpSocket, {path}.exec or {path}.httpGet must be set if a {path} is specified"),
            )),
            1 => {}
            _ => causes.push(Cause::invalid(path.clone(), format!("{path} must have exactly one probe type set"))),
        }
    }
}

fn eviction(spec: &Value, at: &str, causes: &mut Vec<Cause>) {
    let strategy = text(spec, "/evictionStrategy");
    if !matches!(strategy, "" | "None" | "LiveMigrate" | "LiveMigrateIfPossible" | "External") {
        let field = format!("{at}.evictionStrategy");
        causes.push(Cause::invalid(
            field.clone(),
            format!("{field} is set with an unrecognized option: {strategy}"),
        ));
    }
    let grace = &spec["terminationGracePeriodSeconds"];
    if grace.as_i64().is_some_and(|seconds| seconds < 0) {
        let field = format!("{at}.terminationGracePeriodSeconds");
        causes.push(Cause::invalid(field.clone(), format!("{field} must be greater than or equal to 0")));
    }
}

fn hostname(spec: &Value, at: &str, causes: &mut Vec<Cause>) {
    for name in ["hostname", "subdomain"] {
        let value = text(spec, &format!("/{name}"));
        let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let valid =
            value.len() <= 63 && value.bytes().all(inner) && !value.starts_with('-') && !value.ends_with('-');
        if !valid {
            let field = format!("{at}.{name}");
            let message = format!(
                "{field} does not conform to the kubernetes DNS_LABEL rules : a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character"
            );
            causes.push(Cause::invalid(field, message));
        }
    }
}

/// Names in a list that occur more than once: (index of the later, index of the first).
pub fn repeated(list: &[Value]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for (index, item) in list.iter().enumerate() {
        let name = object::text(item, "/name");
        if let Some(first) = list[..index].iter().position(|other| object::text(other, "/name") == name) {
            found.push((index, first));
        }
    }
    found
}

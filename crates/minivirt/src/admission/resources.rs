//! CPU and memory.

use serde_json::Value;

use crate::api::status::Cause;
use crate::quantity::Quantity;

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Requests, limits and guest memory fit together.
pub fn validate(spec: &Value, at: &str, causes: &mut Vec<Cause>) {
    let resources = &spec["domain"]["resources"];
    for (name, least) in [("memory", Some(Quantity::units(1_000_000))), ("cpu", None)] {
        let (request, limit) = (&resources["requests"][name], &resources["limits"][name]);
        for (part, value) in [("requests", request), ("limits", limit)] {
            let path = format!("{at}.domain.resources.{part}.{name}");
            at_least_zero(value, &path, causes);
        }
        let path = |part: &str| format!("{at}.domain.resources.{part}.{name}");
        if let (Some(r), Some(l)) = (Quantity::of(request), Quantity::of(limit))
            && r > l
        {
            let message = format!(
                "{} '{}' is greater than {} '{}'",
                path("requests"),
                shown(request),
                path("limits"),
                shown(limit)
            );
            causes.push(Cause::invalid(path("requests"), message));
        }
        let small =
            Quantity::of(request).zip(least).is_some_and(|(r, least)| r >= Quantity::units(0) && r < least);
        if small {
            let message =
                format!("{} '{}': must be greater than or equal to 1M.", path("requests"), shown(request));
            causes.push(Cause::invalid(path("requests"), message));
        }
    }
    guest_memory(spec, at, causes);
    cpu(spec, at, causes);
}

fn at_least_zero(value: &Value, path: &str, causes: &mut Vec<Cause>) {
    if value.is_null() {
        return;
    }
    match Quantity::of(value) {
        None => causes.push(Cause::invalid(path, format!("{path} '{}' is not a quantity", shown(value)))),
        Some(q) if q < Quantity::units(0) => {
            let message = format!("{path} '{}': must be greater than or equal to 0.", shown(value));
            causes.push(Cause::invalid(path, message));
        }
        Some(_) => {}
    }
}

fn guest_memory(spec: &Value, at: &str, causes: &mut Vec<Cause>) {
    let guest = &spec["domain"]["memory"]["guest"];
    let field = format!("{at}.domain.memory.guest");
    at_least_zero(guest, &field, causes);
    let limit = &spec["domain"]["resources"]["limits"]["memory"];
    if let (Some(g), Some(l)) = (Quantity::of(guest), Quantity::of(limit))
        && g > l
    {
        let message = format!(
            "{field} '{}' must be equal to or less than the memory limit {at}.domain.resources.limits.memory '{}'",
            shown(guest),
            shown(limit)
        );
        causes.push(Cause::invalid(field, message));
    }
}

fn cpu(spec: &Value, at: &str, causes: &mut Vec<Cause>) {
    for name in ["cores", "sockets", "threads"] {
        let value = &spec["domain"]["cpu"][name];
        if value.as_i64().is_some_and(|n| !(0..=512).contains(&n)) {
            let field = format!("{at}.domain.cpu.{name}");
            causes.push(Cause::invalid(
                field.clone(),
                format!("{field} '{value}': must be between 0 and 512."),
            ));
        }
    }
}

/// Instances must say how much memory they want; VM templates need not.
pub fn require_memory(spec: &Value, causes: &mut Vec<Cause>) {
    let domain = &spec["domain"];
    let given = !domain["memory"]["guest"].is_null()
        || !domain["memory"]["hugepages"]["pageSize"].is_null()
        || !domain["resources"]["requests"]["memory"].is_null()
        || !domain["resources"]["limits"]["memory"].is_null();
    if !given {
        let message = "no memory requested, at least one of 'spec.domain.memory.guest', 'spec.domain.memory.hugepages.pageSize' or 'spec.domain.resources.requests.memory' must be set";
        causes.push(Cause::required("spec.domain", message));
    }
}

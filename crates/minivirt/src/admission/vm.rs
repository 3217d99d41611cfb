//! VirtualMachine.

use serde_json::{Value, json};

use super::instance;
use crate::api::status::Cause;
use crate::object::{self, items, text};

/// Strategies a VM may have here.
const STRATEGIES: [&str; 5] = ["Always", "Halted", "Manual", "RerunOnFailure", "Once"];

/// What the mutating webhook sets on CREATE only: the template is otherwise left as written.
pub fn default_create(vm: &mut Value) {
    if !vm["spec"]["template"].is_object() {
        return;
    }
    let template = &mut vm["spec"]["template"];
    object::child(template, "metadata", || json!({}));
    let annotations = object::child(&mut template["metadata"], "annotations", || json!({}));
    object::child(annotations, "kubevirt.io/pci-topology-version", || json!("v3"));
    if !template["spec"]["domain"].is_object() {
        return;
    }
    let spec = &mut template["spec"];
    object::child(spec, "architecture", || json!("amd64"));
    let domain = &mut spec["domain"];
    object::child(domain, "resources", || json!({}));
    let machine = object::child(domain, "machine", || json!({}));
    object::child(machine, "type", || json!("q35"));
    let firmware = object::child(domain, "firmware", || json!({}));
    object::child(firmware, "uuid", || json!(uuid::Uuid::new_v4().to_string()));
    object::child(firmware, "serial", || json!(uuid::Uuid::new_v4().to_string()));
}

/// Everything wrong with a VM.
pub fn validate(vm: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    strategy(vm, &mut causes);
    if !vm["spec"]["template"].is_object() {
        causes.push(Cause::required("spec.template", "missing virtual machine template."));
        return causes;
    }
    instance::validate_spec(&vm["spec"]["template"]["spec"], "spec.template.spec", &mut causes);
    data_volume_templates(vm, &mut causes);
    instancetype(vm, &mut causes);
    causes
}

fn strategy(vm: &Value, causes: &mut Vec<Cause>) {
    let (running, strategy) = (&vm["spec"]["running"], &vm["spec"]["runStrategy"]);
    match (running.is_null(), strategy.as_str()) {
        (false, Some(_)) => causes.push(Cause::invalid(
            "spec.running",
            "Running and RunStrategy are mutually exclusive. Note that Running is deprecated, please use RunStrategy instead",
        )),
        (true, None) => causes.push(Cause::invalid("spec.running", "RunStrategy must be specified")),
        (true, Some("WaitAsReceiver")) => causes.push(Cause::invalid(
            "spec.runStrategy",
            "Invalid RunStrategy (WaitAsReceiver), DecentralizedLiveMigration feature gate is not enabled in kubevirt resource",
        )),
        (true, Some(other)) if !STRATEGIES.contains(&other) => {
            causes.push(Cause::invalid("spec.runStrategy", format!("Invalid RunStrategy ({other})")));
        }
        _ => {}
    }
}

fn data_volume_templates(vm: &Value, causes: &mut Vec<Cause>) {
    let volumes = items(vm, "/spec/template/spec/volumes");
    for (index, template) in items(vm, "/spec/dataVolumeTemplates").iter().enumerate() {
        let name = text(template, "/metadata/name");
        let at = format!("spec.dataVolumeTemplate[{index}]");
        if template["spec"]["pvc"].is_null() && template["spec"]["storage"].is_null() {
            causes.push(Cause::invalid(at.clone(), "Missing Data volume PVC or Storage"));
        }
        if template["spec"]["source"].is_null() && template["spec"]["sourceRef"].is_null() {
            let message = "Data volume should have either Source, SourceRef, or be externally populated";
            causes.push(Cause::invalid(at.clone(), message));
        }
        let used = volumes.iter().any(|v| {
            text(v, "/dataVolume/name") == name || text(v, "/persistentVolumeClaim/claimName") == name
        });
        if name.is_empty() || !used {
            let message = format!(
                "DataVolumeTemplate entry {at} must be referenced in the VMI template's 'volumes' list"
            );
            causes.push(Cause::required(at, message));
        }
    }
}

fn instancetype(vm: &Value, causes: &mut Vec<Cause>) {
    for field in ["instancetype", "preference"] {
        let matcher = &vm["spec"][field];
        if matcher.is_object()
            && text(matcher, "/name").is_empty()
            && text(matcher, "/inferFromVolume").is_empty()
        {
            let path = format!("spec.{field}");
            let message = "Either Name or InferFromVolume should be provided within the InstancetypeMatcher";
            causes.push(Cause::required(path, message));
        }
    }
}

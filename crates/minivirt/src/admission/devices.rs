//! Disks, interfaces and networks.

use std::collections::BTreeSet;

use serde_json::Value;

use super::instance::repeated;
use crate::api::status::Cause;
use crate::object::{items, text};

const DISKS: &str = "/domain/devices/disks";
const INTERFACES: &str = "/domain/devices/interfaces";

/// Disks have unique names, a volume each, and a bus that exists.
pub fn disks(spec: &Value, at: &str, causes: &mut Vec<Cause>) {
    let (disks, volumes) = (items(spec, DISKS), items(spec, "/volumes"));
    let at = format!("{at}.domain.devices.disks");
    for (index, first) in repeated(disks) {
        let message = format!("{at}[{index}] and {at}[{first}] must not have the same Name.");
        causes.push(Cause::invalid(format!("{at}[{index}].name"), message));
    }
    for (index, disk) in disks.iter().enumerate() {
        let name = text(disk, "/name");
        if !volumes.iter().any(|v| text(v, "/name") == name) {
            let message = format!("{at}[{index}].Name '{name}' not found.");
            causes.push(Cause::invalid(format!("{at}[{index}].name"), message));
        }
        for (target, buses) in [
            ("disk", &["virtio", "sata", "scsi", "usb"][..]),
            ("lun", &["scsi", "sata"]),
            ("cdrom", &["sata", "scsi"]),
        ] {
            let bus = text(disk, &format!("/{target}/bus"));
            let field = format!("{at}[{index}].{target}.bus");
            if bus == "ide" {
                causes.push(Cause::invalid(field, "IDE bus is not supported"));
            } else if !bus.is_empty() && !buses.contains(&bus) {
                let message =
                    format!("{at}[{index}] is set with an unrecognized bus {bus}, must be one of: {buses:?}");
                causes.push(Cause::invalid(field, message));
            }
        }
    }
}

/// Interfaces and networks pair up, one to one.
pub fn networks(spec: &Value, at: &str, causes: &mut Vec<Cause>) {
    let (interfaces, networks) = (items(spec, INTERFACES), items(spec, "/networks"));
    for (index, _) in repeated(networks) {
        let name = text(&networks[index], "/name");
        let message =
            format!("Network with name \"{name}\" already exists, every network must have a unique name");
        causes.push(Cause::invalid(format!("{at}.networks[{index}].name"), message));
    }
    for (index, network) in networks.iter().enumerate() {
        let path = format!("{at}.networks[{index}]");
        match network.as_object().map_or(0, |network| network.len()) {
            2 => {}
            0 | 1 => causes.push(Cause::required(path, "should have a network type")),
            _ => causes.push(Cause::required(path, "should have only one network type")),
        }
    }
    let at = format!("{at}.domain.devices.interfaces");
    for (index, _) in repeated(interfaces) {
        let message = "Only one interface can be connected to one specific network";
        causes.push(Cause::invalid(format!("{at}[{index}].name"), message));
    }
    for (index, interface) in interfaces.iter().enumerate() {
        let name = text(interface, "/name");
        let network = networks.iter().find(|n| text(n, "/name") == name);
        if interface["masquerade"].is_object() && network.is_none_or(|n| !n["pod"].is_object()) {
            let message = "Masquerade interface only implemented with pod network";
            causes.push(Cause::invalid(format!("{at}[{index}].name"), message));
        }
        if network.is_none() {
            let field = format!("{at}[{index}].name");
            causes.push(Cause::invalid(field.clone(), format!("{field} '{name}' not found.")));
        }
        let mac = text(interface, "/macAddress");
        if !mac.is_empty() && !is_mac(mac) {
            let field = format!("{at}[{index}].macAddress");
            causes.push(Cause::invalid(
                field,
                format!("interface {at}[{index}].name has malformed MAC address ({mac})."),
            ));
        }
    }
}

/// Six pairs of hex digits.
pub fn is_mac(text: &str) -> bool {
    let parts: Vec<&str> = text.split([':', '-']).collect();
    parts.len() == 6 && parts.iter().all(|p| p.len() == 2 && p.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Boot orders are positive and used once.
pub fn boot_order(spec: &Value, at: &str, causes: &mut Vec<Cause>) {
    let mut used = BTreeSet::new();
    for (list, pointer) in [("disks", DISKS), ("interfaces", INTERFACES)] {
        for (index, device) in items(spec, pointer).iter().enumerate() {
            let Some(order) = device["bootOrder"].as_i64() else { continue };
            let path = format!("{at}.domain.devices.{list}[{index}].bootOrder");
            if order < 1 {
                causes.push(Cause::invalid(
                    path.clone(),
                    format!("{path} must have a boot order > 0, if supplied"),
                ));
            } else if !used.insert(order) {
                let message = format!("Boot order for {path} already set for a different device.");
                causes.push(Cause::invalid(path, message));
            }
        }
    }
}

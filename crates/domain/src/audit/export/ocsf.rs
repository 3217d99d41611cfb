//! An audit event in the words of the Open Cybersecurity Schema Framework (1.3).
//!
//! Signing in and out is Authentication, what is done to accounts is Account Change, all else is API Activity. What has
//! no place there is under `unmapped`, and the canonical bytes are `raw_data`. This mapping is part of the line's version.

use std::borrow::Cow;

use chrono::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Text that is borrowed unless it was escaped.
#[derive(Deserialize)]
pub(super) struct Text<'a>(#[serde(borrow)] pub Cow<'a, str>);

impl Text<'_> {
    fn as_str(&self) -> &str {
        &self.0
    }
}

/// The canonical bytes, read. Ids and words of ours never need escaping.
#[derive(Deserialize)]
pub(super) struct Canonical<'a> {
    action: &'a str,
    actor_id: Option<&'a str>,
    #[serde(borrow)]
    actor_name: Text<'a>,
    after: Option<&'a RawValue>,
    pub at: &'a str,
    before: Option<&'a RawValue>,
    #[serde(borrow)]
    code: Option<Text<'a>>,
    environment_id: Option<&'a str>,
    on_behalf_of: Option<&'a str>,
    outcome: &'a str,
    request_id: Option<&'a str>,
    #[serde(borrow)]
    resource_id: Option<Text<'a>>,
    #[serde(borrow)]
    resource_kind: Text<'a>,
    #[serde(borrow)]
    resource_name: Text<'a>,
    #[serde(borrow)]
    source_address: Option<Text<'a>>,
    system_id: Option<&'a str>,
    pub v: u32,
    vm_id: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct Data<'a> {
    activity_id: u32,
    activity_name: &'a str,
    actor: Actor<'a>,
    api: Api<'a>,
    category_name: &'static str,
    category_uid: u32,
    class_name: &'static str,
    class_uid: u32,
    metadata: Metadata<'a>,
    resources: [Thing<'a>; 1],
    severity_id: u32,
    src_endpoint: Endpoint<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_code: Option<&'a str>,
    status: &'static str,
    status_id: u32,
    time: i64,
    type_uid: u32,
    unmapped: Unmapped<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<User<'a>>,
    raw_data: &'a str,
}

#[derive(Serialize)]
struct Actor<'a> {
    user: User<'a>,
}

#[derive(Serialize)]
struct User<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<&'a str>,
}

#[derive(Serialize)]
struct Api<'a> {
    operation: &'a str,
    service: Named,
}

#[derive(Serialize)]
struct Named {
    name: &'static str,
}

#[derive(Serialize)]
struct Metadata<'a> {
    log_name: &'static str,
    original_time: &'a str,
    product: Product,
    uid: &'a str,
    version: &'static str,
}

#[derive(Serialize)]
struct Product {
    name: &'static str,
    vendor_name: &'static str,
}

#[derive(Serialize)]
struct Thing<'a> {
    name: &'a str,
    r#type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<&'a str>,
}

#[derive(Serialize)]
struct Endpoint<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'static str>,
}

#[derive(Serialize)]
struct Unmapped<'a> {
    after: Option<&'a RawValue>,
    before: Option<&'a RawValue>,
    environment_id: Option<&'a str>,
    on_behalf_of: Option<&'a str>,
    outcome: &'a str,
    request_id: Option<&'a str>,
    system_id: Option<&'a str>,
    vm_id: Option<&'a str>,
}

impl<'a> Canonical<'a> {
    /// What it is about, as the envelope says it.
    pub(super) fn subject(&self) -> String {
        match &self.resource_id {
            Some(id) => format!("{}/{}", self.resource_kind.as_str(), id.as_str()),
            None => self.resource_kind.as_str().to_owned(),
        }
    }

    /// The event in OCSF. `None` where the time is none.
    pub(super) fn data(&'a self, position: &'a str, raw: &'a str) -> Option<Data<'a>> {
        let time = DateTime::parse_from_rfc3339(self.at).ok()?.timestamp_millis();
        let (class_uid, activity_id) = self.class();
        let (class_name, category_uid, category_name) = match class_uid {
            3002 => ("Authentication", 3, "Identity & Access Management"),
            3001 => ("Account Change", 3, "Identity & Access Management"),
            _ => ("API Activity", 6, "Application Activity"),
        };
        let actor = || User { name: self.actor_name.as_str(), uid: self.actor_id };
        let thing = Thing {
            name: self.resource_name.as_str(),
            r#type: self.resource_kind.as_str(),
            uid: self.resource_id.as_ref().map(Text::as_str),
        };
        let address = self.source_address.as_ref().map(Text::as_str);
        let (status_id, status, severity_id) = match self.outcome {
            "success" => (1, "Success", 1),
            "denied" => (2, "Failure", 3),
            "failed" => (2, "Failure", 2),
            _ => (99, "Other", 1),
        };
        Some(Data {
            activity_id,
            activity_name: self.action.rsplit('.').next().unwrap_or_default(),
            actor: Actor { user: actor() },
            api: Api { operation: self.action, service: Named { name: "shepherd" } },
            category_name,
            category_uid,
            class_name,
            class_uid,
            metadata: Metadata {
                log_name: "audit",
                original_time: self.at,
                product: Product { name: "Shepherd", vendor_name: "Shepherd" },
                uid: position,
                version: "1.3.0",
            },
            severity_id,
            src_endpoint: Endpoint { ip: address, name: address.is_none().then_some("shepherd") },
            status_code: self.code.as_ref().map(Text::as_str),
            status,
            status_id,
            time,
            type_uid: class_uid * 100 + activity_id,
            unmapped: Unmapped {
                after: self.after,
                before: self.before,
                environment_id: self.environment_id,
                on_behalf_of: self.on_behalf_of,
                outcome: self.outcome,
                request_id: self.request_id,
                system_id: self.system_id,
                vm_id: self.vm_id,
            },
            user: match class_uid {
                3001 => Some(User { name: thing.name, uid: thing.uid }),
                3002 => Some(actor()),
                _ => None,
            },
            resources: [thing],
            raw_data: raw,
        })
    }

    /// Class and activity.
    fn class(&self) -> (u32, u32) {
        let (noun, verb) = self.action.split_once('.').unwrap_or((self.action, ""));
        match (noun, verb) {
            ("session", "sign_in") => (3002, 1),
            ("session", "sign_out" | "revoke") => (3002, 2),
            ("user", "create") => (3001, 1),
            ("user", "reset_password") => (3001, 4),
            ("me", "change_password") => (3001, 3),
            ("user", _) => (3001, 99),
            (_, "create" | "add" | "submit" | "register" | "grant" | "publish") => (6003, 1),
            (_, "read" | "search" | "export" | "screenshot") => (6003, 2),
            (_, "update" | "set" | "set_state") => (6003, 3),
            (_, "delete" | "remove" | "revoke") => (6003, 4),
            _ => (6003, 99),
        }
    }
}

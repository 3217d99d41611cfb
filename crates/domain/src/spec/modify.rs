//! A change to an existing VM: what it was made from, what it becomes, and what lies between the two.
//!
//! Both sides are whole specs, so that a decision is bound to the result and not to a wish about an unknown start.
//! Invariants: a disk never shrinks; another root image, another kind of root or of guest is a rebuild, which is a
//! new VM; a VM never moves to another Service, environment or namespace. Differences are found by comparing the
//! stored forms, so that what a later version adds to a spec is seen here without being listed.
//! Not here: who may change what, and how the cluster is told.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{CreateSpec, labels};
use crate::ids::VmId;
use crate::reason::{Coded, params};
use crate::states::RootDisk;

/// An existing VM, changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModifySpec {
    /// Which VM.
    pub vm_id: VmId,
    /// The revision of its spec this was made from; once the VM has another, this no longer applies.
    pub revision: i64,
    /// What it was then.
    pub from: CreateSpec,
    /// What it is to be.
    pub to: CreateSpec,
}

text_enum! {
    /// When a change reaches a guest that runs.
    strict Effect {
        /// At once.
        Live = "live",
        /// With its next start.
        Restart = "restart",
    }
}

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Its name in the spec.
    pub field: String,
    /// What it was; null where it was not there.
    pub before: Value,
    /// What it is to be; null where it goes.
    pub after: Value,
    /// When a running guest gets it.
    pub effect: Effect,
}

/// What cannot be made of an existing VM.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModifyError {
    /// Nothing differs.
    #[error(
        "nothing would change; choose another size, a larger disk, a newer template version or other labels"
    )]
    Nothing,
    /// Data would be cut off.
    #[error("a disk never shrinks: it has {has} bytes, and {asked} are asked for")]
    Shrinks {
        /// Bytes it has.
        has: i64,
        /// Bytes asked for.
        asked: i64,
    },
    /// The root is its image, whatever was ordered.
    #[error("the root disk of this VM is ephemeral and as large as its image; it cannot grow")]
    Ephemeral,
    /// What the guest stands on would be another.
    #[error("another {what} needs a rebuild; ask for a new VM and delete this one")]
    Rebuild {
        /// The field of the spec.
        what: &'static str,
    },
    /// Not a label a cluster would take, or not one of the VM's own.
    #[error(transparent)]
    Label(#[from] labels::LabelError),
}

impl ModifyError {
    /// The field of the request body that is at fault.
    pub fn pointer(&self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Shrinks { .. } | Self::Ephemeral => "/disk_bytes".to_owned(),
            Self::Rebuild { .. } => "/template_version_id".to_owned(),
            Self::Label(error) => error.pointer(),
        }
    }
}

impl Coded for ModifyError {
    fn code(&self) -> &'static str {
        match self {
            Self::Nothing => "NOTHING_TO_CHANGE",
            Self::Shrinks { .. } => "DISK_CANNOT_SHRINK",
            Self::Ephemeral => "DISK_EPHEMERAL",
            Self::Rebuild { .. } => "REBUILD_NEEDED",
            Self::Label(error) => error.code(),
        }
    }

    fn params(&self) -> Map<String, Value> {
        match self {
            Self::Nothing | Self::Ephemeral => Map::new(),
            Self::Shrinks { has, asked } => params([("has", (*has).into()), ("asked", (*asked).into())]),
            Self::Rebuild { what } => params([("what", (*what).into())]),
            Self::Label(error) => error.params(),
        }
    }
}

impl ModifySpec {
    /// What differs, field by field, in the order of the field names.
    pub fn changes(&self) -> Vec<FieldChange> {
        changes(&self.from, &self.to)
    }

    /// Whether the root disk has to grow.
    pub const fn grows_disk(&self) -> bool {
        self.to.disk_bytes > self.from.disk_bytes
    }

    /// Whether this can be made of the VM it was made from.
    ///
    /// # Errors
    /// [`ModifyError`], the first that stands in the way.
    pub fn check(&self) -> Result<(), ModifyError> {
        let (from, to) = (&self.from, &self.to);
        labels::check(&to.labels)?;
        if to.disk_bytes < from.disk_bytes {
            return Err(ModifyError::Shrinks { has: from.disk_bytes, asked: to.disk_bytes });
        }
        for (what, differs) in [
            ("image", from.source != to.source),
            ("root", from.root != to.root),
            ("family", from.family != to.family),
            ("storage", (&from.storage_class, from.volume_mode) != (&to.storage_class, to.volume_mode)),
        ] {
            if differs {
                return Err(ModifyError::Rebuild { what });
            }
        }
        if self.grows_disk() && to.root == RootDisk::Ephemeral {
            return Err(ModifyError::Ephemeral);
        }
        if self.changes().is_empty() {
            return Err(ModifyError::Nothing);
        }
        Ok(())
    }
}

/// What differs between two specs. The hash of the user data is left out: it follows from what is shown.
pub fn changes(from: &CreateSpec, to: &CreateSpec) -> Vec<FieldChange> {
    let fields = |spec: &CreateSpec| match serde_json::to_value(spec) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    let (before, after) = (fields(from), fields(to));
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let value = |fields: &Map<String, Value>, name: &str| fields.get(name).cloned().unwrap_or_default();
    names
        .into_iter()
        .filter(|name| name.as_str() != "user_data_hash" && before.get(*name) != after.get(*name))
        .map(|name| FieldChange {
            field: name.clone(),
            before: value(&before, name),
            after: value(&after, name),
            effect: effect(name),
        })
        .collect()
}

/// Labels stand on the VM object and the size's name only in the books; all else is in the template of the
/// instance, which KubeVirt takes up when it starts the next one. (It may bring more memory in at once, where it
/// can migrate; nobody is promised that.)
fn effect(field: &str) -> Effect {
    match field {
        "labels" | "size_version_id" => Effect::Live,
        _ => Effect::Restart,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::source::DiskSource;
    use crate::spec::tests::sample;
    use crate::spec::{Spec, canonical, from_bytes};

    fn modify(change: impl FnOnce(&mut CreateSpec)) -> ModifySpec {
        let from = CreateSpec { root: RootDisk::Persistent, disk_bytes: 10 << 30, ..sample() };
        let mut to = from.clone();
        change(&mut to);
        ModifySpec { vm_id: VmId(Uuid::from_u128(9)), revision: 3, from, to }
    }

    fn code(change: impl FnOnce(&mut CreateSpec)) -> &'static str {
        modify(change).check().unwrap_err().code()
    }

    #[test]
    fn what_differs_is_told_with_its_effect() {
        let modify = modify(|to| {
            to.memory_bytes *= 2;
            to.labels.insert("tier".into(), "cache".into());
        });
        assert_eq!(modify.check(), Ok(()));
        let changes = modify.changes();
        let told: Vec<_> = changes.iter().map(|c| (c.field.as_str(), c.effect)).collect();
        assert_eq!(told, [("labels", Effect::Live), ("memory_bytes", Effect::Restart)]);
        assert_eq!(changes[0].before, Value::Null);
        assert_eq!(changes[0].after, json!({ "tier": "cache" }));
        assert_eq!(changes[1].after, json!(modify.to.memory_bytes));
        assert!(!modify.grows_disk());
    }

    #[test]
    fn a_disk_grows_and_never_shrinks() {
        assert!(modify(|to| to.disk_bytes += 1).grows_disk());
        assert_eq!(modify(|to| to.disk_bytes += 1).check(), Ok(()));
        assert_eq!(code(|to| to.disk_bytes -= 1), "DISK_CANNOT_SHRINK");
        let mut ephemeral = modify(|to| to.disk_bytes += 1);
        ephemeral.from.root = RootDisk::Ephemeral;
        ephemeral.to.root = RootDisk::Ephemeral;
        assert_eq!(ephemeral.check().unwrap_err().code(), "DISK_EPHEMERAL");
    }

    #[test]
    fn another_ground_is_another_vm() {
        let other = DiskSource::Image("shepherd/other:1".into());
        assert_eq!(code(|to| to.source = other), "REBUILD_NEEDED");
        assert_eq!(code(|to| to.root = RootDisk::Ephemeral), "REBUILD_NEEDED");
        assert_eq!(code(|_| {}), "NOTHING_TO_CHANGE");
        assert_eq!(code(|to| drop(to.labels.insert("kubevirt.io/x".into(), "y".into()))), "LABEL_RESERVED");
    }

    #[test]
    fn it_reads_back_and_its_hash_holds_both_sides() {
        let one = modify(|to| to.milli_vcpu += 1000);
        let stored = canonical(&Spec::Modify(Box::new(one.clone()))).unwrap();
        assert_eq!(from_bytes(&stored.bytes).unwrap(), Spec::Modify(Box::new(one.clone())));
        let later = ModifySpec { revision: 4, ..one };
        assert_ne!(canonical(&Spec::Modify(Box::new(later))).unwrap().hash, stored.hash);
    }
}

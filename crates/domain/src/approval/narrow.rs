//! What an approver may change in deciding: less of the same, and nothing else.
//!
//! Invariants: no dimension grows, at least one shrinks, and everything that is no amount stays as it was asked for.
//! Not here: whether the smaller size exists, may be ordered and fits a cluster.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::compute::Compute;
use crate::ids::SizeVersionId;
use crate::reason::{Coded, params};
use crate::spec::CreateSpec;

/// Another size of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NarrowerSize {
    /// Which version.
    pub id: SizeVersionId,
    /// Thousandths of a virtual CPU.
    pub milli_vcpu: i64,
    /// Guest memory.
    pub memory_bytes: i64,
    /// What it asks of a node beyond amounts.
    pub compute: Compute,
}

/// What an approver wants instead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Narrowing {
    /// A smaller size.
    pub size: Option<NarrowerSize>,
    /// Less disk.
    pub disk_bytes: Option<i64>,
}

/// One amount that an approver made smaller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// `milli_vcpu`, `memory_bytes`, `disk_bytes` or `gpus`.
    pub field: String,
    /// What was asked for.
    pub from: i64,
    /// What is granted.
    pub to: i64,
}

/// Why a decision may not change a request like that.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NarrowError {
    /// It would be more than was asked for.
    #[error("a decision may only make less of a request; {field} would grow from {from} to {to}")]
    Grows {
        /// Which amount.
        field: &'static str,
        /// What was asked for.
        from: i64,
        /// What it would be.
        to: i64,
    },
    /// It would be something else and not less: other devices, dedicated cores.
    #[error("this size asks other things of a node; choose one that asks the same or nothing special")]
    OtherKind,
    /// It would be the same.
    #[error("this changes nothing; approve the request as it is, or choose something smaller")]
    Nothing,
    /// Less than the template can live with.
    #[error("the template of this request needs at least {least} bytes of disk")]
    TooSmall {
        /// The least.
        least: i64,
    },
}

impl Coded for NarrowError {
    fn code(&self) -> &'static str {
        match self {
            Self::Grows { .. } => "OVERRIDE_GROWS",
            Self::OtherKind => "OVERRIDE_OTHER_KIND",
            Self::Nothing => "OVERRIDE_CHANGES_NOTHING",
            Self::TooSmall { .. } => "DISK_TOO_SMALL",
        }
    }

    fn params(&self) -> Map<String, Value> {
        match self {
            Self::Grows { field, from, to } => {
                params([("field", (*field).into()), ("from", (*from).into()), ("to", (*to).into())])
            }
            Self::OtherKind | Self::Nothing => Map::new(),
            Self::TooSmall { least } => params([("least", (*least).into())]),
        }
    }
}

/// The spec with less of it. `least_disk` is what its template needs.
///
/// # Errors
/// A [`NarrowError`] where anything would grow, or nothing would change.
pub fn narrow(spec: &CreateSpec, to: &Narrowing, least_disk: i64) -> Result<CreateSpec, NarrowError> {
    let mut narrower = spec.clone();
    if let Some(size) = &to.size {
        if size.compute != spec.compute && !size.compute.is_plain() {
            return Err(NarrowError::OtherKind);
        }
        narrower.compute = size.compute.clone();
        narrower.size_version_id = size.id;
        narrower.milli_vcpu = size.milli_vcpu;
        narrower.memory_bytes = size.memory_bytes;
    }
    if let Some(disk) = to.disk_bytes {
        narrower.disk_bytes = disk;
    }
    for (field, from, to) in amounts(spec, &narrower) {
        if to > from {
            return Err(NarrowError::Grows { field, from, to });
        }
    }
    if narrower.disk_bytes < least_disk && narrower.disk_bytes != spec.disk_bytes {
        return Err(NarrowError::TooSmall { least: least_disk });
    }
    if differences(spec, &narrower).is_empty() {
        return Err(NarrowError::Nothing);
    }
    Ok(narrower)
}

fn amounts(from: &CreateSpec, to: &CreateSpec) -> [(&'static str, i64, i64); 4] {
    [
        ("milli_vcpu", from.milli_vcpu, to.milli_vcpu),
        ("memory_bytes", from.memory_bytes, to.memory_bytes),
        ("disk_bytes", from.disk_bytes, to.disk_bytes),
        ("gpus", from.compute.gpu_count(), to.compute.gpu_count()),
    ]
}

/// What is less in `to` than in `from`, for the requester to see.
pub(super) fn differences(from: &CreateSpec, to: &CreateSpec) -> Vec<Difference> {
    let changed = amounts(from, to).into_iter().filter(|(_, from, to)| from != to);
    changed.map(|(field, from, to)| Difference { field: field.to_owned(), from, to }).collect()
}

impl Difference {
    /// What is less in `to` than in `from`.
    pub fn between(from: &CreateSpec, to: &CreateSpec) -> Vec<Self> {
        differences(from, to)
    }
}

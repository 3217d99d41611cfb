//! From a spec to its bytes and hash, and back.

use serde_json::{Map, Value};

use super::{CreateSpec, SPEC_VERSION, Spec, SpecHash};
use crate::fields::Values;
use crate::pool::PoolSpec;
use crate::reason::{Coded, params};

/// Where the answers to what is asked for stand.
const FIELDS: &str = "fields";

/// The largest integer that every JSON reader keeps exactly (RFC 8785, 3.2.2.3; ECMAScript's safe integers).
const MAX_SAFE: i64 = (1 << 53) - 1;

/// A spec as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanonicalSpec {
    /// RFC 8785 JSON; what the hash is of.
    pub bytes: Vec<u8>,
    /// SHA-256 of the bytes.
    pub hash: SpecHash,
    /// The layout's version.
    pub version: i32,
    /// The same as a value, for queries and pages.
    pub json: Value,
}

/// A spec that cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum SpecError {
    /// A number is negative or too large to survive JSON.
    #[error("{field} must be a whole number from 0 to {MAX_SAFE}")]
    Number {
        /// Which field.
        field: &'static str,
    },
    /// Written by a version this one does not know.
    #[error("spec version {found} is not known here")]
    Version {
        /// The version found; 0 if there is none.
        found: i64,
    },
    /// Not a spec.
    #[error("the stored spec cannot be read")]
    Unreadable(#[source] serde_json::Error),
}

impl Coded for SpecError {
    fn code(&self) -> &'static str {
        match self {
            Self::Number { .. } => "SPEC_NUMBER_INVALID",
            Self::Version { .. } => "SPEC_VERSION_UNKNOWN",
            Self::Unreadable(_) => "SPEC_UNREADABLE",
        }
    }

    fn params(&self) -> Map<String, Value> {
        match self {
            Self::Number { field } => params([("field", (*field).into())]),
            Self::Version { found } => params([("found", (*found).into())]),
            Self::Unreadable(_) => Map::new(),
        }
    }
}

/// The one form of `spec`: its bytes, their hash and a copy to query.
///
/// # Errors
/// [`SpecError::Number`] if an amount is negative or beyond 2^53 - 1.
pub fn canonical(spec: &Spec) -> Result<CanonicalSpec, SpecError> {
    with_fields(spec, &Values::new())
}

/// The same, with what was answered to the fields that are asked for beside it. Left out where there are none, so that
/// such a spec has the bytes and the hash it had before there were fields.
///
/// # Errors
/// As [`canonical`].
pub fn with_fields(spec: &Spec, fields: &Values) -> Result<CanonicalSpec, SpecError> {
    let mut spec = spec.clone();
    match &mut spec {
        Spec::Create(create) => settle(create)?,
        Spec::Modify(modify) => {
            settle(&mut modify.from)?;
            settle(&mut modify.to)?;
        }
        Spec::PoolCreate(create) => {
            check("desired", create.desired)?;
            settle_pool(&mut create.pool)?;
        }
        Spec::PoolChange(change) => {
            settle_pool(&mut change.from)?;
            settle_pool(&mut change.to)?;
        }
        _ => {}
    }
    if let Spec::Batch(batch) = &spec {
        check("count", batch.count)?;
        check("milli_vcpu", batch.milli_vcpu)?;
        check("memory_bytes", batch.memory_bytes)?;
        check("disk_bytes", batch.disk_bytes)?;
    }
    let mut json = serde_json::to_value(&spec).map_err(SpecError::Unreadable)?;
    json["spec_version"] = SPEC_VERSION.into();
    if !fields.is_empty() {
        json[FIELDS] = serde_json::to_value(fields).map_err(SpecError::Unreadable)?;
    }
    let bytes = serde_json_canonicalizer::to_vec(&json).map_err(SpecError::Unreadable)?;
    Ok(CanonicalSpec { hash: SpecHash::of(&bytes), bytes, version: SPEC_VERSION, json })
}

fn settle_pool(pool: &mut PoolSpec) -> Result<(), SpecError> {
    check("min", pool.min)?;
    check("max", pool.max)?;
    settle(&mut pool.member)
}

fn settle(create: &mut CreateSpec) -> Result<(), SpecError> {
    check("milli_vcpu", create.milli_vcpu)?;
    check("memory_bytes", create.memory_bytes)?;
    check("disk_bytes", create.disk_bytes)?;
    check("request_milli_cpu", create.compute.request_milli_cpu.unwrap_or_default())?;
    check("request_memory_bytes", create.compute.request_memory_bytes.unwrap_or_default())?;
    for gpu in &create.compute.gpus {
        check("gpus", gpu.count)?;
    }
    // Whoever is chosen first is no different from whoever is chosen last.
    create.ssh_keys.sort();
    create.ssh_keys.dedup();
    create.compute.gpus.sort();
    create.apart_from.sort();
    create.apart_from.dedup();
    Ok(())
}

const fn check(field: &'static str, amount: i64) -> Result<(), SpecError> {
    if amount < 0 || amount > MAX_SAFE {
        return Err(SpecError::Number { field });
    }
    Ok(())
}

/// A spec from its stored bytes.
///
/// # Errors
/// [`SpecError::Version`] or [`SpecError::Unreadable`].
pub fn from_bytes(bytes: &[u8]) -> Result<Spec, SpecError> {
    from_json(serde_json::from_slice(bytes).map_err(SpecError::Unreadable)?)
}

/// A spec from the JSON copy of it.
///
/// # Errors
/// As [`from_bytes`].
pub fn from_json(mut json: Value) -> Result<Spec, SpecError> {
    let version = json.as_object_mut().and_then(|spec| {
        // Answered beside the spec, and read by `fields_of`.
        spec.remove(FIELDS);
        spec.remove("spec_version")
    });
    let found = version.as_ref().and_then(Value::as_i64).unwrap_or_default();
    if found != i64::from(SPEC_VERSION) {
        return Err(SpecError::Version { found });
    }
    serde_json::from_value(json).map_err(SpecError::Unreadable)
}

/// What was answered to the fields that are asked for, from the JSON copy of a spec.
pub fn fields_of(json: &Value) -> Values {
    let fields = json.get(FIELDS).and_then(Value::as_object);
    fields.map(|fields| fields.clone().into_iter().collect()).unwrap_or_default()
}

//! Quota arithmetic: what a request uses, under which limits that falls, and whether it fits.
//!
//! Invariants: lines come in one order, scope kind, scope id, dimension, each compared as PostgreSQL compares
//! text under collation "C" and uuids, so that every transaction locks limits in the same order and none waits
//! in a circle. What was ordered counts, not what a guest uses. Amounts only add; nothing here overflows.
//! Not here: reading limits and sums, and writing the ledger; see `store`.

mod ledger;

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::{EnvironmentId, PrincipalId, ServiceId, SystemId};
use crate::reason::Reason;
use crate::spec::CreateSpec;

pub use ledger::{Balance, Discrepancy, LedgerRow, LedgerState, balance, discrepancies, expected_state};

text_enum! {
    /// What is counted.
    strict Dimension {
        /// Thousandths of a virtual CPU.
        MilliVcpu = "milli_vcpu",
        /// Guest memory.
        MemoryBytes = "memory_bytes",
        /// Disks.
        DiskBytes = "disk_bytes",
        /// VMs.
        Vms = "vms",
        /// GPUs.
        Gpus = "gpus",
        /// Snapshots.
        Snapshots = "snapshots",
    }
}

text_enum! {
    /// Whose use is limited.
    strict ScopeKind {
        /// Everything; its id is the nil UUID.
        Platform = "platform",
        /// One environment.
        Environment = "environment",
        /// One business line.
        System = "system",
        /// One application.
        Service = "service",
        /// One person.
        Person = "person",
    }
}

/// Whose use is limited. Ordered as the database orders it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Scope {
    /// What kind.
    pub kind: ScopeKind,
    /// Which one.
    pub id: Uuid,
}

impl Ord for Scope {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.kind.as_str(), self.id).cmp(&(other.kind.as_str(), other.id))
    }
}

impl PartialOrd for Scope {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// For whom something is used: one of each scope.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    /// Where.
    pub environment_id: EnvironmentId,
    /// Whose business line.
    pub system_id: SystemId,
    /// Whose application.
    pub service_id: ServiceId,
    /// The person who asked.
    pub person_id: PrincipalId,
}

/// How much of one dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// What is counted.
    pub dimension: Dimension,
    /// How much; never negative.
    pub amount: i64,
}

/// What one VM of this spec uses, in every dimension it uses.
pub fn amounts(spec: &CreateSpec) -> Vec<Amount> {
    [
        (Dimension::DiskBytes, spec.disk_bytes),
        (Dimension::Gpus, spec.compute.gpu_count()),
        (Dimension::MemoryBytes, spec.memory_bytes),
        (Dimension::MilliVcpu, spec.milli_vcpu),
        (Dimension::Vms, 1),
    ]
    .into_iter()
    .filter(|(_, amount)| *amount > 0)
    .map(|(dimension, amount)| Amount { dimension, amount })
    .collect()
}

/// What a VM of the second spec uses more than one of the first, in every dimension in which it does.
pub fn growth(from: &CreateSpec, to: &CreateSpec) -> Vec<Amount> {
    let had: BTreeMap<Dimension, i64> = amounts(from).into_iter().map(|a| (a.dimension, a.amount)).collect();
    amounts(to)
        .into_iter()
        .map(|a| Amount { amount: a.amount - had.get(&a.dimension).copied().unwrap_or_default(), ..a })
        .filter(|a| a.amount > 0)
        .collect()
}

/// What a VM of this spec uses while it is in the trash: its disks are kept, nothing else is.
pub fn trashed(spec: &CreateSpec) -> Vec<Amount> {
    amounts(spec).into_iter().filter(|a| a.dimension == Dimension::DiskBytes).collect()
}

/// What it takes again when it comes back from there.
pub fn restored(spec: &CreateSpec) -> Vec<Amount> {
    amounts(spec).into_iter().filter(|a| a.dimension != Dimension::DiskBytes).collect()
}

/// One limit a request may fall under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Whose use.
    pub scope: Scope,
    /// Of what.
    pub dimension: Dimension,
    /// How much more.
    pub amount: i64,
}

/// Every limit these amounts may fall under, in the order in which limits are locked.
pub fn lines(subject: &Subject, amounts: &[Amount]) -> Vec<Line> {
    let scopes = [
        (ScopeKind::Platform, Uuid::nil()),
        (ScopeKind::Environment, subject.environment_id.0),
        (ScopeKind::System, subject.system_id.0),
        (ScopeKind::Service, subject.service_id.0),
        (ScopeKind::Person, subject.person_id.0),
    ];
    let mut lines: Vec<Line> = scopes
        .into_iter()
        .flat_map(|(kind, id)| {
            amounts.iter().map(move |amount| Line {
                scope: Scope { kind, id },
                dimension: amount.dimension,
                amount: amount.amount,
            })
        })
        .collect();
    lines.sort_by_key(|line| (line.scope, line.dimension.as_str()));
    lines
}

/// A limit that is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// How much may be used in all.
    pub amount: i64,
    /// Whether going beyond is refused or only said.
    pub hard: bool,
}

/// One line with what is known about it, as it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckedLine {
    /// Whose use.
    pub scope: Scope,
    /// Of what.
    pub dimension: Dimension,
    /// Live and reserved before this request.
    pub used: i64,
    /// What this request adds.
    pub requested: i64,
    /// The limit, where there is one.
    pub limit: Option<i64>,
}

/// Whether a request fits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Check {
    /// Every line, in lock order.
    pub lines: Vec<CheckedLine>,
    /// Hard limits it would break; empty means it fits.
    pub exceeded: Vec<Reason>,
    /// Warning limits it would pass.
    pub warnings: Vec<Reason>,
}

/// Judges lines against the limits that are set. A line without a limit fits; what is not in `used` is 0.
pub fn check(
    lines: &[Line],
    limits: &BTreeMap<(Scope, Dimension), Limit>,
    used: &BTreeMap<(Scope, Dimension), i64>,
) -> Check {
    let mut check = Check::default();
    for line in lines {
        let key = (line.scope, line.dimension);
        let limit = limits.get(&key);
        let used = used.get(&key).copied().unwrap_or_default();
        check.lines.push(CheckedLine {
            scope: line.scope,
            dimension: line.dimension,
            used,
            requested: line.amount,
            limit: limit.map(|limit| limit.amount),
        });
        let Some(limit) = limit.filter(|limit| used.saturating_add(line.amount) > limit.amount) else {
            continue;
        };
        let (code, list) = if limit.hard {
            ("QUOTA_EXCEEDED", &mut check.exceeded)
        } else {
            ("QUOTA_WARNING", &mut check.warnings)
        };
        let (kind, dimension) = (line.scope.kind, line.dimension);
        let text = format!("The limit of {dimension} for this {kind} is {}; {used} are used.", limit.amount);
        list.push(
            Reason::new(code, text)
                .with("scope", kind.as_str())
                .with("dimension", dimension.as_str())
                .with("used", used)
                .with("requested", line.amount)
                .with("limit", limit.amount),
        );
    }
    check
}

#[cfg(test)]
mod tests;

//! The ledger's books: what is reserved, what is live, and whether that is the truth.

use std::collections::BTreeMap;

use super::Dimension;
use crate::ids::RequestId;
use crate::states::{RequestState, VmState};

text_enum! {
    /// Where one ledger row stands.
    strict LedgerState {
        /// Held by a request that is on its way.
        Reserved = "reserved",
        /// Held by a VM.
        Live = "live",
        /// Given back.
        Released = "released",
    }
}

/// One row: what one request uses of one dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerRow {
    /// The create request.
    pub request_id: RequestId,
    /// Of what.
    pub dimension: Dimension,
    /// How much.
    pub amount: i64,
    /// Where it stands.
    pub state: LedgerState,
}

/// Where the row of a create request must stand, by its state and its VM's.
///
/// A VM counts until it is gone, a failed one too, because it may still occupy its cluster; in the trash only its
/// disks do. A state a newer version wrote counts as in use: a limit is never broken by not understanding.
pub fn expected_state(request: RequestState, vm: Option<VmState>, dimension: Dimension) -> LedgerState {
    match (request, vm) {
        (_, Some(VmState::Deleted)) => LedgerState::Released,
        (_, Some(VmState::Trashed | VmState::Restoring)) if dimension != Dimension::DiskBytes => {
            LedgerState::Released
        }
        (_, Some(VmState::Trashed | VmState::Restoring)) => LedgerState::Live,
        (_, Some(VmState::Active | VmState::Deleting | VmState::Failed | VmState::Unknown)) => {
            LedgerState::Live
        }
        (_, Some(VmState::Creating)) => LedgerState::Reserved,
        (RequestState::Unknown, None) => LedgerState::Reserved,
        (request, None) if request.is_open() => LedgerState::Reserved,
        (_, None) => LedgerState::Released,
    }
}

/// What one dimension's rows add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// Held by requests.
    pub reserved: i64,
    /// Held by VMs.
    pub live: i64,
}

impl Balance {
    /// What counts against a limit.
    pub const fn used(self) -> i64 {
        self.reserved.saturating_add(self.live)
    }
}

/// What the rows add up to, by dimension.
pub fn balance(rows: &[LedgerRow]) -> BTreeMap<Dimension, Balance> {
    let mut sums: BTreeMap<Dimension, Balance> = BTreeMap::new();
    for row in rows {
        let sum = sums.entry(row.dimension).or_default();
        match row.state {
            LedgerState::Reserved => sum.reserved = sum.reserved.saturating_add(row.amount),
            LedgerState::Live => sum.live = sum.live.saturating_add(row.amount),
            LedgerState::Released => {}
        }
    }
    sums
}

/// A row that is not as it must be, or is missing, or is there without cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Discrepancy {
    /// The create request.
    pub request_id: RequestId,
    /// Of what.
    pub dimension: Dimension,
    /// The amount and state that should stand in the ledger; none: no row.
    pub expected: Option<(i64, LedgerState)>,
    /// What stands there.
    pub found: Option<(i64, LedgerState)>,
}

/// Compares the ledger with what requests and VMs say it must be. Empty means the books are right. A missing
/// row that would be released is no discrepancy: nothing is held by it.
pub fn discrepancies(ledger: &[LedgerRow], expected: &[LedgerRow]) -> Vec<Discrepancy> {
    let by_key = |rows: &[LedgerRow]| -> BTreeMap<(RequestId, Dimension), (i64, LedgerState)> {
        rows.iter().map(|row| ((row.request_id, row.dimension), (row.amount, row.state))).collect()
    };
    let (found, wanted) = (by_key(ledger), by_key(expected));
    let holds = |row: Option<&(i64, LedgerState)>| row.copied().filter(|(_, s)| *s != LedgerState::Released);
    let mut keys: Vec<_> = found.keys().chain(wanted.keys()).copied().collect();
    keys.sort_unstable();
    keys.dedup();
    keys.into_iter()
        .filter(|key| holds(found.get(key)) != holds(wanted.get(key)))
        .map(|key| Discrepancy {
            request_id: key.0,
            dimension: key.1,
            expected: wanted.get(&key).copied(),
            found: found.get(&key).copied(),
        })
        .collect()
}

//! The life of a request as a table: which event leads from which state to which.
//!
//! ```text
//! draft -> pending -> approved -> executing -> succeeded | failed | expired
//!            |-> changes_requested -> pending     |-> rejected | cancelled | expired
//! An edit leads from pending or changes_requested to pending.
//! ```
//! Invariants: a terminal state is never left; nothing is executed that was not approved; an unknown state
//! moves nowhere. Not here: who may cause an event, and the database guard that makes it happen once.

use super::RequestState;
use crate::reason::{Coded, params};
use serde_json::{Map, Value};

/// What can happen to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RequestEvent {
    /// Handed in for decision.
    Submit,
    /// Changed by its requester or a colleague: decided anew, whatever was said before.
    Edit,
    /// An approver wants it changed.
    AskChanges,
    /// The last stage is satisfied, or a rule waves it through.
    Approve,
    /// An approver refuses it.
    Reject,
    /// The requester withdraws it, at the latest while its work has not begun.
    Cancel,
    /// Nobody decided in time, or its cluster could not be reached in time.
    Expire,
    /// What was approved no longer holds just before execution: back to the approvers.
    SendBack,
    /// Its work begins.
    Begin,
    /// Its work is done.
    Succeed,
    /// Its work cannot be done, or was superseded.
    Fail,
}

impl RequestEvent {
    /// Every event, for tables.
    pub const ALL: &'static [Self] = &[
        Self::Submit,
        Self::Edit,
        Self::AskChanges,
        Self::Approve,
        Self::Reject,
        Self::Cancel,
        Self::Expire,
        Self::SendBack,
        Self::Begin,
        Self::Succeed,
        Self::Fail,
    ];
}

/// The event does not happen in this state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a request that is {state} cannot take this step")]
pub struct IllegalTransition {
    /// Where the request stands.
    pub state: RequestState,
    /// What was tried.
    pub event: RequestEvent,
}

impl Coded for IllegalTransition {
    fn code(&self) -> &'static str {
        "ILLEGAL_STATE"
    }

    fn params(&self) -> Map<String, Value> {
        params([("state", self.state.as_str().into())])
    }
}

impl RequestState {
    /// The state after `event`.
    ///
    /// # Errors
    /// [`IllegalTransition`] if the event does not happen in this state.
    pub const fn apply(self, event: RequestEvent) -> Result<Self, IllegalTransition> {
        use RequestEvent as E;
        use RequestState as S;
        let next = match (self, event) {
            (S::Draft, E::Submit) | (S::Pending | S::ChangesRequested, E::Edit) => S::Pending,
            (S::Pending, E::AskChanges) => S::ChangesRequested,
            (S::Pending, E::Approve) => S::Approved,
            (S::Pending, E::Reject) => S::Rejected,
            (S::Draft | S::Pending | S::ChangesRequested | S::Approved, E::Cancel) => S::Cancelled,
            (S::Pending | S::ChangesRequested | S::Approved | S::Executing, E::Expire) => S::Expired,
            (S::Approved, E::SendBack) => S::Pending,
            (S::Approved, E::Begin) => S::Executing,
            (S::Executing, E::Succeed) => S::Succeeded,
            (S::Approved | S::Executing, E::Fail) => S::Failed,
            (state, event) => return Err(IllegalTransition { state, event }),
        };
        Ok(next)
    }

    /// Still on its way: these hold a place in the duplicate index and their reservations.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::ChangesRequested | Self::Approved | Self::Executing)
    }

    /// Ended for good.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Rejected | Self::Cancelled | Self::Expired)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Every pair of state and event that leads somewhere; all the others must be refused.
    const TABLE: &str = "
        draft Submit pending
        draft Cancel cancelled
        pending AskChanges changes_requested
        pending Approve approved
        pending Reject rejected
        pending Cancel cancelled
        pending Expire expired
        pending Edit pending
        changes_requested Edit pending
        changes_requested Cancel cancelled
        changes_requested Expire expired
        approved Cancel cancelled
        approved Expire expired
        approved SendBack pending
        approved Begin executing
        approved Fail failed
        executing Expire expired
        executing Succeed succeeded
        executing Fail failed";

    #[test]
    fn the_table_is_exhaustive() {
        let mut states = RequestState::ALL.to_vec();
        states.push(RequestState::Unknown);
        let mut lines = Vec::new();
        for state in states {
            for event in RequestEvent::ALL {
                match state.apply(*event) {
                    Ok(next) => lines.push(format!("{state} {event:?} {next}")),
                    Err(error) => assert_eq!(error, IllegalTransition { state, event: *event }),
                }
            }
        }
        let mut expected: Vec<_> = TABLE.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        expected.sort_unstable();
        lines.sort_unstable();
        assert_eq!(lines, expected);
    }

    #[test]
    fn a_state_is_open_or_terminal_or_a_draft() {
        for state in RequestState::ALL {
            assert!(!(state.is_open() && state.is_terminal()), "{state}");
            assert!(state.is_open() || state.is_terminal() || *state == RequestState::Draft, "{state}");
        }
        assert!(!RequestState::Unknown.is_open() && !RequestState::Unknown.is_terminal());
    }

    proptest! {
        #[test]
        fn nothing_succeeds_unapproved_and_nothing_leaves_its_end(
            events in prop::collection::vec(prop::sample::select(RequestEvent::ALL), 0..40),
        ) {
            let (mut state, mut approvals) = (RequestState::Draft, 0);
            for event in events {
                let before = state;
                if let Ok(next) = state.apply(event) {
                    prop_assert!(!before.is_terminal());
                    approvals += usize::from(event == RequestEvent::Approve);
                    state = next;
                }
                let worked = matches!(state, RequestState::Executing | RequestState::Succeeded);
                prop_assert!(!worked || approvals > 0);
            }
        }
    }
}

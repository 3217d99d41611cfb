//! Why a word does not count.

use serde_json::{Map, Value};

use crate::hash::SpecHash;
use crate::reason::{Coded, params};
use crate::states::RequestState;

/// Why someone's decision is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is not waiting for a decision: decided meanwhile, withdrawn, expired.
    #[error("this request is not waiting for a decision; it is {state}")]
    NotPending {
        /// Where it stands.
        state: RequestState,
    },
    /// It is decided or has ended: what is asked for stands.
    #[error("this request is {state}; only what waits for a decision or for changes can be changed")]
    NotEditable {
        /// Where it stands.
        state: RequestState,
    },
    /// The person asked for it or changed it.
    #[error("whoever asks for something or changes the request cannot decide it; someone else must")]
    SelfApproval,
    /// The person lacks what the stage asks for.
    #[error("deciding this stage needs the permission {permission} in this environment")]
    NotAnApprover {
        /// What is missing.
        permission: String,
    },
    /// The person has had a say in this request.
    #[error("you have already decided this request; one person counts once over all stages")]
    AlreadyDecided,
    /// The person saw something else than what is asked for now.
    #[error("the request was changed after you opened it; read it again and decide on the new version")]
    SpecChanged {
        /// What it is now.
        current: SpecHash,
    },
    /// The VM's name was not typed, or not right.
    #[error("this environment is protected: type the VM's full name to approve")]
    ConfirmName,
}

impl Coded for Refusal {
    fn code(&self) -> &'static str {
        match self {
            Self::NotPending { .. } => "NOT_PENDING",
            Self::NotEditable { .. } => "NOT_EDITABLE",
            Self::SelfApproval => "SELF_APPROVAL",
            Self::NotAnApprover { .. } => "NOT_AN_APPROVER",
            Self::AlreadyDecided => "ALREADY_DECIDED",
            Self::SpecChanged { .. } => "SPEC_CHANGED",
            Self::ConfirmName => "CONFIRM_NAME",
        }
    }

    fn params(&self) -> Map<String, Value> {
        match self {
            Self::NotPending { state } | Self::NotEditable { state } => {
                params([("state", state.as_str().into())])
            }
            Self::NotAnApprover { permission } => params([("permission", permission.as_str().into())]),
            Self::SpecChanged { current } => params([("spec_hash", current.to_string().into())]),
            Self::SelfApproval | Self::AlreadyDecided | Self::ConfirmName => Map::new(),
        }
    }
}

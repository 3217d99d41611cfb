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
    /// The person is none of those whose word the stage still needs.
    #[error("deciding this stage needs {} here", needs.join(" or "))]
    NotAnApprover {
        /// Whose word is missing: a permission, a role, a group, the owners.
        needs: Vec<String>,
    },
    /// No rule of this stage is soft, or none names a role the person holds.
    #[error("nothing in this stage can be set aside by a role you hold; approve or reject it instead")]
    NothingToSetAside,
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
            Self::NothingToSetAside => "NOTHING_TO_SET_ASIDE",
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
            Self::NotAnApprover { needs } => params([("permission", needs.join(", ").into())]),
            Self::SpecChanged { current } => params([("spec_hash", current.to_string().into())]),
            Self::SelfApproval | Self::AlreadyDecided | Self::ConfirmName | Self::NothingToSetAside => {
                Map::new()
            }
        }
    }
}

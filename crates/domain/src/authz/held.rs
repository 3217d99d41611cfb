//! The pieces of what a principal holds: roles with their reach, and places in Systems, Services and VMs.
//!
//! Each says through which group it comes, if through one, so that an answer to "why" can name it. Not here: the check
//! over all of them ([`super::Grants`]).

use std::collections::BTreeSet;

use super::{Permission, Resource};
use crate::ids::{BindingId, EnvironmentId, GroupId, ServiceId, SystemId, VmId};
use crate::states::MemberRole;

/// The environments a role binding reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All, also those made later.
    All,
    /// These.
    Only(BTreeSet<EnvironmentId>),
}

impl Reach {
    /// `None` asks for a thing outside environments: any reach will do.
    pub fn covers(&self, environment: Option<EnvironmentId>) -> bool {
        match (self, environment) {
            (Self::All, _) | (_, None) => true,
            (Self::Only(set), Some(environment)) => set.contains(&environment),
        }
    }

    /// What either reaches.
    pub fn joined(self, other: &Self) -> Self {
        match (self, other) {
            (Self::Only(mut mine), Self::Only(theirs)) => {
                mine.extend(theirs.iter().copied());
                Self::Only(mine)
            }
            _ => Self::All,
        }
    }

    /// Whether everything the other reaches is reached. To reach nothing is never asked for and never granted.
    pub fn includes(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::All, _) => true,
            (Self::Only(_), Self::All) => false,
            (Self::Only(mine), Self::Only(theirs)) => theirs.is_subset(mine),
        }
    }
}

/// A role held, as the permissions it stands for. Names this version does not know allow nothing.
#[derive(Clone, Debug)]
pub struct RoleBinding {
    pub id: BindingId,
    pub role: String,
    pub permissions: BTreeSet<Permission>,
    pub reach: Reach,
    /// The group it was given to; `None` for the principal itself.
    pub group: Option<GroupId>,
}

impl RoleBinding {
    /// One given to the principal itself, that no row stands behind: for tests and what-if questions.
    pub fn of(role: &str, permissions: &[Permission], reach: Reach) -> Self {
        let permissions = permissions.iter().copied().collect();
        Self { id: BindingId(uuid::Uuid::nil()), role: role.into(), permissions, reach, group: None }
    }
}

/// Where somebody has a place. A place in a System is also one in its Services and VMs, one in a Service also in its VMs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Within {
    System(SystemId),
    Service(ServiceId),
    Vm(VmId),
}

impl Within {
    /// Whether a place here is a place at the thing.
    pub fn covers(self, on: &impl Resource) -> bool {
        match self {
            Self::System(id) => on.system() == Some(id),
            Self::Service(id) => on.service() == Some(id),
            Self::Vm(id) => on.vm() == Some(id),
        }
    }
}

/// A place in a System, or in one Service or VM of it.
#[derive(Clone, Copy, Debug)]
pub struct Membership {
    pub within: Within,
    pub role: MemberRole,
    /// The group that has the place; `None` for the principal itself.
    pub group: Option<GroupId>,
}

impl Membership {
    /// A place of the principal itself in a whole System.
    pub fn of(system: SystemId, role: MemberRole) -> Self {
        Self { within: Within::System(system), role, group: None }
    }
}

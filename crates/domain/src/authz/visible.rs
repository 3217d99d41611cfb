//! What may be listed, in the shape a query filters by.

use crate::ids::{EnvironmentId, SystemId};

/// A row is visible when `everything`, or its environment is in `environments`, or its System is in `systems` and
/// (`member_everywhere` or its environment is in `member_environments`).
///
/// Rows outside environments (Systems, Services) use [`Visible::systems`] and [`Visible::any_environment`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visible {
    /// Held over all environments.
    pub everything: bool,
    /// Environments in which everything is visible.
    pub environments: Vec<EnvironmentId>,
    /// Systems the principal is a member of, with a member role that carries the permission.
    pub systems: Vec<SystemId>,
    /// The permission is held in every environment, for those Systems.
    pub member_everywhere: bool,
    /// Or in these.
    pub member_environments: Vec<EnvironmentId>,
}

impl Visible {
    /// Whether a row outside environments is visible without membership.
    pub fn any_environment(&self) -> bool {
        self.everything || !self.environments.is_empty()
    }

    /// Whether memberships count at all: the permission is held in some environment.
    pub fn as_member(&self) -> bool {
        self.member_everywhere || !self.member_environments.is_empty()
    }

    /// The same rule for one row; lists use SQL, single rows and events this.
    pub fn covers(&self, system: Option<SystemId>, environment: Option<EnvironmentId>) -> bool {
        let in_environment = environment.is_some_and(|e| self.environments.contains(&e));
        let member_here = match environment {
            Some(e) => self.member_everywhere || self.member_environments.contains(&e),
            None => self.as_member(),
        };
        let unplaced = environment.is_none() && self.any_environment();
        self.everything
            || in_environment
            || unplaced
            || system.is_some_and(|s| self.systems.contains(&s)) && member_here
    }
}

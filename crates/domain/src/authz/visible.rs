//! What may be listed, in the shape a query filters by.

use super::Resource;
use crate::ids::{EnvironmentId, ServiceId, SystemId, VmId};

/// A row is visible when `everything`, or its environment is in `environments`, or its System is in `systems` or its
/// Service in `services` or its VM in `vms` and (`member_everywhere` or its environment is in `member_environments`).
///
/// Rows outside environments (Systems, Services) use [`Visible::any_environment`] and [`Visible::as_member`]. A row lies
/// only in what it belongs to: a System is not visible by a place in one of its Services, nor a Service by one at a VM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visible {
    /// Held over all environments.
    pub everything: bool,
    /// Environments in which everything is visible.
    pub environments: Vec<EnvironmentId>,
    /// Systems the principal is a member of, with a member role that carries the permission.
    pub systems: Vec<SystemId>,
    /// Services of other Systems with such a place.
    pub services: Vec<ServiceId>,
    /// VMs of other Services with such a place.
    pub vms: Vec<VmId>,
    /// The permission is held in every environment, for those Systems.
    pub member_everywhere: bool,
    /// Or in these.
    pub member_environments: Vec<EnvironmentId>,
}

/// What a row belongs to, as far as it does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Belongs {
    pub system: Option<SystemId>,
    pub service: Option<ServiceId>,
    pub vm: Option<VmId>,
    pub environment: Option<EnvironmentId>,
}

impl Resource for Belongs {
    fn environment(&self) -> Option<EnvironmentId> {
        self.environment
    }
    fn system(&self) -> Option<SystemId> {
        self.system
    }
    fn service(&self) -> Option<ServiceId> {
        self.service
    }
    fn vm(&self) -> Option<VmId> {
        self.vm
    }
}

impl Visible {
    /// No row.
    pub fn nothing() -> Self {
        Self {
            everything: false,
            environments: Vec::new(),
            systems: Vec::new(),
            services: Vec::new(),
            vms: Vec::new(),
            member_everywhere: false,
            member_environments: Vec::new(),
        }
    }

    /// Every row, for a caller whose right to it was checked otherwise.
    pub fn all() -> Self {
        Self { everything: true, member_everywhere: true, ..Self::nothing() }
    }

    /// Whether a row outside environments is visible without membership.
    pub fn any_environment(&self) -> bool {
        self.everything || !self.environments.is_empty()
    }

    /// Whether memberships count at all: the permission is held in some environment.
    pub fn as_member(&self) -> bool {
        self.member_everywhere || !self.member_environments.is_empty()
    }

    /// The same rule for one row; lists use SQL, single rows and events this.
    pub fn covers(&self, row: &Belongs) -> bool {
        let in_environment = row.environment.is_some_and(|e| self.environments.contains(&e));
        let member_here = match row.environment {
            Some(e) => self.member_everywhere || self.member_environments.contains(&e),
            None => self.as_member(),
        };
        let unplaced = row.environment.is_none() && self.any_environment();
        let place = row.system.is_some_and(|id| self.systems.contains(&id))
            || row.service.is_some_and(|id| self.services.contains(&id))
            || row.vm.is_some_and(|id| self.vms.contains(&id));
        self.everything || in_environment || unplaced || place && member_here
    }
}

//! What a request is about: a VM, or a System as a whole.
//!
//! Invariants: what is about a VM lies in one System, Service, environment and namespace, whether the VM exists already or
//! is to be made there; what is about a System lies in no environment. The database says the same in a constraint.
//! Not here: which VM. That a request learns when it is approved.

use crate::ids::{EnvironmentId, NamespaceId, ServiceId, SystemId};

/// Where a VM is, or is to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VmPlace {
    /// Whose business line.
    pub system: SystemId,
    /// Whose application.
    pub service: ServiceId,
    /// Where it is governed.
    pub environment: EnvironmentId,
    /// Where it lives in its cluster.
    pub namespace: NamespaceId,
}

/// What a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A VM, or the place where one is made, or a pool of them kept.
    Vm(VmPlace),
    /// A System as a whole; `None` where nothing has the name that was asked for. Whoever asked is not told which.
    System(Option<SystemId>),
}

impl Target {
    /// The word the database keeps.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Vm(_) => "vm",
            Self::System(_) => "system",
        }
    }

    /// Where a VM is concerned.
    pub const fn vm(&self) -> Option<VmPlace> {
        match self {
            Self::Vm(place) => Some(*place),
            Self::System(_) => None,
        }
    }

    /// The System it lies in, or is.
    pub const fn system(&self) -> Option<SystemId> {
        match self {
            Self::Vm(place) => Some(place.system),
            Self::System(system) => *system,
        }
    }

    /// The Service it lies in.
    pub fn service(&self) -> Option<ServiceId> {
        self.vm().map(|place| place.service)
    }

    /// The environment it lies in.
    pub fn environment(&self) -> Option<EnvironmentId> {
        self.vm().map(|place| place.environment)
    }

    /// The namespace it lies in.
    pub fn namespace(&self) -> Option<NamespaceId> {
        self.vm().map(|place| place.namespace)
    }
}

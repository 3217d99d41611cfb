//! Actions as types, so that a proof for one is not accepted for another; and the places they act on.

use super::Permission;
use crate::ids::{EnvironmentId, RequestId, ServiceId, SystemId, VmId};
use crate::target::Target;

/// Something that may be done. A marker: the permission is all it holds.
pub trait Action {
    /// What the caller must hold.
    const PERMISSION: Permission;
}

/// Where something is done: which environment and System the check is made in.
pub trait Resource {
    /// `None` where the thing belongs to no single environment.
    fn environment(&self) -> Option<EnvironmentId> {
        None
    }
    /// `None` where no System is touched; resource permissions are then never enough.
    fn system(&self) -> Option<SystemId> {
        None
    }
    /// The Service it belongs to: a place there counts, too.
    fn service(&self) -> Option<ServiceId> {
        None
    }
    /// The VM it is, or is about.
    fn vm(&self) -> Option<VmId> {
        None
    }
}

macro_rules! actions {
    ($($name:ident: $permission:ident;)*) => {$(
        #[doc = concat!("The action behind [`Permission::", stringify!($permission), "`].")]
        #[derive(Clone, Copy, Debug)]
        pub struct $name;
        impl Action for $name {
            const PERMISSION: Permission = Permission::$permission;
        }
    )*};
}

actions! {
    ManageCatalogue: CatalogueManage;
    ReadCluster: ClusterRead;
    ManageCluster: ClusterManage;
    ReadUsers: UserRead;
    ManageUsers: UserManage;
    GrantRoles: RoleGrant;
    ReadPolicies: PolicyRead;
    ManagePolicies: PolicyManage;
    ReadAudit: AuditRead;
    ManageLimits: LimitManage;
    CreateSystem: SystemCreate;
    ReadSystem: SystemRead;
    UpdateSystem: SystemUpdate;
    DeleteSystem: SystemDelete;
    ManageMembers: SystemManageMembers;
    ReadService: ServiceRead;
    CreateService: ServiceCreate;
    UpdateService: ServiceUpdate;
    DeleteService: ServiceDelete;
    ReadRequest: RequestRead;
    CommentRequest: RequestComment;
    ApproveRequest: RequestApprove;
    ReadVm: VmRead;
    CreateVm: VmCreate;
    UpdateVm: VmUpdate;
    StartVm: VmStart;
    StopVm: VmStop;
    RestartVm: VmRestart;
    PauseVm: VmPause;
    DeleteVm: VmDelete;
    RestoreVm: VmRestore;
    OpenConsole: VmConsole;
}

/// The platform as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Platform;
impl Resource for Platform {}

/// Everything in one environment, of whichever System.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InEnvironment(pub EnvironmentId);
impl Resource for InEnvironment {
    fn environment(&self) -> Option<EnvironmentId> {
        Some(self.0)
    }
}

/// A System.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SystemScope(pub SystemId);
impl Resource for SystemScope {
    fn system(&self) -> Option<SystemId> {
        Some(self.0)
    }
}

/// A Service, over all environments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceScope {
    pub service: ServiceId,
    pub system: SystemId,
}
impl Resource for ServiceScope {
    fn system(&self) -> Option<SystemId> {
        Some(self.system)
    }
    fn service(&self) -> Option<ServiceId> {
        Some(self.service)
    }
}

/// A Service in one environment: where a VM is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceInEnvironment {
    pub service: ServiceId,
    pub system: SystemId,
    pub environment: EnvironmentId,
}
impl Resource for ServiceInEnvironment {
    fn environment(&self) -> Option<EnvironmentId> {
        Some(self.environment)
    }
    fn system(&self) -> Option<SystemId> {
        Some(self.system)
    }
    fn service(&self) -> Option<ServiceId> {
        Some(self.service)
    }
}

/// A VM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VmScope {
    pub vm: VmId,
    pub service: ServiceId,
    pub system: SystemId,
    pub environment: EnvironmentId,
}
impl Resource for VmScope {
    fn environment(&self) -> Option<EnvironmentId> {
        Some(self.environment)
    }
    fn system(&self) -> Option<SystemId> {
        Some(self.system)
    }
    fn service(&self) -> Option<ServiceId> {
        Some(self.service)
    }
    fn vm(&self) -> Option<VmId> {
        Some(self.vm)
    }
}

/// A request. Who has a place at its VM sees what is asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestScope {
    pub request: RequestId,
    pub target: Target,
    pub vm: Option<VmId>,
}
impl Resource for RequestScope {
    fn environment(&self) -> Option<EnvironmentId> {
        self.target.environment()
    }
    fn system(&self) -> Option<SystemId> {
        self.target.system()
    }
    fn service(&self) -> Option<ServiceId> {
        self.target.service()
    }
    fn vm(&self) -> Option<VmId> {
        self.vm
    }
}

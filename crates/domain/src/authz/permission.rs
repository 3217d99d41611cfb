//! The catalogue of permissions. Roles are sets of these; the contract names one per operation.

use std::fmt;
use std::str::FromStr;

use crate::states::{MemberRole, RequestOperation};

/// Whether membership of a System is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Counts wherever the role's binding reaches.
    Global,
    /// Counts only together with membership of the System.
    Resource,
}

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $kind:ident, $from:ident;)*) => {
        /// One thing a role may allow.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Permission { $($(#[$doc])* $name,)* }

        impl Permission {
            /// Every permission there is.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The name roles and the contract use.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// Global or resource.
            pub fn kind(self) -> Kind {
                match self { $(Self::$name => Kind::$kind,)* }
            }

            /// The least member role that carries a resource permission; a global one needs none.
            pub fn least(self) -> MemberRole {
                match self { $(Self::$name => MemberRole::$from,)* }
            }
        }

        impl FromStr for Permission {
            type Err = UnknownPermission;
            fn from_str(s: &str) -> Result<Self, UnknownPermission> {
                match s { $($text => Ok(Self::$name),)* _ => Err(UnknownPermission) }
            }
        }
    };
}

permissions! {
    /// Environments, namespaces, templates, sizes.
    CatalogueManage = "catalogue:manage", Global, Viewer;
    ClusterRead = "cluster:read", Global, Viewer;
    ClusterManage = "cluster:manage", Global, Viewer;
    UserRead = "user:read", Global, Viewer;
    UserManage = "user:manage", Global, Viewer;
    RoleGrant = "role:grant", Global, Viewer;
    PolicyRead = "policy:read", Global, Viewer;
    PolicyManage = "policy:manage", Global, Viewer;
    AuditRead = "audit:read", Global, Viewer;
    /// How much may be asked for at a time, and for whom that does not hold.
    LimitManage = "limit:manage", Global, Viewer;
    /// Its maker becomes the owner, so nobody gains anything in another's System.
    SystemCreate = "system:create", Global, Viewer;
    RequestApprove = "request:approve", Global, Viewer;
    /// Reading without membership: for approvers and auditors.
    SystemReadAll = "system:read_all", Global, Viewer;
    RequestReadAll = "request:read_all", Global, Viewer;
    VmReadAll = "vm:read_all", Global, Viewer;
    SystemRead = "system:read", Resource, Viewer;
    SystemUpdate = "system:update", Resource, Owner;
    SystemDelete = "system:delete", Resource, Owner;
    SystemManageMembers = "system:manage_members", Resource, Owner;
    ServiceRead = "service:read", Resource, Viewer;
    ServiceCreate = "service:create", Resource, Member;
    ServiceUpdate = "service:update", Resource, Member;
    ServiceDelete = "service:delete", Resource, Member;
    RequestRead = "request:read", Resource, Viewer;
    /// Saying something about a request. Whoever asked for it may without.
    RequestComment = "request:comment", Resource, Member;
    VmRead = "vm:read", Resource, Viewer;
    VmCreate = "vm:create", Resource, Member;
    VmUpdate = "vm:update", Resource, Member;
    VmStart = "vm:start", Resource, Member;
    VmStop = "vm:stop", Resource, Member;
    VmRestart = "vm:restart", Resource, Member;
    /// Freezing the guest and letting it go on: who may do the one may do the other.
    VmPause = "vm:pause", Resource, Member;
    VmDelete = "vm:delete", Resource, Member;
    VmRestore = "vm:restore", Resource, Member;
    VmConsole = "vm:console", Resource, Member;
}

impl Permission {
    /// Whether a member of this role carries the permission. Says nothing of the environment.
    pub fn carried_by(self, role: MemberRole) -> bool {
        role >= self.least()
    }

    /// What only a person may do: nothing that has a token but no conscience says yes to somebody's request.
    pub fn people_only(self) -> bool {
        self == Self::RequestApprove
    }

    /// What whoever asks for this must hold; none where nothing is needed to ask, or the operation is unknown here.
    pub const fn to_ask(operation: RequestOperation) -> Option<Self> {
        Some(match operation {
            // A pool is a way to ask for VMs.
            RequestOperation::Create | RequestOperation::PoolCreate | RequestOperation::PoolChange => {
                Self::VmCreate
            }
            RequestOperation::Start => Self::VmStart,
            RequestOperation::Stop => Self::VmStop,
            RequestOperation::Restart => Self::VmRestart,
            RequestOperation::Pause | RequestOperation::Unpause => Self::VmPause,
            RequestOperation::Modify => Self::VmUpdate,
            RequestOperation::Delete | RequestOperation::Purge | RequestOperation::PoolDelete => {
                Self::VmDelete
            }
            RequestOperation::Restore => Self::VmRestore,
            RequestOperation::Console => Self::VmConsole,
            // Whoever is signed in may ask to belong somewhere; an owner's word decides.
            RequestOperation::Join | RequestOperation::Unknown => return None,
        })
    }

    /// The global permission that allows the same without membership: a read, or a word with those who ask.
    pub fn read_all(self) -> Option<Self> {
        match self {
            Self::SystemRead | Self::ServiceRead => Some(Self::SystemReadAll),
            Self::RequestRead => Some(Self::RequestReadAll),
            Self::RequestComment => Some(Self::RequestApprove),
            Self::VmRead => Some(Self::VmReadAll),
            _ => None,
        }
    }

    /// The read that a caller must have to be told that the thing exists at all.
    pub fn sight(self) -> Self {
        match self.as_str().split_once(':').map_or("", |(noun, _)| noun) {
            "vm" => Self::VmRead,
            "service" => Self::ServiceRead,
            "request" => Self::RequestRead,
            "system" => Self::SystemRead,
            _ => self,
        }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no permission of this version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown permission")]
pub struct UnknownPermission;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for p in Permission::ALL {
            assert_eq!(p.as_str().parse(), Ok(*p));
        }
    }

    #[test]
    fn a_viewer_only_reads() {
        for p in Permission::ALL.iter().filter(|p| p.kind() == Kind::Resource) {
            assert_eq!(p.carried_by(MemberRole::Viewer), p.as_str().ends_with(":read"), "{p}");
            assert!(p.carried_by(MemberRole::Owner), "{p}");
        }
    }
}

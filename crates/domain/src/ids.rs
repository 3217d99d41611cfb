//! Identifiers: one newtype per resource, so that a `VmId` is never passed where a `RequestId` is meant.
//!
//! All are UUIDs of version 7 (RFC 9562), made by the application and never by the database, because
//! PostgreSQL before 18 has no `uuidv7()`. No order is ever read out of them: order is the event table's.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident,)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        #[cfg_attr(feature = "sqlx", derive(sqlx::Type), sqlx(transparent))]
        pub struct $name(pub Uuid);

        impl $name {
            /// A fresh identifier.
            #[expect(clippy::new_without_default, reason = "a default identifier would be a bug waiting")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(s).map(Self)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Uuid {
                id.0
            }
        }
    )*};
}

ids! {
    /// VMs kept at their count, spec and health.
    PoolId,
    /// A wish for a VM that is not handed in yet.
    DraftId,
    /// What somebody said about a request.
    CommentId,
    /// Something that requests are asked for beside what is built.
    RequestFieldId,
    /// A person, service account, pool or the system itself.
    PrincipalId,
    /// A signed-in browser or command line.
    SessionId,
    /// A personal access token.
    TokenId,
    /// A person's SSH public key.
    SshKeyId,
    /// A set of permissions.
    RoleId,
    /// One grant of a role to a principal or a group.
    BindingId,
    /// People and service accounts that hold something together.
    GroupId,
    /// A place in one Service or VM, or of a group in a System.
    GrantId,
    /// A System that waits for a new owner, or did.
    TransferId,
    /// A business line.
    SystemId,
    /// An application of a System.
    ServiceId,
    /// Test, staging, production and the like.
    EnvironmentId,
    /// A KubeVirt cluster.
    ClusterId,
    /// A governed Kubernetes namespace.
    NamespaceId,
    /// A template, over all its versions.
    TemplateId,
    /// One immutable version of a template.
    TemplateVersionId,
    /// An instance size, over all its versions.
    SizeId,
    /// One immutable version of a size.
    SizeVersionId,
    /// A secret value somebody gave for a request.
    SecretId,
    /// A network VMs can be connected to.
    NetworkId,
    /// A governed operation asked for.
    RequestId,
    /// One approval stage of a request.
    StageId,
    /// One person's word on a request.
    DecisionId,
    /// A governed virtual machine.
    VmId,
    /// Work on one VM.
    OperationId,
    /// An approval policy, over all its versions.
    PolicyId,
    /// One immutable version of a policy.
    PolicyVersionId,
    /// One console connection.
    ConsoleId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_from_its_text() {
        let id = VmId::new();
        assert_eq!(id.to_string().parse::<VmId>().unwrap(), id);
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{id}\""));
    }

    #[test]
    fn debug_names_the_kind() {
        assert!(format!("{:?}", RequestId(Uuid::nil())).starts_with("RequestId(0000"));
    }
}

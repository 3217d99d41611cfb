//! Who may give which role to others: nobody gives what they do not hold.
//!
//! The one exception is the platform administrator, from whom all rights come: within the environments that role reaches,
//! they may give anything, although they hold few of the permissions themselves. Whoever else may grant roles gives and
//! takes only roles all of whose permissions they hold in all the environments concerned. The same rule holds for taking
//! away, for changing what a custom role allows, and for whom a group's roles come to by joining it.

use std::collections::BTreeSet;

use super::{Grants, Permission, Reach};

/// The shipped role from which all rights come (migration 0008). The platform always has an active person who holds it in
/// every environment.
pub const PLATFORM_ADMIN: &str = "platform-admin";

/// Why a role may not be given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotYours {
    /// The right to grant itself does not reach so far.
    #[error("beyond the environments of the right to grant")]
    Reach,
    /// The role allows what the giver does not hold there.
    #[error("the role allows more than its giver holds")]
    Beyond(BTreeSet<Permission>),
    /// The role names a permission of a newer version, which nobody but a platform administrator can answer for.
    #[error("the role allows what this version does not know")]
    Unknown,
}

impl Grants {
    /// Whether a role of these permissions may be given, or taken away, in these environments.
    pub fn may_give(&self, permissions: &[String], reach: &Reach) -> Result<(), NotYours> {
        if !self.holds_within(Permission::RoleGrant, reach) {
            return Err(NotYours::Reach);
        }
        let admin = |b: &&super::RoleBinding| {
            b.role == PLATFORM_ADMIN && b.permissions.contains(&Permission::RoleGrant)
        };
        if self.reach_of(self.bindings().iter().filter(admin)).includes(reach) {
            return Ok(());
        }
        let mut beyond = BTreeSet::new();
        for name in permissions {
            match name.parse() {
                Ok(permission) if self.holds_within(permission, reach) => {}
                Ok(permission) => _ = beyond.insert(permission),
                Err(_) => return Err(NotYours::Unknown),
            }
        }
        if beyond.is_empty() { Ok(()) } else { Err(NotYours::Beyond(beyond)) }
    }

    /// Whether a role with the permission is held in all these environments.
    pub fn holds_within(&self, permission: Permission, reach: &Reach) -> bool {
        let with = self.bindings().iter().filter(|b| b.permissions.contains(&permission));
        self.reach_of(with).includes(reach)
    }

    fn reach_of<'a>(&self, bindings: impl Iterator<Item = &'a super::RoleBinding>) -> Reach {
        bindings.fold(Reach::Only(BTreeSet::new()), |sum, b| sum.joined(&b.reach))
    }
}

#[cfg(test)]
mod tests {
    use super::super::RoleBinding;
    use super::*;
    use crate::ids::{EnvironmentId, PrincipalId};

    fn names(permissions: &[Permission]) -> Vec<String> {
        permissions.iter().map(|p| p.as_str().to_owned()).collect()
    }

    fn only(environments: &[EnvironmentId]) -> Reach {
        Reach::Only(environments.iter().copied().collect())
    }

    #[test]
    fn nobody_gives_what_they_do_not_hold() {
        let (test, prod) = (EnvironmentId::new(), EnvironmentId::new());
        let helper =
            RoleBinding::of("help-desk", &[Permission::RoleGrant, Permission::UserRead], only(&[test, prod]));
        let viewer = RoleBinding::of("viewer", &[Permission::VmRead], only(&[test]));
        let me = Grants::new(PrincipalId::new(), vec![helper, viewer], vec![]);
        let vm_read = names(&[Permission::VmRead]);
        assert_eq!(me.may_give(&vm_read, &only(&[test])), Ok(()));
        let beyond = NotYours::Beyond([Permission::VmRead].into());
        assert_eq!(me.may_give(&vm_read, &only(&[test, prod])), Err(beyond));
        assert_eq!(me.may_give(&vm_read, &Reach::All), Err(NotYours::Reach));
        let admin = names(&[Permission::RoleGrant, Permission::ClusterManage]);
        let beyond = NotYours::Beyond([Permission::ClusterManage].into());
        assert_eq!(me.may_give(&admin, &only(&[test])), Err(beyond));
        assert_eq!(me.may_give(&["vm:teleport".into()], &only(&[test])), Err(NotYours::Unknown));
    }

    #[test]
    fn all_rights_come_from_the_administrator_where_they_administer() {
        let (test, prod) = (EnvironmentId::new(), EnvironmentId::new());
        let admin = RoleBinding::of(PLATFORM_ADMIN, &[Permission::RoleGrant], only(&[test]));
        let me = Grants::new(PrincipalId::new(), vec![admin], vec![]);
        let approver = names(&[Permission::RequestApprove]);
        assert_eq!(me.may_give(&approver, &only(&[test])), Ok(()));
        assert_eq!(me.may_give(&approver, &only(&[prod])), Err(NotYours::Reach));
        // A role of the name that does not even hold the right to grant is none of theirs.
        let empty = RoleBinding::of(PLATFORM_ADMIN, &[], Reach::All);
        let other = RoleBinding::of("granter", &[Permission::RoleGrant], Reach::All);
        let me = Grants::new(PrincipalId::new(), vec![empty, other], vec![]);
        assert!(me.may_give(&approver, &only(&[test])).is_err());
    }
}

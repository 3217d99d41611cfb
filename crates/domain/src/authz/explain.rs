//! Why somebody may do a thing, or may not: which roles and places give it, or what stands in the way.
//!
//! The answer agrees with [`Grants::check`] by construction of a test: allowed exactly where nothing is missing.

use super::{Grants, Kind, Membership, Permission, Resource, RoleBinding};

/// What stands in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Missing {
    /// No role that allows it.
    Role,
    /// Such a role, but in other environments.
    OtherEnvironment,
    /// No place in the System, Service or VM.
    Place,
    /// A place that carries less.
    PlaceTooLow,
}

/// The answer for one permission at one thing.
#[derive(Clone, Debug)]
pub struct Why<'a> {
    /// The roles that allow it there.
    pub roles: Vec<&'a RoleBinding>,
    /// The places that carry it there; none for a permission that needs no place.
    pub places: Vec<&'a Membership>,
    /// One of the roles allows this read everywhere, without a place.
    pub without_place: bool,
    /// Nothing exactly where it is allowed.
    pub missing: Vec<Missing>,
}

impl Grants {
    /// Why the permission is held at the thing, or is not.
    pub fn explain(&self, permission: Permission, on: &impl Resource) -> Why<'_> {
        let all = permission.read_all().map(|all| self.with(all, on)).unwrap_or_default();
        if !all.is_empty() {
            return Why { roles: all, places: Vec::new(), without_place: true, missing: Vec::new() };
        }
        let roles = self.with(permission, on);
        let mut missing = Vec::new();
        if roles.is_empty() {
            let elsewhere = self.bindings().iter().any(|b| b.permissions.contains(&permission));
            missing.push(if elsewhere { Missing::OtherEnvironment } else { Missing::Role });
        }
        let mut places = Vec::new();
        if permission.kind() == Kind::Resource {
            let there: Vec<_> = self.memberships().iter().filter(|m| m.within.covers(on)).collect();
            places = there.iter().copied().filter(|m| permission.carried_by(m.role)).collect();
            match (places.is_empty(), there.is_empty()) {
                (true, true) => missing.push(Missing::Place),
                (true, false) => missing.push(Missing::PlaceTooLow),
                _ => {}
            }
        }
        Why { roles, places, without_place: false, missing }
    }

    /// The roles that allow it in the environment of the thing.
    fn with(&self, permission: Permission, on: &impl Resource) -> Vec<&RoleBinding> {
        let here = |b: &&RoleBinding| b.permissions.contains(&permission) && b.reach.covers(on.environment());
        self.bindings().iter().filter(here).collect()
    }
}

//! Who may do what: the permission catalogue, what a principal holds, and proof that a check was made.
//!
//! Permissions are of two kinds. A *global* one counts wherever its role's binding reaches, without membership.
//! A *resource* one needs both: membership of the System (with a member role that includes it) and a role binding
//! that includes it in the environment. Nobody is above the rules: a platform administrator without membership
//! cannot act inside a System.
//!
//! [`Authorized`] can only be made by [`Grants::authorize`]; the store asks for it where tenant data is touched, so
//! that a forgotten check does not compile. What may be *listed* is [`Visible`], a filter that becomes SQL.
//! Not here: loading grants (the store does, in one query) and approval of requests ([`crate::approval`]).

mod actions;
mod explain;
mod giving;
mod grants;
mod held;
mod permission;
mod visible;

pub use actions::*;
pub use explain::{Missing, Why};
pub use giving::{NotYours, PLATFORM_ADMIN};
pub use grants::{Authorized, Denied, Grants};
pub use held::{Membership, Reach, RoleBinding, Within};
pub use permission::{Kind, Permission, UnknownPermission};
pub use visible::{Belongs, Visible};

#[cfg(test)]
mod model_tests;

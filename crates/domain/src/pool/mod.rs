//! Pools: a group of VMs kept at its count, spec and health.
//!
//! [`PoolSpec`] is what people agree to; [`classify`] says in one word how each member is; [`plan`] compares the two and
//! answers with acts and the reason of each. Invariants: what cannot be seen is never taken for dead; a pool never has
//! more VMs than its greatest count and its surge, which is what its request reserved; no act takes away a member that
//! serves below the floor; a member is not disturbed while a person is at it; every act carries its reason, and so does
//! everything that was left undone. Not here: doing it, remembering what was done, and asking members how they are.

mod answers;
mod check;
mod count;
mod dial;
mod health;
mod member;
mod place;
mod planner;
mod roll;
mod rolling;
mod spec;
mod variables;

pub use answers::{Answer, Answers, Victim};
pub use check::{AnyOf, Checks, HttpProbe, Probe, TcpProbe, Through};
pub use dial::dialable;
pub use health::{Answer as CheckAnswer, Memory, Outcome, judge};
pub use member::{Class, Hand, Health, Member, classify};
pub use place::Place;
pub use planner::{Act, Judged, Observed, Plan, Planned, plan};
pub use rolling::Rolling;
pub use spec::{
    BackOff, PoolChangeSpec, PoolCreateSpec, PoolDeleteSpec, PoolError, PoolSpec, Rollout, Upkeep,
};
pub use variables::{MemberNames, member_values};

#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod tests;

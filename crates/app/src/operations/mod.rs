//! Carrying out what was approved, step by step.
//!
//! The operation row is the truth and a job only wakes it: read, ask `domain::plan` what comes next, do at most one
//! thing in the cluster, write, repeat; put it down as soon as there is only waiting to do. Every write is guarded by
//! the attempt, so a worker that was overtaken, or comes back from the dead, changes nothing. No transaction is open
//! while a cluster is asked. What wakes a waiting operation is the inventory write that sees its VM change; the
//! reconciler wakes what that missed.

mod act;
mod execute;
mod finish;
mod observe;
mod settle;
mod validity;
mod view;
mod worker;

pub(crate) use finish::effect_action;
pub use worker::{DispatchWorker, OperationWorker, ReconcileWorker};

//! Requests: one engine for everything that is governed.
//!
//! Submitting judges policy, reserves quota and writes request, stages, audit and event in one transaction. The last
//! approval writes decision, VM, operation, job and audit in one transaction. Whatever a cluster must be asked is asked
//! before the transaction, with a deadline. What policy waves through takes the same road with a decision that names
//! its rule; there is no other road.

mod approved;
pub(crate) mod approvers;
mod asked;
mod asker;
mod batches;
mod choices;
mod close;
mod create;
mod decide;
mod drafts;
mod dry_run;
mod edit;
mod effective;
mod facts;
pub(crate) mod judge;
mod list;
mod membership;
mod modify;
mod places;
mod pools;
mod pools_approved;
mod power;
mod submit;
mod trash;
pub(crate) mod view;

pub(crate) use approved::{Making, Place};
pub(crate) use asker::Asker;
pub use batches::ListBatches;
pub(crate) use batches::settle as settle_batch;
pub(crate) use facts::{Draft, cluster as cluster_facts};
pub(crate) use judge::Judged;
pub use list::ListRequests;
pub(crate) use list::summary as request_summary;
pub(crate) use places::mode as volume_mode;
pub(crate) use view::{environment_ref, may_know, named, operation, reason as shown_reason};

//! What clusters say, written into the database as they say it.
//!
//! One replica watches a cluster at a time: it holds the cluster's lease, and every write names the lease's epoch, so
//! a watcher that was paused past its lease changes nothing. The watch keeps only the few fields a state is made of;
//! rows are the truth for everyone else. A write that changes a governed VM announces it and wakes the operation that
//! waits for it, in the same transaction.

mod batch;
mod manager;
mod mirror;
mod watcher;

//! The queue's side: what a wake-up does, and what its outcome tells the queue.

use std::time::Duration;

use async_trait::async_trait;
use shepherd_domain::ids::{OperationId, PoolId};
use shepherd_jobs::{Outcome, Wake, Worker};

use crate::{App, Error};

/// Works operations.
pub struct OperationWorker(pub App);

#[async_trait]
impl Worker for OperationWorker {
    async fn work(&self, wake: Wake) -> Outcome {
        match self.0.work_operation(OperationId(wake.id)).await {
            Ok(None) => Outcome::Done,
            Ok(Some(later)) => Outcome::SnoozeFor(later),
            Err(error) => retry(error),
        }
    }
}

/// Begins children of batches, as many as there is room for.
pub struct DispatchWorker(pub App);

#[async_trait]
impl Worker for DispatchWorker {
    async fn work(&self, _: Wake) -> Outcome {
        match self.0.dispatch().await {
            Ok(false) => Outcome::Done,
            Ok(true) => Outcome::SnoozeFor(Duration::ZERO),
            Err(error) => retry(error),
        }
    }
}

/// Compares what is with what should be: a pool by its id, everything by none. A timer does the latter in every process.
pub struct ReconcileWorker(pub App);

#[async_trait]
impl Worker for ReconcileWorker {
    async fn work(&self, wake: Wake) -> Outcome {
        let done = match wake.id.is_nil() {
            true => self.0.reconcile().await.map(|()| None),
            false => self.0.work_pool(PoolId(wake.id)).await,
        };
        match done {
            Ok(None) => Outcome::Done,
            Ok(Some(later)) => Outcome::SnoozeFor(later),
            Err(error) => retry(error),
        }
    }
}

fn retry(error: Error) -> Outcome {
    tracing::warn!(code = error.code(), error = %error, "a job failed and will be tried again");
    Outcome::Retry(Box::new(error))
}

//! What the end of a child means for its batch.

use shepherd_domain::ids::RequestId;
use shepherd_jobs::{Job, JobKind};
use shepherd_store::batches as store;
use shepherd_store::events::Event;
use shepherd_store::requests::{self, Move};

use crate::Result;
use crate::change::Change;

/// After a request ended: if it is part of a batch, the batch ends with its last child, or the next child gets the room.
/// The caller holds the child, and before it its VM.
pub(crate) async fn settle(change: &mut Change<'_>, child: RequestId) -> Result<()> {
    match store::lock_of(change.tx(), child).await? {
        Some(batch) => settle_locked(change, batch).await,
        None => Ok(()),
    }
}

/// The same for a batch that is locked.
pub(super) async fn settle_locked(change: &mut Change<'_>, batch: RequestId) -> Result<()> {
    let counts = store::counts(change.tx(), &[batch]).await?;
    let counts = counts.into_iter().next().map(|(_, counts)| counts).unwrap_or_default();
    let (scope, _) = requests::scope(change.tx(), batch).await?;
    if let Some((state, failure)) = counts.end() {
        let to = Move { state: state.as_str(), closed: true, failure: failure.as_ref(), ..Move::default() };
        requests::advance(change.tx(), batch, &to).await?;
    }
    if counts.waiting > 0 {
        shepherd_jobs::enqueue(change.tx(), Job::new(JobKind::Dispatch, batch.0)).await?;
    }
    let event = Event::new("request", batch, 0).system(scope.target.system());
    change.event(event.environment(scope.target.environment()));
    Ok(())
}

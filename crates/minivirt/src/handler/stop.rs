//! Ending a guest whose instance was deleted: the power button, again every few seconds, then the plug.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{DEFAULT_GRACE_SECONDS, Handler, failed};
use crate::api::status::ApiError;
use crate::clock;
use crate::controller::DELETED_EARLY;
use crate::controller::queue::Next;
use crate::launcher::GuestStatus;
use crate::object::{self, text};
use crate::store::Key;

/// Guests may miss the button while they boot.
const PRESS_AGAIN: Duration = Duration::from_secs(5);

/// How long the guest may take.
pub fn grace_seconds(vmi: &Value) -> i64 {
    vmi["spec"]["terminationGracePeriodSeconds"].as_i64().unwrap_or(DEFAULT_GRACE_SECONDS)
}

fn time_left(vmi: &Value, now: DateTime<Utc>) -> Duration {
    let since = clock::parse(text(vmi, "/metadata/deletionTimestamp")).unwrap_or(now);
    let deadline = since + chrono::Duration::seconds(grace_seconds(vmi));
    (deadline - now).to_std().unwrap_or_default()
}

impl Handler {
    /// One step towards the end of a guest that is not over yet.
    pub(super) async fn stopping(
        &self,
        key: &Key,
        vmi: &Value,
        status: &GuestStatus,
    ) -> Result<Next, ApiError> {
        let uid = object::uid(vmi);
        let left = time_left(vmi, clock::now());
        match status {
            GuestStatus::Absent => {
                // Nothing was started, or what was is gone: either way there is no guest to wait for.
                self.finish(key, vmi, "Failed", DELETED_EARLY, "").await
            }
            // A guest without running processors cannot see the button.
            GuestStatus::Paused(_) | GuestStatus::Starting => self.pull_the_plug(key, uid).await,
            _ if left.is_zero() => self.pull_the_plug(key, uid).await,
            _ => {
                self.context.runtime.shutdown(uid).await.map_err(failed)?;
                self.context.recorder.normal(vmi, "ShuttingDown", "Signaled Graceful Shutdown").await;
                Ok(Next::After(left.min(PRESS_AGAIN)))
            }
        }
    }

    async fn pull_the_plug(&self, key: &Key, uid: &str) -> Result<Next, ApiError> {
        self.context.runtime.kill(uid).await.map_err(failed)?;
        self.queue.add(key.clone());
        Ok(Next::Wait)
    }
}

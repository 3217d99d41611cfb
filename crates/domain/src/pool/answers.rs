//! What is done about a member, by how it is. Each is a choice of the pool's owner, agreed to with the rest of the spec.

use serde::{Deserialize, Serialize};

text_enum! {
    /// What is done about a member that is not as it should be.
    strict Answer {
        /// Nothing: it keeps its place.
        Keep = "keep",
        /// It is started anew, and recreated once that was tried often enough.
        Restart = "restart",
        /// It is deleted, and another takes its place under a new name.
        Recreate = "recreate",
    }
}

text_enum! {
    /// Who goes first when a pool has more members than it should.
    strict Victim {
        /// Those that do not serve.
        Unhealthy = "unhealthy",
        /// Those of the oldest spec.
        OldestSpec = "oldest_spec",
        /// Those made last.
        Newest = "newest",
        /// Those made first.
        Oldest = "oldest",
    }
}

/// The answer to each state. What serves or is coming up needs none, and what its cluster took away is always made anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Answers {
    /// Not up when its grace was over.
    pub starting_too_long: Answer,
    /// Stopped, and nobody asked for that.
    pub stopped: Answer,
    /// Stopped by a person.
    pub held: Answer,
    /// Frozen.
    pub paused: Answer,
    /// Not to be made out for long, though its cluster answers.
    pub unknown: Answer,
    /// Ended in failure.
    pub failed: Answer,
    /// Runs and does not serve.
    pub unhealthy: Answer,
    /// On its way out: `keep` waits until it is gone, `recreate` fills its place at once where the surge allows.
    pub deleting: Answer,
}

impl Default for Answers {
    fn default() -> Self {
        Self {
            starting_too_long: Answer::Recreate,
            stopped: Answer::Restart,
            held: Answer::Keep,
            paused: Answer::Keep,
            unknown: Answer::Keep,
            failed: Answer::Restart,
            unhealthy: Answer::Restart,
            deleting: Answer::Recreate,
        }
    }
}

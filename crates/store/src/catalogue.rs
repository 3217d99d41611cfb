//! What templates and sizes have in common: where they may be used, and the state of a version.

use serde::{Deserialize, Serialize};
use shepherd_domain::ids::EnvironmentId;
use uuid::Uuid;

/// A version that is named by another.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct VersionRefRow {
    pub id: Uuid,
    /// The template or size it is a version of.
    pub of: Uuid,
    pub name: String,
    pub version: i32,
}

/// What is to change of an item; `None` leaves it.
#[derive(Clone, Copy, Debug, Default)]
pub struct ItemEdit<'a> {
    pub title: Option<&'a str>,
    pub description: Option<&'a str>,
    /// Empty means everywhere.
    pub environments: Option<&'a [EnvironmentId]>,
}

impl ItemEdit<'_> {
    pub(crate) fn environment_ids(&self) -> Option<Vec<Uuid>> {
        self.environments.map(|ids| ids.iter().map(|id| id.0).collect())
    }
}

/// The state a version is to have.
#[derive(Clone, Copy, Debug)]
pub struct NewState<'a> {
    pub state: &'a str,
    pub message: Option<&'a str>,
    /// A version of the same kind.
    pub replacement: Option<Uuid>,
}

/// What setting a state has changed.
#[derive(Clone, Debug)]
pub struct StateChange<Id> {
    /// The template or size it is a version of.
    pub of: Id,
    pub number: i32,
    pub before: String,
    /// The new version of `of`, for the event.
    pub version: i64,
}

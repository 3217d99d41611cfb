//! Approval policies: reading them, putting versions in force, and saying what they would decide.
//!
//! Invariants: a version is checked as a whole before it is written and never changed after; requests that wait keep
//! the version they were judged by. Not here: evaluating (`shepherd_domain::policy`).

mod explain;
mod save;
mod view;
mod warn;

use shepherd_contract::types::{PolicyHistory, PolicyList};
use shepherd_domain::authz::{self, Platform};
use shepherd_domain::ids::PolicyId;
use shepherd_store::policies as store;

use crate::{App, Cx, Error, Result};

impl App {
    /// The policies in force, by name; or those that are not any more.
    pub async fn list_policies(&self, cx: &Cx, retired: bool) -> Result<PolicyList> {
        let auth = self.authorize::<authz::ReadPolicies, _>(cx, Platform).await?;
        let rows = store::list(&mut *self.db.acquire().await?, &auth, retired).await?;
        Ok(PolicyList { items: rows.into_iter().map(view::policy).collect::<Result<_>>()? })
    }

    /// One policy with its versions.
    pub async fn get_policy(&self, cx: &Cx, id: PolicyId) -> Result<PolicyHistory> {
        self.authorize::<authz::ReadPolicies, _>(cx, Platform).await?;
        let rows = store::versions(&mut *self.db.acquire().await?, id).await?;
        let newest = rows.first().ok_or(Error::NotFound)?;
        Ok(PolicyHistory {
            id,
            name: newest.name.clone(),
            builtin: newest.builtin,
            in_force: rows.iter().any(|row| row.retired_at.is_none()),
            version: newest.version.into(),
            versions: rows.into_iter().map(view::policy).collect::<Result<_>>()?,
        })
    }
}

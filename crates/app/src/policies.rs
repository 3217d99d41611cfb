//! Approval policies, for people to read.

use shepherd_contract::types::{Policy, PolicyList, PolicyStage};
use shepherd_domain::authz::{self, Platform};
use shepherd_store::policies::{self as store, PolicyRow};

use crate::{App, Cx, Error, Result};

impl App {
    /// The policies in force, by name.
    pub async fn list_policies(&self, cx: &Cx) -> Result<PolicyList> {
        let auth = self.authorize::<authz::ReadPolicies, _>(cx, Platform).await?;
        let rows = store::list(&mut *self.db.acquire().await?, &auth).await?;
        Ok(PolicyList { items: rows.into_iter().map(policy).collect::<Result<_>>()? })
    }
}

fn policy(row: PolicyRow) -> Result<Policy> {
    let unknown = |_| Error::Internal("a stored word of a policy is unknown".into());
    let stages = row.stages.0.into_iter().map(|stage| PolicyStage {
        position: stage.position,
        permission: stage.permission,
        needed: i32::try_from(stage.needed).unwrap_or(i32::MAX),
    });
    Ok(Policy {
        id: row.id,
        version_id: row.version_id,
        name: row.name,
        version: row.version,
        title: row.title,
        effect: row.effect.parse().map_err(unknown)?,
        enforcement: row.enforcement.parse().map_err(unknown)?,
        operations: row.operations.iter().map(|o| o.parse().map_err(unknown)).collect::<Result<_>>()?,
        protected: row.protected,
        stages: stages.collect(),
        builtin: row.builtin,
        created_at: row.created_at,
    })
}

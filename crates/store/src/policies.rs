//! Approval policies: immutable versions, of which the newest not retired is in force.

use chrono::{DateTime, Utc};
use shepherd_domain::authz::{Authorized, Platform, ReadPolicies};
use shepherd_domain::ids::{PolicyId, PolicyVersionId};
use shepherd_domain::policy::{Condition, PolicyVersion, StageRule};
use shepherd_domain::states::{Enforcement, PolicyEffect, RequestOperation};
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::{Result, StoreError};

/// A policy as pages show it.
#[derive(Clone, Debug)]
pub struct PolicyRow {
    pub id: PolicyId,
    pub version_id: PolicyVersionId,
    pub name: String,
    pub version: i32,
    pub title: String,
    pub effect: String,
    pub enforcement: String,
    pub operations: Vec<String>,
    pub protected: Option<bool>,
    pub stages: Json<Vec<StageRule>>,
    pub reason_code: String,
    pub builtin: bool,
    pub created_at: DateTime<Utc>,
}

/// The policies in force, by name, for people.
pub async fn list(
    conn: &mut PgConnection,
    _auth: &Authorized<ReadPolicies, Platform>,
) -> Result<Vec<PolicyRow>> {
    select(conn).await
}

/// The policies in force, by name, as evaluation takes them. A row that this version cannot read is an error and not
/// left out: a rule that is silently skipped would be an open door.
pub async fn in_force(conn: &mut PgConnection) -> Result<Vec<PolicyVersion>> {
    select(conn).await?.into_iter().map(policy).collect()
}

async fn select(conn: &mut PgConnection) -> Result<Vec<PolicyRow>> {
    let rows = sqlx::query_as!(
        PolicyRow,
        r#"select distinct on (p.name) p.id as "id: PolicyId", v.id as "version_id: PolicyVersionId", p.name, v.version,
                  v.title, v.effect, v.enforcement, v.operations, v.protected,
                  v.stages as "stages: Json<Vec<StageRule>>", v.reason_code, p.builtin, v.created_at
             from policy p join policy_version v on v.policy_id = p.id
            where v.retired_at is null
            order by p.name, v.version desc
            limit 5000"#,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

fn policy(row: PolicyRow) -> Result<PolicyVersion> {
    let unreadable = || StoreError::Database(sqlx::Error::Decode(format!("policy {}", row.name).into()));
    let operations: Result<Vec<RequestOperation>, _> = row.operations.iter().map(|o| o.parse()).collect();
    Ok(PolicyVersion {
        effect: row.effect.parse::<PolicyEffect>().map_err(|_| unreadable())?,
        enforcement: row.enforcement.parse::<Enforcement>().map_err(|_| unreadable())?,
        operations: operations.map_err(|_| unreadable())?,
        condition: Condition::from(row.protected),
        stages: row.stages.0,
        version: row.version,
        title: row.title,
        reason_code: row.reason_code,
        policy: row.name,
    })
}

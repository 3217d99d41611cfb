//! Approval policies: immutable versions, of which the newest not retired is in force.
//!
//! Not here: what a version may say, and what follows from it (`shepherd_domain::policy`).

use chrono::{DateTime, Utc};
use shepherd_domain::authz::{Authorized, ManagePolicies, Platform, ReadPolicies};
use shepherd_domain::ids::{PolicyId, PolicyVersionId, PrincipalId};
use shepherd_domain::policy::{Condition, OnTimeout, Pending, PolicyVersion, StageRule};
use shepherd_domain::states::{Enforcement, PolicyEffect, RequestOperation};
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::{Result, StoreError, Tx};

/// A version of a policy as pages show it.
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
    pub condition: Option<String>,
    pub stages: Json<Vec<StageRule>>,
    pub reason_code: String,
    pub override_role: Option<String>,
    pub pending_hours: Option<i32>,
    pub pending_then: Option<String>,
    pub builtin: bool,
    pub creator_id: PrincipalId,
    pub creator_name: String,
    pub creator_display: String,
    pub created_at: DateTime<Utc>,
    pub retired_at: Option<DateTime<Utc>>,
}

/// The policies in force, by name, for people; or those of which no version is in force.
pub async fn list(
    conn: &mut PgConnection,
    _auth: &Authorized<ReadPolicies, Platform>,
    retired: bool,
) -> Result<Vec<PolicyRow>> {
    newest(conn, retired).await
}

/// The policies in force, by name, as evaluation takes them. A row that this version cannot read is an error and not
/// left out: a rule that is silently skipped would be an open door.
pub async fn in_force(conn: &mut PgConnection) -> Result<Vec<PolicyVersion>> {
    newest(conn, false).await?.into_iter().map(policy).collect()
}

/// The newest version of each policy: of those with a version in force that one, of the others the last.
async fn newest(conn: &mut PgConnection, retired: bool) -> Result<Vec<PolicyRow>> {
    let rows = sqlx::query_as!(
        PolicyRow,
        r#"select distinct on (p.name) p.id as "id: PolicyId", v.id as "version_id: PolicyVersionId", p.name, v.version,
                  v.title, v.effect, v.enforcement, v.operations, v.protected, v.condition,
                  v.stages as "stages: Json<Vec<StageRule>>", v.reason_code, v.override_role, v.pending_hours,
                  v.pending_then, p.builtin, c.id as "creator_id: PrincipalId", c.name as creator_name,
                  c.display_name as creator_display, v.created_at, v.retired_at
             from policy p join policy_version v on v.policy_id = p.id join principal c on c.id = v.created_by
            where (v.retired_at is not null) = $1
              and (not $1 or not exists (select from policy_version w where w.policy_id = p.id and w.retired_at is null))
            order by p.name, v.version desc
            limit 5000"#,
        retired,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// All versions of a policy, newest first.
pub async fn versions(conn: &mut PgConnection, id: PolicyId) -> Result<Vec<PolicyRow>> {
    let rows = sqlx::query_as!(
        PolicyRow,
        r#"select p.id as "id: PolicyId", v.id as "version_id: PolicyVersionId", p.name, v.version,
                  v.title, v.effect, v.enforcement, v.operations, v.protected, v.condition,
                  v.stages as "stages: Json<Vec<StageRule>>", v.reason_code, v.override_role, v.pending_hours,
                  v.pending_then, p.builtin, c.id as "creator_id: PrincipalId", c.name as creator_name,
                  c.display_name as creator_display, v.created_at, v.retired_at
             from policy p join policy_version v on v.policy_id = p.id join principal c on c.id = v.created_by
            where p.id = $1
            order by v.version desc
            limit 200"#,
        id.0,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// A policy of a name, without a version yet. The name's twin violates `policy_name_key`.
pub async fn create(
    tx: &mut Tx,
    _auth: &Authorized<ManagePolicies, Platform>,
    name: &str,
) -> Result<PolicyId> {
    let id = PolicyId::new();
    sqlx::query!("insert into policy (id, name) values ($1, $2)", id.0, name).execute(&mut **tx).await?;
    Ok(id)
}

/// Locks a policy and returns its name and newest version.
pub async fn lock(
    tx: &mut Tx,
    _auth: &Authorized<ManagePolicies, Platform>,
    id: PolicyId,
) -> Result<(String, i32)> {
    let name = sqlx::query_scalar!("select name from policy where id = $1 for update", id.0)
        .fetch_one(&mut **tx)
        .await?;
    let version = sqlx::query_scalar!(
        r#"select coalesce(max(version), 0) as "version!" from policy_version where policy_id = $1"#,
        id.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((name, version))
}

/// Puts a version of a locked policy in force.
pub async fn publish(
    tx: &mut Tx,
    auth: &Authorized<ManagePolicies, Platform>,
    id: PolicyId,
    new: &PolicyVersion,
) -> Result<()> {
    let operations: Vec<&str> = new.operations.iter().map(|operation| operation.as_str()).collect();
    sqlx::query!(
        "insert into policy_version (id, policy_id, version, title, effect, enforcement, operations, protected, condition,
                                     stages, reason_code, override_role, pending_hours, pending_then, created_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        PolicyVersionId::new().0,
        id.0,
        new.version,
        new.title,
        new.effect.as_str(),
        new.enforcement.as_str(),
        &operations as &[&str],
        new.condition.protected(),
        new.condition.expression(),
        Json(&new.stages) as _,
        new.reason_code,
        new.override_role,
        new.pending.map(|pending| i32::try_from(pending.hours).unwrap_or(i32::MAX)),
        new.pending.map(|pending| pending.then.as_str()),
        auth.by().0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes a locked policy out of force. `false`: it was not in force.
pub async fn retire(tx: &mut Tx, _auth: &Authorized<ManagePolicies, Platform>, id: PolicyId) -> Result<bool> {
    let done = sqlx::query!(
        "update policy_version set retired_at = app_now() where policy_id = $1 and retired_at is null",
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

fn policy(row: PolicyRow) -> Result<PolicyVersion> {
    let unreadable = || StoreError::Database(sqlx::Error::Decode(format!("policy {}", row.name).into()));
    let operations: Result<Vec<RequestOperation>, _> = row.operations.iter().map(|o| o.parse()).collect();
    let pending = row
        .pending_hours
        .zip(row.pending_then.as_deref())
        .map(|(hours, then)| Pending { hours: hours.unsigned_abs(), then: OnTimeout::read(then) });
    Ok(PolicyVersion {
        effect: row.effect.parse::<PolicyEffect>().map_err(|_| unreadable())?,
        enforcement: row.enforcement.parse::<Enforcement>().map_err(|_| unreadable())?,
        operations: operations.map_err(|_| unreadable())?,
        condition: Condition::of(row.protected, row.condition),
        stages: row.stages.0,
        version: row.version,
        title: row.title,
        reason_code: row.reason_code,
        override_role: row.override_role,
        pending,
        policy: row.name,
    })
}

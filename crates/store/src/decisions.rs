//! Approval stages of a request, and what people said.

use chrono::{DateTime, Utc};
use shepherd_domain::ids::{ClusterId, DecisionId, PrincipalId, RequestId, StageId};
use shepherd_domain::policy::{Requirement, Who};
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::{Result, Tx};

/// A stage as it stands.
#[derive(Clone, Debug)]
pub struct StageRow {
    pub id: StageId,
    pub position: i32,
    /// All of these; one where the stage was written before stages had several.
    pub requirements: Vec<Requirement>,
    pub ask_again: bool,
    pub state: String,
}

/// A decision with who made it.
#[derive(Clone, Debug)]
pub struct DecisionRow {
    pub id: DecisionId,
    pub stage_id: Option<StageId>,
    pub principal_id: PrincipalId,
    pub person_id: PrincipalId,
    pub name: String,
    pub display_name: String,
    pub verdict: String,
    pub comment: String,
    pub spec_hash: Vec<u8>,
    pub cluster_id: Option<ClusterId>,
    /// Which requirements of the stage the person qualified for, from 0.
    pub fulfils: Vec<i32>,
    pub sets_aside: bool,
    /// What the person made of the request, and its hash.
    pub effective_spec: Option<Vec<u8>>,
    pub effective_hash: Option<Vec<u8>>,
    pub void: bool,
    pub at: DateTime<Utc>,
}

/// The stages of the wording that stands, in order.
pub async fn stages(conn: &mut PgConnection, request: RequestId) -> Result<Vec<StageRow>> {
    let rows = sqlx::query!(
        r#"select id as "id: StageId", position, permission, needed, ask_again, state,
                  requirements as "requirements: Json<Vec<Requirement>>" from request_stage
            where request_id = $1 and revision = (select revision from request where id = $1) order by position"#,
        request.0,
    )
    .fetch_all(conn)
    .await?;
    let stage =
        |requirements: Vec<Requirement>, permission: String, needed: i32| match requirements.is_empty() {
            false => requirements,
            true => vec![Requirement {
                who: Who::Permission { name: permission },
                needed: needed.unsigned_abs(),
                rules: Vec::new(),
                set_aside_by: Vec::new(),
            }],
        };
    Ok(rows
        .into_iter()
        .map(|row| StageRow {
            id: row.id,
            position: row.position,
            requirements: stage(row.requirements.0, row.permission, row.needed),
            ask_again: row.ask_again,
            state: row.state,
        })
        .collect())
}

/// Every decision on a request, oldest first.
pub async fn decisions(conn: &mut PgConnection, request: RequestId) -> Result<Vec<DecisionRow>> {
    let rows = sqlx::query_as!(
        DecisionRow,
        r#"select d.id as "id: DecisionId", d.stage_id as "stage_id: StageId",
                  d.principal_id as "principal_id: PrincipalId", d.person_id as "person_id: PrincipalId",
                  p.name, p.display_name, d.verdict, d.comment, d.spec_hash, d.cluster_id as "cluster_id: ClusterId",
                  d.fulfils, d.sets_aside, d.effective_spec, d.effective_hash, d.void, d.at
             from decision d join principal p on p.id = d.principal_id
            where d.request_id = $1 order by d.at, d.id"#,
        request.0,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// A stage to write.
pub struct NewStage<'a> {
    pub position: i32,
    pub requirements: &'a [Requirement],
    pub ask_again: bool,
    pub state: &'a str,
}

/// Writes the stages of the wording that stands.
pub async fn insert_stages(tx: &mut Tx, request: RequestId, stages: &[NewStage<'_>]) -> Result<()> {
    for stage in stages {
        let who: Vec<String> = stage.requirements.iter().map(|one| one.who.token()).collect();
        let needed: u32 = stage.requirements.iter().map(|one| one.needed).sum();
        // What a version that knows one permission for each stage reads: that, or a word that nobody holds.
        let permission = match stage.requirements {
            [Requirement { who: Who::Permission { name }, .. }] => name.clone(),
            _ => who.join("+"),
        };
        sqlx::query!(
            "insert into request_stage (id, request_id, revision, position, permission, needed, state, requirements, who,
                                        ask_again)
             select $1, r.id, r.revision, $3, $4, $5, $6, $7, $8, $9 from request r where r.id = $2",
            StageId::new().0,
            request.0,
            stage.position,
            permission,
            i32::try_from(needed).unwrap_or(i32::MAX),
            stage.state,
            Json(stage.requirements) as _,
            &who,
            stage.ask_again,
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// Asks a stage again: what was said in it is void.
pub async fn ask_again(tx: &mut Tx, stage: StageId) -> Result<()> {
    sqlx::query!("update decision set void = true where stage_id = $1", stage.0).execute(&mut **tx).await?;
    set_stage(tx, stage, "waiting").await
}

/// Sets where a stage stands.
pub async fn set_stage(tx: &mut Tx, id: StageId, state: &str) -> Result<()> {
    sqlx::query!("update request_stage set state = $2 where id = $1", id.0, state).execute(&mut **tx).await?;
    Ok(())
}

/// The request ended: what was not decided never will be.
pub async fn void_open_stages(tx: &mut Tx, request: RequestId) -> Result<()> {
    sqlx::query!(
        "update request_stage set state = 'void' where request_id = $1 and state in ('waiting', 'active')",
        request.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A decision to write.
pub struct NewDecision<'a> {
    pub request: RequestId,
    pub stage: Option<StageId>,
    pub principal: PrincipalId,
    pub person: PrincipalId,
    pub verdict: &'a str,
    pub comment: &'a str,
    pub spec_hash: &'a [u8],
    pub cluster: Option<ClusterId>,
    pub fulfils: &'a [i32],
    pub sets_aside: bool,
    /// The narrower spec's bytes and their hash.
    pub effective: Option<(&'a [u8], &'a [u8])>,
}

/// Writes a decision. A second one of the same person violates `decision_once`.
pub async fn insert(tx: &mut Tx, new: &NewDecision<'_>) -> Result<DecisionId> {
    let id = DecisionId::new();
    sqlx::query!(
        "insert into decision (id, request_id, stage_id, principal_id, person_id, verdict, comment, spec_hash, cluster_id,
                               fulfils, sets_aside, effective_spec, effective_hash)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        id.0,
        new.request.0,
        new.stage.map(|id| id.0),
        new.principal.0,
        new.person.0,
        new.verdict,
        new.comment,
        new.spec_hash,
        new.cluster.map(|id| id.0),
        new.fulfils,
        new.sets_aside,
        new.effective.map(|(spec, _)| spec),
        new.effective.map(|(_, hash)| hash),
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}

/// Begins the stages anew, for a request that goes back to its approvers: what was said is void. `false` says that the
/// request never had stages.
pub async fn reopen(tx: &mut Tx, request: RequestId) -> Result<bool> {
    sqlx::query!("update decision set void = true where request_id = $1", request.0)
        .execute(&mut **tx)
        .await?;
    let done = sqlx::query!(
        "update request_stage s set state = case when s.position = (select min(t.position) from request_stage t
                   where t.request_id = $1 and t.revision = s.revision) then 'active' else 'waiting' end
          where s.request_id = $1 and s.revision = (select revision from request where id = $1)",
        request.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

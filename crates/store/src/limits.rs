//! How much people may have open and hand in, and for whom that does not hold.
//!
//! What is counted are rows, so every replica counts the same; counting stops at the limit. A person's own counts are
//! exact, because their submissions follow each other under a lock of theirs. That of everybody is not locked: it can be
//! passed by as many as hand in at the same moment, and no one waits for another.

use chrono::{DateTime, Utc};
use shepherd_domain::ids::PrincipalId;
use sqlx::PgConnection;

use crate::{Result, Tx};

/// The limits in force.
#[derive(Clone, Debug)]
pub struct LimitsRow {
    pub pending_per_person: Option<i32>,
    pub pending_in_all: Option<i32>,
    pub hourly_per_person: Option<i32>,
    pub in_flight_per_person: i32,
    pub in_flight_in_all: i32,
    pub version: i64,
}

/// Reads them.
pub async fn get(conn: &mut PgConnection) -> Result<LimitsRow> {
    let row = sqlx::query_as!(
        LimitsRow,
        "select pending_per_person, pending_in_all, hourly_per_person, in_flight_per_person, in_flight_in_all, version
           from request_limit"
    )
    .fetch_one(conn)
    .await?;
    Ok(row)
}

/// Sets them if their version is still `new.version`; `None` says it is not.
pub async fn set(tx: &mut Tx, new: &LimitsRow) -> Result<Option<i64>> {
    let version = sqlx::query_scalar!(
        "update request_limit set pending_per_person = $1, pending_in_all = $2, hourly_per_person = $3,
                in_flight_per_person = $4, in_flight_in_all = $5, version = version + 1
          where version = $6 returning version",
        new.pending_per_person,
        new.pending_in_all,
        new.hourly_per_person,
        new.in_flight_per_person,
        new.in_flight_in_all,
        new.version,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(version)
}

/// What somebody has open and handed in, each counted up to its limit.
#[derive(Clone, Debug)]
pub struct Use {
    pub mine: i64,
    pub in_all: i64,
    pub hourly: i64,
    /// Seconds until one of those of the last hour is older than that.
    pub seconds: Option<f64>,
}

/// Nobody hands in more than this at one moment: each has a connection of the database.
const AT_ONCE: i64 = 64;

/// Counts for a person, with all who act for them. Near a limit nothing else of theirs is handed in from here on until
/// the commit; far from it they do not wait for each other, and do not hold connections while they would.
pub async fn count(tx: &mut Tx, person: PrincipalId, limits: &LimitsRow) -> Result<Use> {
    let used = look(tx, person, limits).await?;
    let far = |limit: Option<i32>, used: i64| limit.is_none_or(|limit| used + AT_ONCE < i64::from(limit));
    if far(limits.pending_per_person, used.mine) && far(limits.hourly_per_person, used.hourly) {
        return Ok(used);
    }
    // A statement of its own: the next one sees what was committed while this one waited.
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended(concat('limits', $1::uuid), 0))", person.0)
        .execute(&mut **tx)
        .await?;
    look(tx, person, limits).await
}

async fn look(tx: &mut Tx, person: PrincipalId, limits: &LimitsRow) -> Result<Use> {
    let most = |limit: Option<i32>| limit.map_or(0, i64::from);
    let row = sqlx::query_as!(
        Use,
        r#"with own as (select id from principal where id = $1 or owner_id = $1),
           recent as (select r.submitted_at from request r
                where r.requester_id in (select id from own) and r.batch_id is null
                  and r.submitted_at > app_now() - interval '1 hour'
                order by r.submitted_at desc limit $4)
           select (select count(*) from (select from request r where r.requester_id in (select id from own)
                      and r.batch_id is null and r.state in ('pending', 'changes_requested') limit $2) x) as "mine!",
                  (select count(*) from (select from request r where r.batch_id is null
                      and r.state in ('pending', 'changes_requested') limit $3) x) as "in_all!",
                  (select count(*) from recent) as "hourly!",
                  extract(epoch from (select min(submitted_at) from recent) + interval '1 hour' - app_now())::float8
                      as seconds"#,
        person.0,
        most(limits.pending_per_person),
        most(limits.pending_in_all),
        most(limits.hourly_per_person),
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(row)
}

/// Whether one of these is exempt now: who asks, or the person answerable.
pub async fn is_exempt(conn: &mut PgConnection, who: [PrincipalId; 2]) -> Result<bool> {
    let exempt = sqlx::query_scalar!(
        r#"select exists (select from limit_exemption where principal_id in ($1, $2)
              and (until is null or until > app_now())) as "exempt!""#,
        who[0].0,
        who[1].0,
    )
    .fetch_one(conn)
    .await?;
    Ok(exempt)
}

/// One exemption, with names.
#[derive(Clone, Debug)]
pub struct ExemptionRow {
    pub id: PrincipalId,
    pub name: String,
    pub display_name: String,
    pub reason: String,
    pub until: Option<DateTime<Utc>>,
    pub by_id: PrincipalId,
    pub by_name: String,
    pub by_display: String,
    pub created_at: DateTime<Utc>,
}

/// The exemptions by name, ended ones too; or the one of a principal.
pub async fn exemptions(conn: &mut PgConnection, of: Option<PrincipalId>) -> Result<Vec<ExemptionRow>> {
    let rows = sqlx::query_as!(
        ExemptionRow,
        r#"select p.id as "id: PrincipalId", p.name, p.display_name, x.reason, x.until, b.id as "by_id: PrincipalId",
                  b.name as by_name, b.display_name as by_display, x.created_at
             from limit_exemption x join principal p on p.id = x.principal_id join principal b on b.id = x.created_by
            where $1::uuid is null or x.principal_id = $1
            order by p.name limit 500"#,
        of.map(|id| id.0),
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// Exempts somebody, in place of what was said before.
pub async fn exempt(
    tx: &mut Tx,
    who: PrincipalId,
    reason: &str,
    until: Option<DateTime<Utc>>,
    by: PrincipalId,
) -> Result<()> {
    sqlx::query!(
        "insert into limit_exemption (principal_id, reason, until, created_by) values ($1, $2, $3, $4)
         on conflict (principal_id) do update set reason = excluded.reason, until = excluded.until,
            created_by = excluded.created_by, created_at = app_now()",
        who.0,
        reason,
        until,
        by.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends an exemption; `false` says that there was none.
pub async fn end_exemption(tx: &mut Tx, who: PrincipalId) -> Result<bool> {
    let done =
        sqlx::query!("delete from limit_exemption where principal_id = $1", who.0).execute(&mut **tx).await?;
    Ok(done.rows_affected() == 1)
}

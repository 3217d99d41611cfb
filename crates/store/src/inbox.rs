//! A person's inbox: what they may see of it now, and what they have read.
//!
//! What may be seen is one rule, the function `inbox_seen` of migration 0021: lists, counts and marks all go by it.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use shepherd_domain::authz::Visible;
use shepherd_domain::ids::{EnvironmentId, PrincipalId, RequestId, SystemId, VmId};
use sqlx::PgConnection;

use crate::{Result, Tx};

/// Counts stop here.
pub const MOST: i64 = 1000;

/// Whose inbox, and what they may see.
pub struct Reader<'a> {
    pub me: PrincipalId,
    pub requests: &'a Visible,
    pub vms: &'a Visible,
    /// Whom the reader speaks for.
    pub words: &'a [String],
}

/// Which rows.
#[derive(Clone, Copy, Debug, Default)]
pub struct InboxFilter<'a> {
    /// Neither read nor over.
    pub unread: bool,
    /// The first part of the kind.
    pub about: Option<&'a str>,
    pub kind: Option<&'a str>,
    pub before: Option<i64>,
    pub limit: i64,
}

/// A row with the names of what it mentions.
#[derive(Clone, Debug)]
pub struct InboxRow {
    pub number: i64,
    pub kind: String,
    pub at: DateTime<Utc>,
    pub read: bool,
    pub over: bool,
    pub role: Option<String>,
    /// Where a role reaches; none stands for everywhere.
    pub environments: Vec<String>,
    pub actor_id: Option<PrincipalId>,
    pub actor_name: Option<String>,
    pub actor_display: Option<String>,
    pub request_id: Option<RequestId>,
    pub request_number: Option<i64>,
    pub operation: Option<String>,
    pub request_state: Option<String>,
    pub requester_id: Option<PrincipalId>,
    pub requester_name: Option<String>,
    pub requester_display: Option<String>,
    pub service_name: Option<String>,
    pub vm_id: Option<VmId>,
    pub vm_name: Option<String>,
    /// The name of the System that somebody asks to belong to.
    pub joins: Option<String>,
    pub system_id: Option<SystemId>,
    pub system_name: Option<String>,
    pub environment_id: Option<EnvironmentId>,
    pub environment_name: Option<String>,
    pub environment_title: Option<String>,
    pub protected: Option<bool>,
    pub colour: Option<String>,
}

pub(crate) fn sight(visible: &Visible) -> Value {
    json!({
        "everything": visible.everything,
        "environments": visible.environments,
        "systems": visible.systems,
        "services": visible.services,
        "vms": visible.vms,
        "member_everywhere": visible.member_everywhere,
        "member_environments": visible.member_environments,
    })
}

/// Newest first.
pub async fn list(
    conn: &mut PgConnection,
    reader: &Reader<'_>,
    f: &InboxFilter<'_>,
) -> Result<Vec<InboxRow>> {
    let rows = sqlx::query_as!(
        InboxRow,
        r#"select i.number as "number!", i.kind as "kind!", i.at as "at!", i.read_at is not null as "read!",
                  i.closed_at is not null as "over!", i.role,
                  array(select e.name from environment e where e.id = any(i.environment_ids) order by e.name) as "environments!",
                  a.id as "actor_id?: PrincipalId", a.name as "actor_name?", a.display_name as "actor_display?",
                  r.id as "request_id?: RequestId", r.number as "request_number?", r.operation as "operation?",
                  r.state as "request_state?", q.id as "requester_id?: PrincipalId", q.name as "requester_name?",
                  q.display_name as "requester_display?", s.name as "service_name?",
                  case when r.target = 'system' then r.spec_json ->> 'system' end as "joins?", v.id as "vm_id?: VmId",
                  v.name as "vm_name?", y.id as "system_id?: SystemId", y.name as "system_name?",
                  e.id as "environment_id?: EnvironmentId", e.name as "environment_name?",
                  e.title as "environment_title?", e.protected as "protected?", e.colour as "colour?"
             from inbox_seen($1, $2, $3, $4) i
             left join request r on r.id = i.request_id
             left join principal q on q.id = r.requester_id
             left join service s on s.id = coalesce(r.service_id, i.service_id)
             left join vm v on v.id = coalesce(i.vm_id, r.vm_id)
             left join system y on y.id = coalesce(i.system_id, r.system_id, v.system_id)
             left join environment e on e.id = coalesce(r.environment_id, v.environment_id)
             left join principal a on a.id = i.actor_id and a.kind <> 'system'
            where (not $5 or (i.read_at is null and i.closed_at is null))
              and ($6::text is null or starts_with(i.kind, $6 || '.'))
              and ($7::text is null or i.kind = $7)
              and ($8::bigint is null or i.number < $8)
            order by i.number desc
            limit $9"#,
        reader.me.0,
        sight(reader.requests),
        sight(reader.vms),
        reader.words,
        f.unread,
        f.about,
        f.kind,
        f.before,
        f.limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// How many are neither read nor over; at most [`MOST`].
pub async fn unread(conn: &mut PgConnection, reader: &Reader<'_>) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from (
             select from inbox_seen($1, $2, $3, $4) i where i.read_at is null and i.closed_at is null limit $5) o"#,
        reader.me.0,
        sight(reader.requests),
        sight(reader.vms),
        reader.words,
        MOST,
    )
    .fetch_one(conn)
    .await?;
    Ok(count)
}

/// Which rows to mark: these, or all up to one, of what the reader sees. Answers how many were not so before.
pub async fn mark(
    tx: &mut Tx,
    reader: &Reader<'_>,
    read: bool,
    numbers: Option<&[i64]>,
    up_to: Option<i64>,
) -> Result<u64> {
    let done = sqlx::query!(
        "update inbox_item t set read_at = case when $5 then app_now() end
          where t.person_id = $1 and (t.read_at is null) = $5
            and t.number in (select i.number from inbox_seen($1, $2, $3, $4) i
                              where ($6::bigint[] is null or i.number = any($6))
                                and ($7::bigint is null or i.number <= $7))",
        reader.me.0,
        sight(reader.requests),
        sight(reader.vms),
        reader.words,
        read,
        numbers as Option<&[i64]>,
        up_to,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// How many of these rows the reader sees.
pub async fn seen(conn: &mut PgConnection, reader: &Reader<'_>, numbers: &[i64]) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from inbox_seen($1, $2, $3, $4) i where i.number = any($5)"#,
        reader.me.0,
        sight(reader.requests),
        sight(reader.vms),
        reader.words,
        numbers,
    )
    .fetch_one(conn)
    .await?;
    Ok(count)
}

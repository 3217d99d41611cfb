//! Which requests: a page of a list, newest first.
//!
//! As in [`crate::vm_lists`]: what may be seen and what was asked for are decided on few columns, and only what is on
//! the page is read whole. Words that are looked for become ids first, so that PostgreSQL knows how few they are.

use chrono::{DateTime, Utc};
use serde_json::Value;
use shepherd_domain::authz::Visible;
use shepherd_domain::ids::{EnvironmentId, NamespaceId, PrincipalId, RequestId, ServiceId, SystemId, VmId};
use shepherd_domain::policy::Requirement;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::Result;

/// Who looks and what for.
#[derive(Clone, Debug)]
pub struct RequestFilter<'a> {
    pub visible: &'a Visible,
    pub ids: Option<&'a [RequestId]>,
    /// The caller: their own requests are always visible to them.
    pub me: PrincipalId,
    pub mine: bool,
    pub requester: Option<PrincipalId>,
    /// Only those that the caller could decide now: not theirs, not decided by them, at a stage that asks for one of
    /// `words`.
    pub waiting_for_me: bool,
    /// Whom the caller speaks for. What waits for one's word is visible.
    pub words: &'a [String],
    pub open: Option<bool>,
    pub state: Option<&'a str>,
    pub operation: Option<&'a str>,
    pub system: Option<SystemId>,
    pub service: Option<ServiceId>,
    pub vm: Option<VmId>,
    pub environment: Option<EnvironmentId>,
    /// Only batches.
    pub batches: bool,
    /// A number (`1042`, `R-1042`) or part of a VM, Service or System name.
    pub search: Option<&'a str>,
    pub before: Option<i64>,
    pub limit: i64,
}

/// A row of a list.
#[derive(Clone, Debug)]
pub struct RequestListRow {
    pub id: RequestId,
    pub number: i64,
    pub operation: String,
    pub state: String,
    pub requester_id: PrincipalId,
    pub requester_name: String,
    pub requester_display: String,
    pub system_id: Option<SystemId>,
    pub system_name: Option<String>,
    pub service_id: Option<ServiceId>,
    pub service_name: Option<String>,
    pub environment_id: Option<EnvironmentId>,
    pub environment_name: Option<String>,
    pub environment_title: Option<String>,
    pub protected: bool,
    pub colour: Option<String>,
    pub namespace_id: Option<NamespaceId>,
    pub namespace_name: Option<String>,
    pub vm_id: Option<VmId>,
    pub vm_name: Option<String>,
    pub spec_json: Value,
    pub batch_size: Option<i32>,
    pub waiting_requirements: Option<Json<Vec<Requirement>>>,
    pub waiting_given: Option<i64>,
    pub sample: bool,
    pub submitted_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub closed_at: Option<DateTime<Utc>>,
    pub version: i64,
}

/// Newest first. Children of batches are listed only for their VM, or by their number.
pub async fn list(conn: &mut PgConnection, f: &RequestFilter<'_>) -> Result<Vec<RequestListRow>> {
    let found = match f.search {
        Some(words) => Some(find(conn, words).await?),
        None => None,
    };
    let page = page(conn, f, found.as_ref()).await?;
    if page.is_empty() {
        return Ok(Vec::new());
    }
    rows(conn, &page).await
}

/// What has a name with the words in it.
struct Found {
    /// The words are the number of a request.
    number: Option<i64>,
    vms: Vec<Uuid>,
    services: Vec<Uuid>,
    systems: Vec<Uuid>,
    /// Requests to join a System, which name it in their wording.
    joins: Vec<Uuid>,
}

async fn find(conn: &mut PgConnection, words: &str) -> Result<Found> {
    let row = sqlx::query!(
        r#"select array(select id from vm where strpos(name, lower($1)) > 0 order by id desc limit 10000) as "vms!",
                  array(select id from service where strpos(name, lower($1)) > 0 order by id limit 10000) as "services!",
                  array(select id from system where strpos(name, lower($1)) > 0 order by id limit 10000) as "systems!",
                  array(select id from request where target = 'system' and strpos(spec_json ->> 'system', lower($1)) > 0
                         order by number desc limit 10000) as "joins!""#,
        words,
    )
    .fetch_one(conn)
    .await?;
    let number = words.trim_start_matches(['R', 'r', '-']).parse().ok();
    Ok(Found { number, vms: row.vms, services: row.services, systems: row.systems, joins: row.joins })
}

async fn page(
    conn: &mut PgConnection,
    f: &RequestFilter<'_>,
    found: Option<&Found>,
) -> Result<Vec<RequestId>> {
    let ids = |ids: &[EnvironmentId]| ids.iter().map(|id| id.0).collect::<Vec<_>>();
    let systems: Vec<_> = f.visible.systems.iter().map(|id| id.0).collect();
    let services: Vec<_> = f.visible.services.iter().map(|id| id.0).collect();
    let vms: Vec<_> = f.visible.vms.iter().map(|id| id.0).collect();
    let only = f.ids.map(|ids| ids.iter().map(|id| id.0).collect::<Vec<_>>());
    let some = |of: fn(&Found) -> &Vec<Uuid>| found.map(|found| of(found).as_slice()).unwrap_or_default();
    let page = sqlx::query_scalar!(
        r#"select r.id as "id: RequestId"
             from request r
            where ($1 or r.requester_id = $2 or r.environment_id = any($3)
                   or (r.environment_id is null and r.system_id is not null and cardinality($3) > 0)
                   or ((r.system_id = any($4) or r.service_id = any($5) or r.vm_id = any($6))
                       and ($7 or r.environment_id = any($8) or (r.environment_id is null and cardinality($8) > 0)))
                   or r.id = any(array(
                        select g.request_id from request_stage g join request q on q.id = g.request_id and q.state = 'pending'
                         where g.state = 'active' and exists (select from unnest(g.who) w where w = any($9)
                               or w || '@' || q.environment_id = any($9) or w || '@' || q.system_id = any($9)))))
              and (not $10 or r.requester_id = $2)
              and (not $11 or (r.state = 'pending' and r.requester_id <> $2
                   and exists (select from request_stage g, unnest(g.who) w
                                where g.request_id = r.id and g.state = 'active' and (w = any($9)
                                      or w || '@' || r.environment_id = any($9) or w || '@' || r.system_id = any($9)))
                   and not exists (select from decision d where d.request_id = r.id and d.person_id = $2 and not d.void)
                   and not exists (select from request_edit x where x.request_id = r.id and x.person_id = $2)))
              and ($12::boolean is null
                   or $12 = (r.state in ('pending', 'changes_requested', 'approved', 'executing')))
              and ($13::text is null or r.state = $13)
              and ($14::text is null or r.operation = $14)
              and ($15::uuid is null or r.system_id = $15)
              and ($16::uuid is null or r.service_id = $16)
              and ($17::uuid is null or r.vm_id = $17)
              and ($18::uuid is null or r.environment_id = $18)
              and (not $19 or r.number = $20 or r.vm_id = any($21) or r.service_id = any($22) or r.system_id = any($23)
                   or r.id = any($24))
              and ($25::bigint is null or r.number < $25)
              and ($26::uuid is null or r.requester_id = $26)
              and ($27::uuid[] is null or r.id = any($27))
              and (not $28 or r.batch_size is not null)
              and (r.batch_id is null or $17::uuid is not null or r.number = $20)
            order by r.number desc
            limit $29"#,
        f.visible.everything,
        f.me.0,
        &ids(&f.visible.environments),
        &systems,
        &services,
        &vms,
        f.visible.member_everywhere,
        &ids(&f.visible.member_environments),
        f.words,
        f.mine,
        f.waiting_for_me,
        f.open,
        f.state,
        f.operation,
        f.system.map(|id| id.0),
        f.service.map(|id| id.0),
        f.vm.map(|id| id.0),
        f.environment.map(|id| id.0),
        found.is_some(),
        found.and_then(|found| found.number),
        some(|found| &found.vms),
        some(|found| &found.services),
        some(|found| &found.systems),
        some(|found| &found.joins),
        f.before,
        f.requester.map(|id| id.0),
        only as Option<Vec<Uuid>>,
        f.batches,
        f.limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(page)
}

/// These requests, newest first. The page was made of what may be seen.
async fn rows(conn: &mut PgConnection, page: &[RequestId]) -> Result<Vec<RequestListRow>> {
    let page: Vec<_> = page.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        RequestListRow,
        r#"select r.id as "id: RequestId", r.number, r.operation, r.state,
                  r.requester_id as "requester_id: PrincipalId", p.name as requester_name,
                  p.display_name as requester_display, r.system_id as "system_id: SystemId", y.name as "system_name?",
                  r.service_id as "service_id: ServiceId", v.name as "service_name?",
                  r.environment_id as "environment_id: EnvironmentId", e.name as "environment_name?",
                  e.title as "environment_title?", coalesce(e.protected, false) as "protected!", e.colour as "colour?",
                  r.namespace_id as "namespace_id: NamespaceId", n.name as "namespace_name?",
                  r.vm_id as "vm_id: VmId", vm.name as "vm_name?", r.spec_json, r.batch_size,
                  g.requirements as "waiting_requirements?: Json<Vec<Requirement>>",
                  (select count(*) from decision d where d.stage_id = g.id and not d.void) as "waiting_given?",
                  r.sample, r.submitted_at, r.expires_at, r.closed_at, r.version
             from request r
             join principal p on p.id = r.requester_id
             left join system y on y.id = r.system_id
             left join service v on v.id = r.service_id
             left join environment e on e.id = r.environment_id
             left join namespace n on n.id = r.namespace_id
             left join vm on vm.id = r.vm_id
             left join request_stage g on g.request_id = r.id and g.state = 'active' and r.state = 'pending'
            where r.id = any($1)
            order by r.number desc"#,
        &page,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

//! Who is told: rows written in the transaction of what they are about.
//!
//! [`settle`] looks at requests as the transaction leaves them and makes the inboxes agree: whoever can decide now has a
//! row, whoever cannot any more has a closed one, and the requester is told what became of it. So no way of changing a
//! request can forget to tell of it. A child of a batch tells nobody: its batch does. A few statements do it,
//! however many requests and people it concerns, and each person whose inbox changed gets one event that says so and
//! no more. Most changes concern nobody: that is found out first, with one small statement.

use shepherd_domain::ids::{PrincipalId, RequestId, VmId};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::events::{CHANNEL, Horizon};
use crate::{Result, Tx};

/// People a stage asks at most; whoever comes after them still finds the request in the list of what waits.
pub const MOST_ASKED: i64 = 500;

/// Makes the inboxes agree with these requests. Each must be locked by the transaction, or written by it. Nobody is told
/// of what they did themselves.
pub async fn settle(tx: &mut Tx, requests: &[RequestId], actor: Option<PrincipalId>) -> Result<()> {
    let requests: Vec<Uuid> = requests.iter().map(|id| id.0).collect();
    let seen = sqlx::query!(
        r#"with seen as materialized (
             select r.id, r.state, r.operation, r.revision, r.failure_code, r.told, d.narrowings, d.narrowed
               from request r
              cross join lateral (
                   select count(*) filter (where effective_hash is not null) as narrowings,
                          coalesce((array_agg(effective_hash is not null order by at desc, id desc)
                              filter (where verdict = 'approve'))[1], false) as narrowed
                     from decision where request_id = r.id and not void) d
              where r.id = any($1) and r.batch_id is null
           ), named as (
             select *, case
                    when state = 'pending' and failure_code is not null then 'request.sent_back'
                    when state = 'pending' and narrowed then 'request.narrowed'
                    when state = 'pending' and revision > 1 then 'request.edited'
                    when state in ('approved', 'executing') or (state = 'succeeded' and operation in ('vm.console', 'system.join'))
                         then case when narrowed then 'request.narrowed' else 'request.approved' end
                    when state in ('rejected', 'changes_requested', 'cancelled', 'expired', 'succeeded', 'failed')
                         then 'request.' || state
                    else '' end as news
               from seen
           ), keyed as (
             select *, news || ':' || revision || ':' || case news when 'request.narrowed' then narrowings else 0 end as key
               from named
           )
           select id, state = 'pending' as "pending!", news as "news!", key as "key!", told is distinct from key as "fresh!" from keyed"#,
        &requests,
    )
    .fetch_all(&mut **tx)
    .await?;
    let (mut pending, mut news) = (Vec::new(), News::default());
    for row in seen {
        if row.pending {
            pending.push(row.id);
        }
        // Whatever becomes of a request has a key of its own: one that is noted was told of, and nobody is asked any more.
        if row.fresh {
            news.ids.push(row.id);
            news.kinds.push(row.news);
            news.keys.push(row.key);
        }
    }
    let mut told = 0;
    if !pending.is_empty() {
        told += ask(tx, &pending, actor).await?;
    }
    if !news.ids.is_empty() {
        told += tell(tx, &news, actor).await?;
    }
    announce(tx, told);
    Ok(())
}

/// What became of requests, column by column.
#[derive(Default)]
struct News {
    ids: Vec<Uuid>,
    kinds: Vec<String>,
    /// What is noted with the request once it was told.
    keys: Vec<String>,
}

/// Whoever can decide on these pending requests has a row, nobody else.
async fn ask(tx: &mut Tx, pending: &[Uuid], actor: Option<PrincipalId>) -> Result<u64> {
    let told = sqlx::query!(
        r#"with touched as materialized (
             select r.id, r.revision, r.system_id, r.service_id, r.vm_id, r.environment_id, coalesce(q.owner_id, q.id) as asker
               from request r join principal q on q.id = r.requester_id
              where r.id = any($1)
           ), asked as materialized (
             select t.id, g.id as stage_id, p.person_id
               from touched t
               join request_stage g on g.request_id = t.id and g.revision = t.revision and g.state = 'active'
               cross join lateral (
                   select distinct s as person_id from unnest(g.who) w, speakers(w, t.system_id, t.environment_id) s
                    order by s limit $3) p
              where p.person_id <> t.asker
                and not exists (select from decision d where d.request_id = t.id and d.person_id = p.person_id and not d.void)
                and not exists (select from request_edit x where x.request_id = t.id and x.person_id = p.person_id)
           ), over as (
             update inbox_item i set closed_at = app_now()
              where i.request_id = any($1) and i.kind = 'request.waiting' and i.closed_at is null
                and not exists (select from asked a where a.stage_id = i.stage_id and a.person_id = i.person_id)
             returning i.person_id, i.request_id
           ), waiting as (
             insert into inbox_item (person_id, kind, request_id, stage_id, actor_id)
             select a.person_id, 'request.waiting', a.id, a.stage_id, $2 from asked a
             on conflict (stage_id, person_id) where kind = 'request.waiting' and closed_at is null do nothing
             returning person_id, request_id
           )
           insert into event (kind, resource_id, version, system_id, service_id, vm_id, environment_id, principal_id)
           select distinct 'inbox', x.person_id, 0, t.system_id, t.service_id, t.vm_id, t.environment_id, x.person_id
             from (select person_id, request_id from over union all select person_id, request_id from waiting) x
             join touched t on t.id = x.request_id"#,
        pending,
        actor.map(|id| id.0),
        MOST_ASKED,
    )
    .execute(&mut **tx)
    .await?;
    Ok(told.rows_affected())
}

/// Notes what became of these requests and tells who asked; where nothing is to be decided any more nobody is asked.
async fn tell(tx: &mut Tx, news: &News, actor: Option<PrincipalId>) -> Result<u64> {
    let told = sqlx::query!(
        r#"with fresh as materialized (
             select n.kind, n.key, r.id, r.state, r.told, r.requester_id, r.automatic_rule,
                    r.system_id, r.service_id, r.vm_id, r.environment_id
               from unnest($1::uuid[], $2::text[], $3::text[]) n(id, kind, key) join request r on r.id = n.id
           ), noted as (
             update request r set told = f.key from fresh f where r.id = f.id
           ), over as (
             update inbox_item i set closed_at = app_now() from fresh f
              where f.state <> 'pending' and i.request_id = f.id and i.kind = 'request.waiting' and i.closed_at is null
             returning i.person_id, i.request_id
           ), letter as materialized (
             select * from fresh f
              where f.kind <> '' and f.told <> f.key and f.requester_id is distinct from $4
                -- What a rule waved through and is done needs no letter.
                and (f.kind <> 'request.succeeded' or f.automatic_rule is null)
           ), older as (
             update inbox_item i set closed_at = app_now() from letter l
              where i.request_id = l.id and i.person_id = l.requester_id and i.closed_at is null
                and i.kind not in ('request.waiting', 'request.commented')
           ), told as (
             insert into inbox_item (person_id, kind, request_id, actor_id)
             select l.requester_id, l.kind, l.id, $4 from letter l
             returning person_id
           )
           insert into event (kind, resource_id, version, system_id, service_id, vm_id, environment_id, principal_id)
           select distinct 'inbox', c.person_id, 0, c.system_id, c.service_id, c.vm_id, c.environment_id, c.person_id
             from (select x.person_id, f.system_id, f.service_id, f.vm_id, f.environment_id
                     from over x join fresh f on f.id = x.request_id
                   union all
                   -- One's own requests are always in sight.
                   select person_id, null, null, null, null from told) c"#,
        &news.ids,
        &news.kinds,
        &news.keys,
        actor.map(|id| id.0),
    )
    .execute(&mut **tx)
    .await?;
    Ok(told.rows_affected())
}

/// Tells those who take part in a request of what was said about it: whoever asked, decided, changed it or spoke before.
pub async fn commented(tx: &mut Tx, request: RequestId, by: PrincipalId) -> Result<()> {
    let told = sqlx::query!(
        "with part as (
           select requester_id as person_id from request where id = $1
           union select principal_id from decision where request_id = $1
           union select principal_id from request_edit where request_id = $1
           union select principal_id from request_comment where request_id = $1
         ), told as (
           insert into inbox_item (person_id, kind, request_id, actor_id)
           select person_id, 'request.commented', $1, $2 from part where person_id <> $2
            order by person_id limit $3
           returning person_id
         )
         insert into event (kind, resource_id, version, system_id, service_id, vm_id, environment_id, principal_id)
         select 'inbox', t.person_id, 0, r.system_id, r.service_id, r.vm_id, r.environment_id, t.person_id
           from told t join request r on r.id = $1",
        request.0,
        by.0,
        MOST_ASKED,
    )
    .execute(&mut **tx)
    .await?;
    announce(tx, told.rows_affected());
    Ok(())
}

/// Tells whoever asked for these VMs that they ended in failure; once, until they have read it.
pub async fn vms_failed(tx: &mut Tx, vms: &[VmId]) -> Result<()> {
    let vms: Vec<Uuid> = vms.iter().map(|id| id.0).collect();
    let told = sqlx::query!(
        "with told as (
           insert into inbox_item (person_id, kind, vm_id)
           select v.created_by, 'vm.failed', v.id from vm v
            where v.id = any($1) and v.state = 'active'
              and not exists (select from inbox_item i where i.person_id = v.created_by and i.vm_id = v.id
                                 and i.kind = 'vm.failed' and i.read_at is null and i.closed_at is null)
           returning person_id, vm_id
         )
         insert into event (kind, resource_id, version, system_id, service_id, vm_id, environment_id, principal_id)
         select 'inbox', t.person_id, 0, v.system_id, v.service_id, v.id, v.environment_id, t.person_id
           from told t join vm v on v.id = t.vm_id",
        &vms,
    )
    .execute(&mut **tx)
    .await?;
    announce(tx, told.rows_affected());
    Ok(())
}

fn announce(tx: &mut Tx, told: u64) {
    if told > 0 {
        tx.announce(CHANNEL, "");
    }
}

/// Forgets the oldest rows, at most `limit`: those that are read or over after a month, all after half a year.
pub async fn prune(tx: &mut Tx, limit: i64) -> Result<u64> {
    let done = sqlx::query!(
        "delete from inbox_item where number in (
            select number from inbox_item
             where at < app_now() - interval '30 days'
               and (read_at is not null or closed_at is not null or at < app_now() - interval '180 days')
             order by at limit $1 for update skip locked)",
        limit,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// Up to where the event order was read for changes of what people hold.
pub async fn position(conn: &mut PgConnection) -> Result<Horizon> {
    let text = sqlx::query_scalar!("select horizon from inbox_position").fetch_one(conn).await?;
    Ok(text.parse().unwrap_or(Horizon::START))
}

/// It was read up to here, and the inboxes follow.
pub async fn read_up_to(tx: &mut Tx, horizon: Horizon) -> Result<()> {
    sqlx::query!("update inbox_position set horizon = $1", horizon.to_string()).execute(&mut **tx).await?;
    Ok(())
}

/// Locks the next requests that wait for decisions, by number.
pub async fn lock_pending(tx: &mut Tx, after: i64, limit: i64) -> Result<Vec<(RequestId, i64)>> {
    let rows = sqlx::query!(
        r#"select id as "id: RequestId", number from request where state = 'pending' and batch_id is null and number > $1
            order by number limit $2 for no key update"#,
        after,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.number)).collect())
}

//! The quota ledger and limits.
//!
//! Rows are written even where no limit exists, so that a limit set later starts from the truth. [`reserve`] is the
//! last statement group before a commit and locks only limits that exist, always in the order scope kind, scope id,
//! dimension: two requests can then never wait for each other in a circle.

use shepherd_domain::ids::{EnvironmentId, PrincipalId, RequestId, ServiceId, SystemId, VmId};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{Result, Tx};

/// On whose account something is taken.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    pub environment: EnvironmentId,
    pub system: SystemId,
    pub service: ServiceId,
    pub person: PrincipalId,
}

/// One limit with what is taken of it.
#[derive(Clone, Debug)]
pub struct LimitRow {
    pub scope_kind: String,
    pub scope_id: Uuid,
    pub dimension: String,
    pub amount: i64,
    pub hard: bool,
    pub used: i64,
}

/// The limits that concern a subject, with what is reserved or live under each, but for what `except` holds: a request
/// that is changed must not stand in its own way.
pub async fn limits(
    conn: &mut PgConnection,
    on: &Subject,
    except: Option<RequestId>,
) -> Result<Vec<LimitRow>> {
    let rows = sqlx::query_as!(
        LimitRow,
        r#"select l.scope_kind, l.scope_id, l.dimension, l.amount, l.hard,
                  (select coalesce(sum(g.amount), 0)::bigint from quota_ledger g
                    where g.state <> 'released' and g.dimension = l.dimension and g.request_id is distinct from $5
                      and case l.scope_kind when 'platform' then true
                               when 'environment' then g.environment_id = l.scope_id
                               when 'system' then g.system_id = l.scope_id
                               when 'service' then g.service_id = l.scope_id
                               else g.principal_id = l.scope_id end) as "used!"
             from quota_limit l
            where l.scope_kind = 'platform' or (l.scope_kind, l.scope_id) in
                  (('environment', $1), ('system', $2), ('service', $3), ('person', $4))
            order by l.scope_kind, l.scope_id, l.dimension"#,
        on.environment.0,
        on.system.0,
        on.service.0,
        on.person.0,
        except.map(|id| id.0),
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// What a System takes now in each dimension, limit or not, but for what `except` holds: what pages show beside a
/// request.
pub async fn used_by_system(
    conn: &mut PgConnection,
    system: SystemId,
    environment: EnvironmentId,
    except: Option<RequestId>,
) -> Result<Vec<(String, i64)>> {
    let rows = sqlx::query!(
        r#"select dimension, sum(amount)::bigint as "used!" from quota_ledger
            where state <> 'released' and system_id = $1 and environment_id = $2
              and request_id is distinct from $3 group by dimension"#,
        system.0,
        environment.0,
        except.map(|id| id.0),
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.dimension, row.used)).collect())
}

/// Writes what a request takes, in place of what it took before, and returns the hard limit it would break, if any; the caller then rolls back.
pub async fn reserve(
    tx: &mut Tx,
    request: RequestId,
    on: &Subject,
    amounts: &[(&str, i64)],
) -> Result<Option<LimitRow>> {
    lock_limits(tx, on).await?;
    let (dimensions, values): (Vec<&str>, Vec<i64>) = amounts.iter().copied().unzip();
    sqlx::query!(
        "insert into quota_ledger (request_id, dimension, amount, state, environment_id, system_id, service_id, principal_id)
         select $1, d, a, 'reserved', $4, $5, $6, $7 from unnest($2::text[], $3::bigint[]) as t (d, a)
         on conflict (request_id, dimension) do update
            set amount = excluded.amount, state = excluded.state, changed_at = app_now()",
        request.0,
        &dimensions as &[&str],
        &values,
        on.environment.0,
        on.system.0,
        on.service.0,
        on.person.0,
    )
    .execute(&mut **tx)
    .await?;
    let broken = limits(&mut *tx, on, None)
        .await?
        .into_iter()
        .find(|l| l.hard && l.used > l.amount && amounts.iter().any(|(d, a)| *d == l.dimension && *a > 0));
    Ok(broken)
}

/// Makes what a request has reserved these amounts: less after a narrowing, what was asked for once the narrowing is
/// void. What is not named is given back. No limit is checked.
pub async fn amend(tx: &mut Tx, request: RequestId, amounts: &[(&str, i64)]) -> Result<()> {
    let (dimensions, values): (Vec<&str>, Vec<i64>) = amounts.iter().copied().unzip();
    sqlx::query!(
        "update quota_ledger g
            set amount = coalesce((select t.a from unnest($2::text[], $3::bigint[]) as t (d, a)
                                    where t.d = g.dimension), g.amount),
                state = case when g.dimension = any($2) then 'reserved' else 'released' end, changed_at = app_now()
          where g.request_id = $1 and g.state <> 'live'",
        request.0,
        &dimensions as &[&str],
        &values,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The request ended without a VM: gives everything back.
pub async fn release_request(tx: &mut Tx, request: RequestId) -> Result<()> {
    sqlx::query!(
        "update quota_ledger set state = 'released', changed_at = app_now() where request_id = $1 and state <> 'released'",
        request.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The VM of a request runs: what was reserved is live.
pub async fn make_live(tx: &mut Tx, request: RequestId, vm: VmId) -> Result<()> {
    sqlx::query!(
        "update quota_ledger set state = 'live', vm_id = $2, changed_at = app_now()
          where request_id = $1 and state = 'reserved'",
        request.0,
        vm.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Makes the ledger say exactly this of a VM, on the account of the request that created it. What a change or a
/// restore had reserved is given back beside it ([`release_request`]), so that nothing counts twice.
pub async fn settle_vm(tx: &mut Tx, vm: VmId, amounts: &[(&str, i64)]) -> Result<()> {
    let (dimensions, values): (Vec<&str>, Vec<i64>) = amounts.iter().copied().unzip();
    sqlx::query!(
        "insert into quota_ledger (request_id, dimension, amount, state, vm_id, environment_id, system_id, service_id,
                principal_id)
         select m.request_id, t.d, t.a, 'live', m.id, m.environment_id, m.system_id, m.service_id,
                coalesce((select g.principal_id from quota_ledger g where g.request_id = m.request_id limit 1), m.created_by)
           from vm m cross join unnest($2::text[], $3::bigint[]) as t (d, a) where m.id = $1
         on conflict (request_id, dimension) do update set amount = excluded.amount, state = 'live',
                vm_id = excluded.vm_id, changed_at = app_now()",
        vm.0,
        &dimensions as &[&str],
        &values,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "update quota_ledger g set state = 'released', changed_at = app_now() from vm m
          where m.id = $1 and g.request_id = m.request_id and g.state <> 'released' and g.dimension <> all($2)",
        vm.0,
        &dimensions as &[&str],
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Makes what the request of a pool has reserved the pool's; with amounts, makes it these.
pub async fn settle_pool(tx: &mut Tx, request: RequestId, amounts: Option<&[(&str, i64)]>) -> Result<()> {
    let Some(amounts) = amounts else {
        sqlx::query!(
            "update quota_ledger set state = 'live', changed_at = app_now() where request_id = $1 and state = 'reserved'",
            request.0,
        )
        .execute(&mut **tx)
        .await?;
        return Ok(());
    };
    let (dimensions, values): (Vec<&str>, Vec<i64>) = amounts.iter().copied().unzip();
    sqlx::query!(
        "insert into quota_ledger (request_id, dimension, amount, state, environment_id, system_id, service_id, principal_id)
         select p.request_id, t.d, t.a, 'live', p.environment_id, p.system_id, p.service_id,
                coalesce((select g.principal_id from quota_ledger g where g.request_id = p.request_id limit 1), p.created_by)
           from pool p cross join unnest($2::text[], $3::bigint[]) as t (d, a) where p.request_id = $1
         on conflict (request_id, dimension) do update set amount = excluded.amount, state = 'live', changed_at = app_now()",
        request.0,
        &dimensions as &[&str],
        &values,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "update quota_ledger set state = 'released', changed_at = app_now()
          where request_id = $1 and state <> 'released' and dimension <> all($2)",
        request.0,
        &dimensions as &[&str],
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The VM is gone: gives everything back.
pub async fn release_vm(tx: &mut Tx, vm: VmId) -> Result<()> {
    sqlx::query!(
        "update quota_ledger set state = 'released', changed_at = app_now() where vm_id = $1 and state <> 'released'",
        vm.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What one child of a batch takes: of which request, in which dimension, how much.
pub type Taken<'a> = (RequestId, &'a str, i64);

/// Writes what all children of a batch take, and returns the hard limit they break together, if any; the caller then rolls
/// back. The last statement group before a commit, as [`reserve`].
pub async fn reserve_all(tx: &mut Tx, on: &Subject, all: &[Taken<'_>]) -> Result<Option<LimitRow>> {
    lock_limits(tx, on).await?;
    let requests: Vec<_> = all.iter().map(|(request, ..)| request.0).collect();
    let dimensions: Vec<&str> = all.iter().map(|(_, dimension, _)| *dimension).collect();
    let amounts: Vec<i64> = all.iter().map(|(.., amount)| *amount).collect();
    sqlx::query!(
        "insert into quota_ledger (request_id, dimension, amount, state, environment_id, system_id, service_id, principal_id)
         select r, d, a, 'reserved', $4, $5, $6, $7 from unnest($1::uuid[], $2::text[], $3::bigint[]) as t (r, d, a)",
        &requests,
        &dimensions as &[&str],
        &amounts,
        on.environment.0,
        on.system.0,
        on.service.0,
        on.person.0,
    )
    .execute(&mut **tx)
    .await?;
    broken(tx, on).await
}

/// Takes again what children that are tried again had given back.
pub async fn reserve_again(tx: &mut Tx, on: &Subject, children: &[RequestId]) -> Result<Option<LimitRow>> {
    lock_limits(tx, on).await?;
    let children: Vec<_> = children.iter().map(|id| id.0).collect();
    sqlx::query!(
        "update quota_ledger set state = 'reserved', vm_id = null, changed_at = app_now() where request_id = any($1)",
        &children,
    )
    .execute(&mut **tx)
    .await?;
    broken(tx, on).await
}

async fn lock_limits(tx: &mut Tx, on: &Subject) -> Result<()> {
    sqlx::query!(
        "select 1 as one from quota_limit
          where scope_kind = 'platform' or (scope_kind, scope_id) in
                (('environment', $1), ('system', $2), ('service', $3), ('person', $4))
          order by scope_kind, scope_id, dimension
            for update",
        on.environment.0,
        on.system.0,
        on.service.0,
        on.person.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(())
}

async fn broken(tx: &mut Tx, on: &Subject) -> Result<Option<LimitRow>> {
    Ok(limits(&mut *tx, on, None).await?.into_iter().find(|l| l.hard && l.used > l.amount))
}

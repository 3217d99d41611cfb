//! Console tickets and the consoles they opened.

use chrono::{DateTime, Utc};
use shepherd_domain::ids::{ConsoleId, PrincipalId, RequestId, SessionId, VmId};
use sqlx::PgConnection;

use crate::{Result, Tx};

/// Seconds a ticket is good for.
pub const TICKET_SECONDS: f64 = 30.0;

/// Keeps the hash of a ticket and says when it ends.
pub async fn create_ticket(
    tx: &mut Tx,
    token_sha256: &[u8],
    vm: VmId,
    kind: &str,
    principal: PrincipalId,
    session: Option<SessionId>,
    request: RequestId,
) -> Result<DateTime<Utc>> {
    sqlx::query!("delete from console_ticket where expires_at < app_now() - interval '1 hour'")
        .execute(&mut **tx)
        .await?;
    let expires = sqlx::query_scalar!(
        "insert into console_ticket (token_sha256, vm_id, kind, principal_id, session_id, request_id, expires_at)
         values ($1, $2, $3, $4, $5, $6, app_now() + make_interval(secs => $7)) returning expires_at",
        token_sha256,
        vm.0,
        kind,
        principal.0,
        session.map(|id| id.0),
        request.0,
        TICKET_SECONDS,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(expires)
}

/// What a ticket opens.
#[derive(Clone, Debug)]
pub struct Ticket {
    pub vm: VmId,
    pub kind: String,
    pub principal: PrincipalId,
    pub principal_name: String,
    pub session: Option<SessionId>,
    pub request: RequestId,
}

/// Uses a ticket up. `None`: unknown, used, too old, or its session has ended. One statement, so that of two uses at
/// once one wins.
pub async fn redeem(tx: &mut Tx, token_sha256: &[u8], vm: VmId) -> Result<Option<Ticket>> {
    let row = sqlx::query_as!(
        Ticket,
        r#"update console_ticket t set used_at = app_now()
             from principal p
            where t.token_sha256 = $1 and t.vm_id = $2 and t.used_at is null and t.expires_at > app_now()
              and p.id = t.principal_id and p.disabled_at is null
              and (t.session_id is null or exists (select from session s where s.id = t.session_id
                   and s.revoked_at is null and s.expires_at > app_now() and s.idle_expires_at > app_now()))
           returning t.vm_id as "vm: VmId", t.kind, t.principal_id as "principal: PrincipalId",
                  p.name as principal_name, t.session_id as "session: SessionId", t.request_id as "request: RequestId""#,
        token_sha256,
        vm.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

/// Who is connected to a console now. What a process that died left open counts for half a day at most.
pub async fn viewers(conn: &mut PgConnection, vm: VmId, kind: &str) -> Result<Vec<String>> {
    let names = sqlx::query_scalar!(
        "select distinct p.display_name from console c join principal p on p.id = c.principal_id
          where c.vm_id = $1 and c.kind = $2 and c.closed_at is null
            and c.opened_at > app_now() - interval '12 hours' limit 10",
        vm.0,
        kind,
    )
    .fetch_all(conn)
    .await?;
    Ok(names)
}

/// Records that a console was opened, and says who else is connected to the same one.
pub async fn open(tx: &mut Tx, ticket: &Ticket) -> Result<(ConsoleId, Vec<String>)> {
    let others = viewers(&mut *tx, ticket.vm, &ticket.kind).await?;
    let id = ConsoleId::new();
    sqlx::query!(
        "insert into console (id, vm_id, kind, principal_id, request_id) values ($1, $2, $3, $4, $5)",
        id.0,
        ticket.vm.0,
        ticket.kind,
        ticket.principal.0,
        ticket.request.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok((id, others))
}

/// Records that a console was closed, with what went through it; returns its seconds.
pub async fn close(tx: &mut Tx, id: ConsoleId, bytes_in: i64, bytes_out: i64, code: &str) -> Result<f64> {
    let seconds = sqlx::query_scalar!(
        r#"update console set closed_at = app_now(), bytes_in = $2, bytes_out = $3, close_code = $4
            where id = $1 returning extract(epoch from closed_at - opened_at)::float8 as "seconds!""#,
        id.0,
        bytes_in,
        bytes_out,
        code,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(seconds)
}

/// Whether the session behind an open console (or stream) still lives, and the epoch of its principal.
pub async fn alive(
    conn: &mut PgConnection,
    principal: PrincipalId,
    session: Option<SessionId>,
) -> Result<Option<i64>> {
    let epoch = sqlx::query_scalar!(
        "select epoch from principal p where p.id = $1 and p.disabled_at is null
            and ($2::uuid is null or exists (select from session s where s.id = $2 and s.revoked_at is null
                 and s.expires_at > app_now()))",
        principal.0,
        session.map(|id| id.0),
    )
    .fetch_optional(conn)
    .await?;
    Ok(epoch)
}

/// The newest console request of this person on this VM whose grant still holds.
pub async fn grant(
    conn: &mut PgConnection,
    vm: VmId,
    principal: PrincipalId,
    minutes: i32,
) -> Result<Option<RequestId>> {
    let held = sqlx::query_scalar!(
        r#"select id as "id: RequestId" from request where vm_id = $1 and requester_id = $2
              and operation = 'vm.console' and state = 'succeeded'
              and decided_at > app_now() - make_interval(mins => $3)
            order by number desc limit 1"#,
        vm.0,
        principal.0,
        minutes,
    )
    .fetch_optional(conn)
    .await?;
    Ok(held)
}

//! The order of everything that happens.
//!
//! A row is written in the transaction of its effect and says *that* something changed, never what: readers fetch the
//! resource. Ids are given out before commit, so a low id can appear after a high one. Readers therefore order by
//! (writer's transaction, id) and read only below `pg_snapshot_xmin(pg_current_snapshot())`, under which every
//! transaction has ended: what lies behind a [`Horizon`] can never change, so nothing is skipped.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use shepherd_domain::ids::{EnvironmentId, PrincipalId, ServiceId, SystemId, VmId};
use sqlx::postgres::PgListener;
use tokio::sync::watch;
use uuid::Uuid;

use crate::{Db, Result, Tx};

/// The channel on which a committed transaction that recorded events is announced.
pub const CHANNEL: &str = "shepherd_event";

/// Something that changed, to be recorded in the transaction that changed it.
#[derive(Clone, Debug)]
pub struct Event {
    /// `resource.verb`, such as `vm.changed`.
    pub kind: &'static str,
    pub resource_id: Uuid,
    /// The version of the resource after the change; readers drop what is older than what they have.
    pub version: i64,
    pub system_id: Option<SystemId>,
    pub service_id: Option<ServiceId>,
    /// The VM it is about, where that is not the resource itself.
    pub vm_id: Option<VmId>,
    pub environment_id: Option<EnvironmentId>,
    /// The one person the event is for, such as the owner of an inbox.
    pub principal_id: Option<PrincipalId>,
}

impl Event {
    pub fn new(kind: &'static str, resource_id: impl Into<Uuid>, version: i64) -> Self {
        let resource_id = resource_id.into();
        Self {
            kind,
            resource_id,
            version,
            system_id: None,
            service_id: None,
            vm_id: None,
            environment_id: None,
            principal_id: None,
        }
    }

    pub fn system(self, id: impl Into<Option<SystemId>>) -> Self {
        Self { system_id: id.into(), ..self }
    }

    pub fn service(self, id: impl Into<Option<ServiceId>>) -> Self {
        Self { service_id: id.into(), ..self }
    }

    pub fn vm(self, id: impl Into<Option<VmId>>) -> Self {
        Self { vm_id: id.into(), ..self }
    }

    pub fn environment(self, id: impl Into<Option<EnvironmentId>>) -> Self {
        Self { environment_id: id.into(), ..self }
    }

    pub fn principal(self, id: impl Into<Option<PrincipalId>>) -> Self {
        Self { principal_id: id.into(), ..self }
    }
}

/// An event as it is read back.
#[derive(Clone, Debug, Serialize)]
pub struct Recorded {
    pub id: i64,
    pub at: DateTime<Utc>,
    pub kind: String,
    pub resource_id: Uuid,
    pub version: i64,
    pub system_id: Option<SystemId>,
    pub service_id: Option<ServiceId>,
    pub vm_id: Option<VmId>,
    pub environment_id: Option<EnvironmentId>,
    pub principal_id: Option<PrincipalId>,
}

/// How far a reader has come: everything up to here has been read and will not change. Its text form is the SSE `id:`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Horizon {
    xid: u64,
    id: i64,
}

impl Horizon {
    /// Before the first event.
    pub const START: Self = Self { xid: 0, id: 0 };

    /// The present: a reader that starts here sees what commits from now on, and perhaps a little of what just did.
    pub async fn now(db: &Db) -> Result<Self> {
        let xmin =
            sqlx::query_scalar!(r#"select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as "xmin!""#)
                .fetch_one(db.pool())
                .await?;
        Ok(Self { xid: xmin.unsigned_abs(), id: 0 })
    }
}

impl fmt::Display for Horizon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.xid, self.id)
    }
}

/// The text is not a horizon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an event position")]
pub struct BadHorizon;

impl FromStr for Horizon {
    type Err = BadHorizon;
    fn from_str(text: &str) -> Result<Self, BadHorizon> {
        let (xid, id) = text.split_once('.').ok_or(BadHorizon)?;
        Ok(Self { xid: xid.parse().map_err(|_| BadHorizon)?, id: id.parse().map_err(|_| BadHorizon)? })
    }
}

/// What one read brought.
#[derive(Clone, Debug)]
pub struct Page {
    pub events: Vec<Recorded>,
    /// Where to read on.
    pub horizon: Horizon,
    /// More can be read now, or is committed but lies behind a transaction that has not ended: read again soon,
    /// because no notification will come for it.
    pub more: bool,
    /// The position lies ahead of this database, which was restored from a backup since: the reader must fetch
    /// afresh whatever it shows, and read on from `horizon`.
    pub restored: bool,
}

/// Records one event and announces it when the transaction commits.
pub async fn record(tx: &mut Tx, event: Event) -> Result<()> {
    record_all(tx, &[event]).await
}

/// Records several events in one statement, and has them announced once.
pub async fn record_all(tx: &mut Tx, events: &[Event]) -> Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    let kinds: Vec<&str> = events.iter().map(|e| e.kind).collect();
    let resources: Vec<Uuid> = events.iter().map(|e| e.resource_id).collect();
    let versions: Vec<i64> = events.iter().map(|e| e.version).collect();
    let systems: Vec<Option<Uuid>> = events.iter().map(|e| e.system_id.map(Into::into)).collect();
    let services: Vec<Option<Uuid>> = events.iter().map(|e| e.service_id.map(Into::into)).collect();
    let vms: Vec<Option<Uuid>> = events.iter().map(|e| e.vm_id.map(Into::into)).collect();
    let environments: Vec<Option<Uuid>> = events.iter().map(|e| e.environment_id.map(Into::into)).collect();
    let principals: Vec<Option<Uuid>> = events.iter().map(|e| e.principal_id.map(Into::into)).collect();
    sqlx::query!(
        "insert into event (kind, resource_id, version, system_id, service_id, vm_id, environment_id, principal_id)
         select * from unnest($1::text[], $2::uuid[], $3::bigint[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::uuid[])",
        &kinds as &[&str],
        &resources,
        &versions,
        &systems as &[Option<Uuid>],
        &services as &[Option<Uuid>],
        &vms as &[Option<Uuid>],
        &environments as &[Option<Uuid>],
        &principals as &[Option<Uuid>],
    )
    .execute(&mut **tx)
    .await?;
    tx.announce(CHANNEL, "");
    Ok(())
}

/// Reads at most `limit` events that lie behind `after`, in their order.
pub async fn read_since(db: &Db, after: Horizon, limit: u16) -> Result<Page> {
    // One statement, hence one snapshot: the border, the rows below it and the rows above it agree.
    let rows = sqlx::query!(
        r#"select border.xmin::text::bigint as "xmin!",
                  exists (select from event where event.xid >= border.xmin) as "waiting!",
                  e.xid::text::bigint as "xid?", e.id as "id?", e.at as "at?", e.kind as "kind?",
                  e.resource_id as "resource_id?", e.version as "version?",
                  e.system_id as "system_id?: SystemId", e.service_id as "service_id?: ServiceId",
                  e.vm_id as "vm_id?: VmId", e.environment_id as "environment_id?: EnvironmentId",
                  e.principal_id as "principal_id?: PrincipalId"
             from (select pg_snapshot_xmin(pg_current_snapshot()) as xmin) border
             left join lateral (
                  select * from event
                   where (event.xid, event.id) > ($1::text::xid8, $2)
                     and event.xid < border.xmin
                   order by event.xid, event.id
                   limit $3) e on true"#,
        after.xid.to_string(),
        after.id,
        i64::from(limit),
    )
    .fetch_all(db.pool())
    .await?;

    let mut page =
        Page { events: Vec::with_capacity(rows.len()), horizon: after, more: false, restored: false };
    for row in rows {
        let border = Horizon { xid: row.xmin.unsigned_abs(), id: 0 };
        page.more = row.waiting;
        page.restored = after > border;
        page.horizon = border;
        let (Some(xid), Some(id), Some(at), Some(kind), Some(resource_id), Some(version)) =
            (row.xid, row.id, row.at, row.kind, row.resource_id, row.version)
        else {
            continue;
        };
        page.events.push(Recorded {
            id,
            at,
            kind,
            resource_id,
            version,
            system_id: row.system_id,
            service_id: row.service_id,
            vm_id: row.vm_id,
            environment_id: row.environment_id,
            principal_id: row.principal_id,
        });
        if page.events.len() == usize::from(limit) {
            page.horizon = Horizon { xid: xid.unsigned_abs(), id };
            page.more = true;
        }
    }
    Ok(page)
}

/// Forgets the oldest events that are more than seven days old, at most `limit` of them; answers how many. Readers that
/// come back from before them learn it from [`is_gone`].
pub async fn prune(tx: &mut Tx, limit: i64) -> Result<u64> {
    // Only the oldest are looked at: when nothing is old this reads `limit` rows, whatever there is.
    let done = sqlx::query!(
        "with oldest as (select id, at from event order by id limit $1),
              gone as (delete from event e using oldest o
                        where e.id = o.id and o.at < app_now() - interval '7 days' returning e.xid),
              moved as (update event_horizon set xid = greatest(xid, (select max(xid) from gone))
                         where exists (select from gone))
         select count(*) as \"count!\" from gone",
        limit,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(done.count.unsigned_abs())
}

/// Whether something behind this position was forgotten.
pub async fn is_gone(db: &Db, after: Horizon) -> Result<bool> {
    let border = sqlx::query_scalar!(r#"select xid::text::bigint as "xid!" from event_horizon"#);
    let border = border.fetch_one(db.pool()).await?.unsigned_abs();
    Ok(border > 0 && after.xid <= border)
}

/// Tells when to read again. Cheap to clone: every stream of a process shares one connection that listens.
#[derive(Clone, Debug)]
pub struct Signal {
    changed: watch::Receiver<u64>,
    poll: Duration,
}

impl Signal {
    /// Returns when events may have been committed since the last call, at the latest after the poll interval, because
    /// a notification is lost when the listening connection breaks. Safe to cancel.
    pub async fn wait(&mut self) {
        // A closed channel means that the listener has ended; polling goes on without it.
        if let Ok(Err(_)) = tokio::time::timeout(self.poll, self.changed.changed()).await {
            tokio::time::sleep(self.poll).await;
        }
    }
}

/// Starts listening on a connection of its own that lives as long as any [`Signal`] does.
pub fn listen(db: &Db, poll: Duration) -> Signal {
    let (announce, changed) = watch::channel(0_u64);
    let db = db.clone();
    tokio::spawn(async move {
        while !announce.is_closed() {
            tokio::select! {
                () = announce.closed() => return,
                Err(error) = forward(&db, &announce) => {
                    tracing::warn!(%error, "the event listener lost its connection; polling until it is back");
                    tokio::time::sleep(poll).await;
                }
            }
        }
    });
    Signal { changed, poll }
}

async fn forward(db: &Db, announce: &watch::Sender<u64>) -> Result<std::convert::Infallible> {
    let mut listener = PgListener::connect_with(db.pool()).await?;
    listener.listen(CHANNEL).await?;
    loop {
        announce.send_modify(|n| *n = n.wrapping_add(1));
        // `None` means the connection broke and is being made anew: something may have been missed, so wake all.
        listener.try_recv().await?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_horizon_reads_back_from_its_text() {
        let horizon = Horizon { xid: u64::MAX, id: 7 };
        assert_eq!(horizon.to_string().parse(), Ok(horizon));
        for bad in ["", "1", "1.", ".1", "1.2.3", "-1.2", "x.y"] {
            assert_eq!(bad.parse::<Horizon>(), Err(BadHorizon), "{bad}");
        }
    }
}

//! The one wrapper of every mutation.
//!
//! A change begins by claiming the idempotency key, collects events, and commits only with an audit
//! entry: a mutation that leaves no trace cannot be written. Entry, effect, event, kept answer and what people are told in
//! their inboxes are one transaction. The action's name comes from the contract's operation table, so the two cannot
//! drift.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use shepherd_domain::audit::{self, AuditRecord, SealedAudit};
use shepherd_domain::authz::Permission;
use shepherd_domain::ids::{EnvironmentId, PrincipalId, RequestId, SystemId, VmId};
use shepherd_domain::states::AuditOutcome;
use shepherd_store::events::{self, Event};
use shepherd_store::idempotency::{self, Claim};
use shepherd_store::{Tx, clock, inbox_fan};

use crate::{App, Cx, Error, Result};

/// What an audit entry is about.
#[derive(Clone, Debug, Default)]
pub struct Audit {
    action: Option<&'static str>,
    outcome: Option<AuditOutcome>,
    kind: &'static str,
    id: Option<String>,
    name: String,
    system: Option<SystemId>,
    environment: Option<EnvironmentId>,
    vm: Option<VmId>,
    request: Option<RequestId>,
    code: Option<String>,
    before: Option<Value>,
    after: Option<Value>,
}

impl Audit {
    /// An entry about one resource.
    pub fn of(kind: &'static str, id: impl ToString, name: impl Into<String>) -> Self {
        Self { kind, id: Some(id.to_string()), name: name.into(), ..Self::default() }
    }
    /// An entry about something of a kind that has no id, or none that may be told.
    pub fn about(kind: &'static str) -> Self {
        Self { kind, ..Self::default() }
    }
    /// Another action than the operation's: for what is recorded beside it, or by a job.
    pub fn action(self, action: &'static str) -> Self {
        Self { action: Some(action), ..self }
    }
    /// Another outcome than `success`.
    pub fn outcome(self, outcome: AuditOutcome) -> Self {
        Self { outcome: Some(outcome), ..self }
    }
    pub fn system(self, id: impl Into<Option<SystemId>>) -> Self {
        Self { system: id.into(), ..self }
    }
    pub fn environment(self, id: impl Into<Option<EnvironmentId>>) -> Self {
        Self { environment: id.into(), ..self }
    }
    pub fn vm(self, id: impl Into<Option<VmId>>) -> Self {
        Self { vm: id.into(), ..self }
    }
    pub fn request(self, id: impl Into<Option<RequestId>>) -> Self {
        Self { request: id.into(), ..self }
    }
    pub fn code(self, code: impl Into<String>) -> Self {
        Self { code: Some(code.into()), ..self }
    }
    /// How it was. Secrets are redacted when the entry is sealed, not by the caller.
    pub fn before(self, value: impl Serialize) -> Self {
        Self { before: snapshot(value), ..self }
    }
    /// How it is now.
    pub fn after(self, value: impl Serialize) -> Self {
        Self { after: snapshot(value), ..self }
    }
}

fn snapshot(value: impl Serialize) -> Option<Value> {
    serde_json::to_value(value).ok()
}

/// Who acts, as the audit knows them.
#[derive(Clone, Debug)]
pub struct By {
    pub id: Option<PrincipalId>,
    pub name: String,
    pub source: Option<String>,
}

impl By {
    pub(crate) fn caller(cx: &Cx) -> Self {
        let id = (!cx.actor.is_nobody()).then_some(cx.actor.id);
        Self { id, name: cx.actor.name.clone(), source: cx.source.map(|ip| ip.to_string()) }
    }
    /// Someone who has just proved who they are.
    pub(crate) fn signed_in(cx: &Cx, id: PrincipalId, name: &str) -> Self {
        Self { id: Some(id), name: name.to_owned(), ..Self::caller(cx) }
    }
    /// Someone whose call is over, such as the viewer of a console.
    pub(crate) fn named(id: PrincipalId, name: &str) -> Self {
        Self { id: Some(id), name: name.to_owned(), source: None }
    }
    /// A reconciler or a job; `principal` 1 of migration 0002.
    pub(crate) fn system() -> Self {
        Self { id: Some(SYSTEM), name: "system".into(), source: None }
    }
}

/// The principal that acts for nobody (migration 0002).
pub const SYSTEM: PrincipalId = PrincipalId(uuid::Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0001));

/// A mutation under way. Dropped without [`Change::commit`], nothing has happened.
pub struct Change<'c> {
    tx: Tx,
    now: Option<DateTime<Utc>>,
    cx: Option<&'c Cx>,
    by: By,
    events: Vec<Event>,
}

/// A begun change, or the answer that was given to the same call before.
pub enum Begun<'c, T> {
    Fresh(Change<'c>),
    Replay(T),
}

impl App {
    /// Begins the mutation of a call.
    pub async fn change<'c, T: DeserializeOwned>(&self, cx: &'c Cx) -> Result<Begun<'c, T>> {
        let mut tx = self.db.begin().await?;
        if let Some(key) = key(cx) {
            match idempotency::claim(&mut tx, &key).await? {
                Claim::Fresh => {}
                Claim::Replay(answer) => return Ok(Begun::Replay(serde_json::from_value(answer)?)),
                Claim::Reused => return Err(reused()),
            }
        }
        Ok(Begun::Fresh(Change { tx, now: None, cx: Some(cx), by: By::caller(cx), events: Vec::new() }))
    }

    /// The answer given to this very call before. Asked after the right to call is checked and before the state of
    /// things is: a repeated approval must not be refused because the first one succeeded.
    pub(crate) async fn replay<T: DeserializeOwned>(&self, cx: &Cx) -> Result<Option<T>> {
        let Some(key) = key(cx) else { return Ok(None) };
        match idempotency::look(&mut *self.db.acquire().await?, &key).await? {
            Claim::Fresh => Ok(None),
            Claim::Replay(answer) => Ok(Some(serde_json::from_value(answer)?)),
            Claim::Reused => Err(reused()),
        }
    }

    /// Begins a mutation that no caller asked for: a job's, a reconciler's.
    pub async fn system_change(&self) -> Result<Change<'static>> {
        let tx = self.db.begin().await?;
        Ok(Change { tx, now: None, cx: None, by: By::system(), events: Vec::new() })
    }
}

impl<'c> Change<'c> {
    /// The same change by someone else than the caller.
    pub(crate) fn acting(self, by: By) -> Self {
        Self { by, ..self }
    }

    /// The database's time when it was first asked for; use it for everything decided in this change.
    pub async fn now(&mut self) -> Result<DateTime<Utc>> {
        match self.now {
            Some(now) => Ok(now),
            None => Ok(*self.now.insert(clock::now(&mut self.tx).await?)),
        }
    }

    /// For store functions.
    pub fn tx(&mut self) -> &mut Tx {
        &mut self.tx
    }

    /// Announces a change of a resource when this commits.
    pub fn event(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Writes a further entry; the main one goes to [`Change::commit`].
    pub async fn record(&mut self, entry: Audit) -> Result<()> {
        self.record_id(entry).await.map(|_| ())
    }

    /// The same, with the id of the entry.
    pub(crate) async fn record_id(&mut self, entry: Audit) -> Result<i64> {
        let action = entry.action.or(self.cx.and_then(|cx| cx.operation.audit));
        let Some(action) = action else {
            return Err(Error::Internal("an audit entry without an action".into()));
        };
        let now = self.now().await?;
        let sealed = sealed(&self.by, now, action, entry)?;
        Ok(shepherd_store::audit::insert(&mut self.tx, &sealed).await?)
    }

    /// Commits the effect with its entry, its events and the answer kept for a repetition.
    pub async fn commit<T: Serialize>(mut self, entry: Audit, answer: T) -> Result<T> {
        self.record(entry).await?;
        if let Some(key) = self.cx.and_then(key) {
            idempotency::complete(&mut self.tx, &key, &serde_json::to_value(&answer)?).await?;
        }
        self.tell().await?;
        self.tx.commit().await?;
        Ok(answer)
    }

    /// Commits progress that is not itself an act of anyone (a step, an observation): the entries of the act it
    /// belongs to were or will be written with it.
    pub(crate) async fn commit_progress(mut self) -> Result<()> {
        self.tell().await?;
        self.tx.commit().await?;
        Ok(())
    }

    /// Records the events, and has the inboxes of people say what became of the requests among them. An event without
    /// a version says that the request itself is what it was.
    async fn tell(&mut self) -> Result<()> {
        let changed = self.events.iter().filter(|event| event.kind == "request" && event.version > 0);
        let mut requests: Vec<RequestId> = changed.map(|event| RequestId(event.resource_id)).collect();
        requests.sort_unstable();
        requests.dedup();
        if !requests.is_empty() {
            let actor = self.by.id.filter(|id| *id != SYSTEM);
            inbox_fan::settle(&mut self.tx, &requests, actor).await?;
        }
        Ok(events::record_all(&mut self.tx, &self.events).await?)
    }
}

fn key(cx: &Cx) -> Option<idempotency::Key<'_>> {
    cx.idempotency.as_ref().map(|idem| idempotency::Key {
        principal: cx.actor.id,
        operation: cx.operation.id,
        key: &idem.key,
        body_hash: &idem.body_hash,
    })
}

fn reused() -> Error {
    Error::field(
        "Idempotency-Key",
        "IDEMPOTENCY_KEY_REUSED",
        "This Idempotency-Key was used for another request in the last 24 hours; take a new one.",
    )
}

fn sealed(by: &By, at: DateTime<Utc>, action: &'static str, entry: Audit) -> Result<SealedAudit> {
    let record = AuditRecord {
        actor_id: by.id,
        actor_name: by.name.clone(),
        resource_kind: entry.kind.to_owned(),
        resource_id: entry.id,
        resource_name: entry.name,
        system_id: entry.system,
        environment_id: entry.environment,
        vm_id: entry.vm,
        request_id: entry.request,
        source_address: by.source.clone(),
        code: entry.code.filter(|code| !code.is_empty()),
        before: entry.before,
        after: entry.after,
        ..AuditRecord::new(at, action, entry.outcome.unwrap_or(AuditOutcome::Success))
    };
    Ok(audit::seal(record)?)
}

/// Records a refusal. At most thirty a minute per principal, so that nobody can flood the trail; a failure to record
/// is logged and does not turn a refusal into an error of ours.
pub(crate) async fn record_denial(app: &App, cx: &Cx, permission: Permission) {
    let write = async {
        let mut tx = app.db.begin().await?;
        if !shepherd_store::throttle::allow(&mut tx, &format!("denial:{}", cx.actor.id), 30, 60).await? {
            return tx.commit().await.map_err(Error::from);
        }
        let now = clock::now(&mut tx).await?;
        let entry = Audit::of("operation", cx.operation.id, permission.as_str())
            .outcome(AuditOutcome::Denied)
            .code("PERMISSION_MISSING");
        let action = cx.operation.audit.unwrap_or(cx.operation.id);
        shepherd_store::audit::insert(&mut tx, &sealed(&By::caller(cx), now, action, entry)?).await?;
        tx.commit().await.map_err(Error::from)
    };
    if let Err(error) = write.await {
        tracing::warn!(%error, operation = cx.operation.id, "a refusal could not be recorded");
    }
}

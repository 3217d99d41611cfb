//! Consoles: a grant is a request, a ticket opens one stream, and what went through it is recorded.
//!
//! The browser never sees a cluster's credentials. A ticket is random, single-use, good for 30 seconds and for one VM,
//! and dies with the session that asked for it. Not here: moving bytes, which the server does.

use secrecy::ExposeSecret;
use serde_json::json;
use shepherd_auth::token::{self, TokenKind};
use shepherd_contract::types::{ConsoleKind, ConsoleTicket};
use shepherd_domain::authz;
use shepherd_domain::ids::{ConsoleId, PrincipalId, RequestId, SessionId, VmId};
use shepherd_domain::reason::Reason;
use shepherd_domain::spec::{self, Spec};
use shepherd_kubevirt::{Channel, ConsoleStream, VmRef};
use shepherd_store::consoles::{self as store, Ticket};
use shepherd_store::{requests, vms};

use crate::change::{Audit, By};
use crate::{App, Cx, Error, Result};

/// How long an approved console request lets its requester in again.
const GRANT_MINUTES: i32 = 60;

/// A console that is open, until [`App::close_console`].
pub struct OpenConsole {
    pub id: ConsoleId,
    pub kind: ConsoleKind,
    pub principal: PrincipalId,
    pub session: Option<SessionId>,
    /// Who else is connected to the same console; they are about to be disconnected by the cluster.
    pub others: Vec<String>,
    vm: VmId,
    vm_name: String,
    scope: authz::VmScope,
    request: RequestId,
    principal_name: String,
}

/// What went through a console.
#[derive(Clone, Copy, Debug, Default)]
pub struct Traffic {
    pub from_person: u64,
    pub from_guest: u64,
}

impl App {
    /// A ticket for a console request that was approved a while ago.
    pub async fn create_console_ticket(&self, cx: &Cx, id: RequestId) -> Result<ConsoleTicket> {
        self.readable(cx, id).await?;
        let row = requests::load(&mut *self.db.acquire().await?, id).await?;
        if row.requester_id != cx.actor.id {
            return Err(Error::forbidden(
                "NOT_YOUR_REQUEST",
                "A console opens only for the person who asked for it.",
            ));
        }
        let spec = spec::from_bytes(&row.spec).map_err(|error| Error::Internal(Box::new(error)))?;
        let Spec::Console(console) = spec else {
            return Err(Error::conflict("NOT_A_CONSOLE", "This request is not for a console."));
        };
        let scope = vms::scope(&mut *self.db.acquire().await?, console.vm_id).await?;
        self.authorize::<authz::OpenConsole, _>(cx, scope).await?;
        if row.state != "succeeded" {
            let text = format!("This console request is {}; it opens once it is approved.", row.state);
            return Err(Error::Conflict(Reason::new("NOT_APPROVED", text).with("state", row.state.as_str())));
        }
        let now = shepherd_store::clock::now(&mut *self.db.acquire().await?).await?;
        if row.decided_at.is_none_or(|at| now - at > chrono::TimeDelta::minutes(i64::from(GRANT_MINUTES))) {
            return Err(Error::conflict("GRANT_ENDED", "This grant has ended; ask for the console again."));
        }
        let kind =
            console.kind.as_str().parse().map_err(|_| Error::Internal("a stored console kind".into()))?;
        self.issue_ticket(cx, console.vm_id, kind, id).await
    }

    /// Writes a ticket. The caller has checked the grant.
    pub(crate) async fn issue_ticket(
        &self,
        cx: &Cx,
        vm: VmId,
        kind: ConsoleKind,
        request: RequestId,
    ) -> Result<ConsoleTicket> {
        let ticket = token::generate(TokenKind::Ticket).map_err(|error| Error::Internal(Box::new(error)))?;
        let target = vms::target(&mut *self.db.acquire().await?, vm).await?;
        let mut change = self.system_change().await?.acting(By::caller(cx));
        let session = cx.session.as_ref().map(|session| session.id);
        let hash = ticket.hash.as_bytes();
        let expires_at =
            store::create_ticket(change.tx(), hash, vm, kind.as_str(), cx.actor.id, session, request).await?;
        let entry = Audit::of("vm", vm, &target.name)
            .action("console.ticket")
            .system(target.system)
            .environment(target.environment)
            .vm(vm)
            .request(request)
            .after(json!({ "kind": kind.as_str() }));
        change.commit(entry, ()).await?;
        let value = ticket.value.expose_secret().to_owned();
        let url = format!("/api/v1/vms/{vm}/console/stream?ticket={value}");
        let others = store::viewers(&mut *self.db.acquire().await?, vm, kind.as_str()).await?;
        Ok(ConsoleTicket { ticket: value, url, kind, expires_at, others })
    }

    /// Uses a ticket up and connects to the console.
    pub async fn connect_console(&self, vm: VmId, ticket: &str) -> Result<(OpenConsole, ConsoleStream)> {
        let refused = || {
            Error::Unauthenticated(Reason::new(
                "TICKET_INVALID",
                "This console ticket is unknown, used or too old; open the console again.",
            ))
        };
        let hash = token::parse(TokenKind::Ticket, ticket).ok_or_else(refused)?;
        let mut tx = self.db.begin().await?;
        let found = store::redeem(&mut tx, hash.as_bytes(), vm).await?;
        tx.commit().await?;
        let ticket = found.ok_or_else(refused)?;
        let target = vms::target(&mut *self.db.acquire().await?, vm).await?;
        let uid = target.seen_uid.clone().or(target.cluster_uid.clone()).ok_or_else(|| {
            Error::conflict("VM_NOT_RUNNING", "The VM is not running, so it has no console yet.")
        })?;
        let channel = match ticket.kind.as_str() {
            "vnc" => Channel::Vnc { preserve: false },
            _ => Channel::Serial,
        };
        let at = VmRef::new(target.namespace.as_str(), target.name.as_str(), uid);
        let link = self.link(target.cluster).await?;
        let stream = link.call(link.cluster.open(&at, channel)).await?;
        Ok((self.record_open(ticket, &target).await?, stream))
    }

    async fn record_open(&self, ticket: Ticket, target: &vms::Target) -> Result<OpenConsole> {
        let by = By::named(ticket.principal, &ticket.principal_name);
        let mut change = self.system_change().await?.acting(by);
        let (id, others) = store::open(change.tx(), &ticket).await?;
        let open = OpenConsole {
            id,
            kind: ticket.kind.parse().unwrap_or(ConsoleKind::Serial),
            principal: ticket.principal,
            session: ticket.session,
            others,
            vm: target.id,
            vm_name: target.name.clone(),
            scope: authz::VmScope {
                vm: target.id,
                service: target.service,
                system: target.system,
                environment: target.environment,
            },
            request: ticket.request,
            principal_name: ticket.principal_name,
        };
        let entry =
            open.audit("console.open").after(json!({ "kind": open.kind.as_str(), "others": open.others }));
        change.commit(entry, ()).await?;
        Ok(open)
    }

    /// Whether an open console may stay open: its session lives and its person may still do this.
    pub async fn console_may_stay(&self, open: &OpenConsole) -> Result<bool> {
        let mut conn = self.db.acquire().await?;
        if store::alive(&mut conn, open.principal, open.session).await?.is_none() {
            return Ok(false);
        }
        let grants = shepherd_store::callers::grants_of(&mut conn, open.principal).await?;
        Ok(grants.is_some_and(|g| g.check(authz::Permission::VmConsole, &open.scope).is_ok()))
    }

    /// Records the end of a console, with its duration and bytes.
    pub async fn close_console(
        &self,
        open: &OpenConsole,
        traffic: Traffic,
        code: &'static str,
    ) -> Result<()> {
        let by = By::named(open.principal, &open.principal_name);
        let mut change = self.system_change().await?.acting(by);
        let bytes = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let (sent, received) = (bytes(traffic.from_person), bytes(traffic.from_guest));
        let seconds = store::close(change.tx(), open.id, sent, received, code).await?;
        let entry = open.audit("console.close").after(json!({
            "kind": open.kind.as_str(),
            "milliseconds": (seconds * 1000.0).round() as i64,
            "bytes_sent": sent,
            "bytes_received": received,
            "ended": code,
        }));
        change.commit(entry, ()).await
    }

    /// A picture of the screen, as PNG.
    pub async fn screenshot(&self, cx: &Cx, vm: VmId) -> Result<bytes::Bytes> {
        let scope = vms::scope(&mut *self.db.acquire().await?, vm).await?;
        self.authorize::<authz::OpenConsole, _>(cx, scope).await?;
        self.granted(cx, vm).await?;
        let target = vms::target(&mut *self.db.acquire().await?, vm).await?;
        let uid = target.seen_uid.clone().ok_or_else(|| {
            Error::conflict("VM_NOT_RUNNING", "The VM is not running, so it has no screen yet.")
        })?;
        let link = self.link(target.cluster).await?;
        let at = VmRef::new(target.namespace.as_str(), target.name.as_str(), uid);
        let picture = link.call(link.cluster.screenshot(&at)).await?;
        let change = self.system_change().await?.acting(By::caller(cx));
        let entry = Audit::of("vm", vm, &target.name)
            .action("console.screenshot")
            .system(scope.system)
            .environment(scope.environment)
            .vm(vm);
        change.commit(entry, ()).await?;
        Ok(picture)
    }

    /// The request by which the caller may open consoles of this VM without asking again.
    pub(crate) async fn console_grant(&self, cx: &Cx, vm: VmId) -> Result<Option<RequestId>> {
        Ok(store::grant(&mut *self.db.acquire().await?, vm, cx.actor.id, GRANT_MINUTES).await?)
    }

    /// A picture shows what a console shows, so it needs what a console needs: a grant that still holds.
    async fn granted(&self, cx: &Cx, vm: VmId) -> Result<()> {
        match self.console_grant(cx, vm).await? {
            Some(_) => Ok(()),
            None => Err(Error::forbidden(
                "CONSOLE_NOT_GRANTED",
                "Open a console of this VM first; a picture needs the same grant.",
            )),
        }
    }
}

impl OpenConsole {
    fn audit(&self, action: &'static str) -> Audit {
        Audit::of("vm", self.vm, &self.vm_name)
            .action(action)
            .system(self.scope.system)
            .environment(self.scope.environment)
            .vm(self.vm)
            .request(self.request)
    }
}

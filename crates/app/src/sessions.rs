//! Signing in and out, and who one is then.
//!
//! Unknown names, wrong passwords and disabled accounts get the same answer after the same work. Every success and
//! every refusal is in the audit trail, without what was typed as the name: that is sometimes a password.

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use shepherd_auth::cookie::Transport;
use shepherd_auth::token::{self, TokenKind};
use shepherd_contract::types::{EnvironmentRef, SamplePerson, SampleSignIn, Session, SessionOptions, SignIn};
use shepherd_domain::authz::{Grants, Kind, Permission};
use shepherd_domain::ids::PrincipalId;
use shepherd_domain::reason::Reason;
use shepherd_domain::states::AuditOutcome;
use shepherd_store::events::Event;
use shepherd_store::people::{AccountRow, EnvironmentRow};
use shepherd_store::sessions::{self as store, Credentials, NewSession};
use shepherd_store::{bindings, callers, people, throttle};

use crate::attempts::Attempt;
use crate::bindings::environment;
use crate::change::{Audit, Begun, By};
use crate::me::me;
use crate::{App, Cx, Error, Result};

/// A session that was opened, with the value of its cookie.
pub struct SignedIn {
    pub session: Session,
    pub cookie: SecretString,
    pub transport: Transport,
}

/// The times of a session or token.
struct Proof {
    auth_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    must_change_password: bool,
}

impl App {
    /// How one may sign in here.
    pub async fn session_options(&self, cx: &Cx) -> Result<SessionOptions> {
        let sample_people = match self.samples_may_sign_in(cx) {
            true => store::sample_people(&mut *self.db.acquire().await?, None).await?,
            false => Vec::new(),
        };
        let port = cx.via.host.as_deref().and_then(port);
        let sample_people = sample_people.into_iter().map(|row| SamplePerson {
            url: format!(
                "http://{}.localhost{}/",
                row.name,
                port.map(|p| format!(":{p}")).unwrap_or_default()
            ),
            name: row.name,
            display_name: row.display_name,
            role: row.role,
        });
        let signed_in = !cx.actor.is_nobody();
        Ok(SessionOptions { signed_in, password: true, sample_people: sample_people.collect() })
    }

    /// Signs in with a password.
    pub async fn sign_in(&self, cx: &Cx, body: SignIn) -> Result<SignedIn> {
        let transport = cookies_allowed(cx)?;
        let name = body.name.trim().to_lowercase();
        let attempt = self.attempt(&name, cx.source).await?;
        let found = store::credentials(&mut *self.db.acquire().await?, &name).await?;
        let hash = found.as_ref().map(|person| person.hash.as_str());
        let right = self.hasher.verify(SecretString::from(body.password.expose()), hash).await?;
        match found {
            Some(person) if right && !person.disabled => {
                self.open_session(cx, transport, person.id, Some(attempt)).await
            }
            other => Err(self.refuse_sign_in(cx, other).await),
        }
    }

    /// Signs in as a sample person, from this machine and only where the sample organisation was made.
    pub async fn sign_in_as_sample(&self, cx: &Cx, body: SampleSignIn) -> Result<SignedIn> {
        if !self.samples_may_sign_in(cx) {
            return Err(Error::NotFound);
        }
        let transport = cookies_allowed(cx)?;
        let rows = store::sample_people(&mut *self.db.acquire().await?, Some(&body.name)).await?;
        match rows.into_iter().next() {
            Some(person) => self.open_session(cx, transport, person.id, None).await,
            None => Err(self.refuse_sign_in(cx, None).await),
        }
    }

    /// Who the caller is and what they may do.
    pub async fn get_session(&self, cx: &Cx) -> Result<Session> {
        let mut conn = self.db.acquire().await?;
        let account = people::account(&mut conn, cx.actor.id).await?;
        let environments = bindings::environments(&mut conn, None).await?;
        Ok(self.session(account, &proof(cx)?, &cx.grants, environments))
    }

    /// Ends the caller's session.
    pub async fn sign_out(&self, cx: &Cx) -> Result<()> {
        let Some(session) = &cx.session else {
            let text =
                "This call was made with a personal token, which has no session; revoke the token instead.";
            return Err(Error::conflict("NOT_A_SESSION", text));
        };
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Ok(()) };
        store::revoke(change.tx(), cx.actor.id, session.id).await?;
        change.event(Event::new("session", session.id, 2).principal(cx.actor.id));
        change.commit(Audit::of("session", session.id, &cx.actor.name), ()).await
    }

    fn samples_may_sign_in(&self, cx: &Cx) -> bool {
        let this_machine = cx.source.is_some_and(|address| address.is_loopback());
        self.settings.sample && this_machine && cx.via.transport == Some(Transport::Loopback)
    }

    async fn open_session(
        &self,
        cx: &Cx,
        transport: Transport,
        who: PrincipalId,
        attempt: Option<Attempt>,
    ) -> Result<SignedIn> {
        let token = token::generate(TokenKind::Session).map_err(|error| Error::Internal(Box::new(error)))?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Err(Error::Stale) };
        if let Some(attempt) = attempt {
            attempt.succeeded(change.tx()).await?;
        }
        // A browser has one session: the one it comes with ends, so that nobody can prepare it for someone else.
        if let Some(before) = &cx.session {
            store::revoke(change.tx(), cx.actor.id, before.id).await?;
        }
        let limits = self.settings.sessions;
        let new = NewSession {
            principal: who,
            token_sha256: token.hash.as_bytes(),
            idle_seconds: limits.idle.as_secs_f64(),
            absolute_seconds: limits.absolute.as_secs_f64(),
            address: cx.source.map(|address| address.to_string()),
            user_agent: cx.via.user_agent.as_deref(),
        };
        let opened = store::open(change.tx(), &new).await?;
        let account = people::account(change.tx(), who).await?;
        let grants = callers::grants_of(change.tx(), who).await?.ok_or(Error::NotFound)?;
        let environments = bindings::environments(change.tx(), None).await?;
        let mut change = change.acting(By::signed_in(cx, who, &account.name));
        change.event(Event::new("session", opened.id, 1).principal(who));
        change.commit(Audit::of("session", opened.id, &account.name), ()).await?;
        let proof = Proof {
            auth_at: opened.auth_at,
            expires_at: opened.expires_at,
            must_change_password: opened.must_change,
        };
        let session = self.session(account, &proof, &grants, environments);
        Ok(SignedIn { session, cookie: token.value, transport })
    }

    /// Records the refusal and makes the one answer that all refusals get.
    async fn refuse_sign_in(&self, cx: &Cx, found: Option<Credentials>) -> Error {
        let text = "The name or the password is wrong, or the account is disabled.";
        match self.record_refused_sign_in(cx, found).await {
            Ok(()) => Error::Unauthenticated(Reason::new("SIGN_IN_FAILED", text)),
            Err(error) => error,
        }
    }

    async fn record_refused_sign_in(&self, cx: &Cx, found: Option<Credentials>) -> Result<()> {
        let mut change = self.system_change().await?.acting(By::caller(cx));
        let from = cx.source.map_or_else(|| "unknown".to_owned(), |address| address.to_string());
        if !throttle::allow(change.tx(), &format!("denial:{from}"), 30, 60).await? {
            return change.commit_progress().await;
        }
        let entry = match &found {
            Some(person) if person.disabled => Audit::of("person", person.id, &person.name).code("DISABLED"),
            Some(person) => Audit::of("person", person.id, &person.name).code("WRONG_PASSWORD"),
            None => Audit::about("person").code("UNKNOWN_NAME"),
        };
        change.commit(entry.action("session.sign_in").outcome(AuditOutcome::Denied), ()).await
    }

    fn session(
        &self,
        account: AccountRow,
        proof: &Proof,
        grants: &Grants,
        all: Vec<EnvironmentRow>,
    ) -> Session {
        Session {
            person: me(account),
            auth_at: proof.auth_at,
            expires_at: proof.expires_at,
            must_change_password: proof.must_change_password,
            sample: self.settings.sample,
            permissions: grants.held_somewhere().iter().map(|p| p.as_str().to_owned()).collect(),
            global_environments: reached(grants, all),
            roles: grants.roles().into_iter().map(str::to_owned).collect(),
        }
    }
}

/// Environments in which a permission that needs no membership is held.
fn reached(grants: &Grants, all: Vec<EnvironmentRow>) -> Vec<EnvironmentRef> {
    let global = Permission::ALL.iter().filter(|p| p.kind() == Kind::Global);
    let visible: Vec<_> = global.map(|permission| grants.visible(*permission)).collect();
    let reached =
        |row: &EnvironmentRow| visible.iter().any(|v| v.everything || v.environments.contains(&row.id));
    all.into_iter().filter(reached).map(environment).collect()
}

fn proof(cx: &Cx) -> Result<Proof> {
    match (&cx.session, &cx.token) {
        (Some(session), _) => Ok(Proof {
            auth_at: session.auth_at,
            expires_at: session.expires_at,
            must_change_password: session.must_change_password,
        }),
        (None, Some(token)) => {
            Ok(Proof { auth_at: token.created_at, expires_at: token.expires_at, must_change_password: false })
        }
        (None, None) => Err(Error::Internal("a signed-in call without a credential".into())),
    }
}

fn cookies_allowed(cx: &Cx) -> Result<Transport> {
    let text = "Over plain HTTP one can only sign in from this machine; use the https:// address.";
    cx.via.transport.ok_or_else(|| Error::forbidden("TLS_REQUIRED", text))
}

/// The port in a `Host` header.
fn port(host: &str) -> Option<u16> {
    host.rsplit_once(':')?.1.parse().ok()
}

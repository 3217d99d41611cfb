//! Who is calling: the first thing that happens to every request, whatever its operation.
//!
//! Address, credential and cross-site defence are judged here, in that order, and one query says whose credential it is
//! and what they hold. Public operations need nobody, but see who is there. What a person may do is not judged here: that
//! is the use cases' first step. Nothing of the answer outlives the call.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, header};
use sha2::{Digest, Sha256};
use shepherd_app::cx::{CallSession, CallToken, Idempotency, Via};
use shepherd_app::refusals::Called;
use shepherd_app::{Actor, Cx, Error};
use shepherd_auth::address::Client;
use shepherd_contract::operations::OperationId;
use shepherd_contract::runtime::server::{Backend, Opened};
use shepherd_contract::runtime::{Operation, Permission, Problem, Stream};
use shepherd_domain::authz::Grants;
use shepherd_domain::reason::Reason;
use shepherd_store::callers::{self, CallerRow, Credential};

use crate::Server;
use crate::credential::Shown;
use crate::problems::Fault;

/// Longer ones say nothing more.
const LONGEST_USER_AGENT: usize = 200;

impl Backend for Server {
    type Cx = Cx;
    type Error = Fault;

    async fn open(
        &self,
        op: &'static Operation,
        parts: &mut Parts,
        body: &Bytes,
    ) -> Result<Opened<Cx>, Fault> {
        tracing::Span::current().record("operation", op.id);
        let client = self.client(parts);
        let shown = Shown::read(&parts.headers, client.and_then(|client| client.transport));
        self.defend(op, parts, &shown)?;
        let caller = self.caller(&shown).await?;
        if caller.is_none() && op.permission != Permission::Public {
            return Err(nobody(&shown).into());
        }
        let cx = context(op, parts, body, client, caller);
        must_not_change_password_first(&cx)?;
        Ok(Opened::Proceed(cx))
    }

    type Mark = Called;

    fn mark(&self, cx: &Cx, parts: &Parts) -> Option<Called> {
        let path = parts.uri.path();
        Called::new(cx, path.strip_prefix(shepherd_contract::BASE_PATH).unwrap_or(path))
    }

    async fn refused(&self, called: Called, problem: &Problem) {
        self.app.record_refusal(called, problem.status, &problem.code).await;
    }
}

impl Server {
    /// Where the request came from; `None` when the listener does not say.
    fn client(&self, parts: &Parts) -> Option<Client> {
        let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
        Some(self.settings.proxies.client(peer.ip(), self.settings.tls, &parts.headers))
    }

    /// Refuses what another site makes a browser do. A program sends neither of the two headers and shows a token; it
    /// may also sign in, or redeem a console ticket, where there is no cookie that a page could misuse.
    fn defend(&self, op: &Operation, parts: &Parts, shown: &Shown) -> Result<(), Error> {
        let headers = &parts.headers;
        let from_a_page = headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site");
        let by_cookie = matches!(shown, Shown::Cookie(_)) && op.permission != Permission::Public;
        let origins = &self.settings.origins;
        let verdict = match by_cookie || (from_a_page && !matches!(shown, Shown::Bearer(_))) {
            true if op.stream == Stream::WebSocket => origins.check_upgrade(headers),
            true => origins.check(&parts.method, headers),
            false => Ok(()),
        };
        verdict.map_err(|foreign| Error::forbidden(foreign.code(), format!("Refused: {foreign}.")))
    }

    async fn caller(&self, shown: &Shown) -> Result<Option<CallerRow>, Error> {
        let db = &self.app.db;
        Ok(match shown {
            Shown::Cookie(hash) => {
                let idle = self.app.settings.sessions.idle.as_secs_f64();
                callers::by_session(db, hash.as_bytes(), idle).await?
            }
            Shown::Bearer(hash) => callers::by_token(db, hash.as_bytes()).await?,
            Shown::Nothing | Shown::Unusable => None,
        })
    }
}

fn nobody(shown: &Shown) -> Error {
    Error::Unauthenticated(match shown {
        Shown::Cookie(_) => Reason::new("SESSION_EXPIRED", "Your session has ended; sign in again."),
        Shown::Bearer(_) | Shown::Unusable => Reason::new(
            "UNAUTHENTICATED",
            "This token is not valid, or not any more; make a new one in your profile.",
        ),
        Shown::Nothing => Reason::new("UNAUTHENTICATED", "Sign in, or send a personal token."),
    })
}

fn context(
    op: &'static Operation,
    parts: &Parts,
    body: &Bytes,
    client: Option<Client>,
    caller: Option<CallerRow>,
) -> Cx {
    let headers = &parts.headers;
    let mut cx = Cx {
        operation: op,
        actor: Actor::nobody(),
        grants: Grants::new(Actor::nobody().id, Vec::new(), Vec::new()),
        session: None,
        token: None,
        via: Via {
            transport: client.and_then(|client| client.transport),
            host: text(headers, "host").or_else(|| parts.uri.authority().map(ToString::to_string)),
            user_agent: text(headers, "user-agent")
                .map(|agent| agent.chars().take(LONGEST_USER_AGENT).collect()),
        },
        idempotency: text(headers, "idempotency-key")
            .filter(|_| op.idempotent)
            .map(|key| Idempotency { key, body_hash: fingerprint(parts, body) }),
        source: client.map(|client| client.address),
        call_id: text(headers, "x-request-id").unwrap_or_default(),
    };
    if let Some(row) = caller {
        cx.actor = Actor { id: row.id, name: row.name, display_name: row.display_name, person: row.person };
        cx.grants = row.grants;
        match row.credential {
            Credential::Session(session) => {
                cx.session = Some(CallSession {
                    id: session.id,
                    auth_at: session.auth_at,
                    expires_at: session.expires_at,
                    must_change_password: session.must_change_password,
                });
            }
            Credential::Token(token) => {
                let (id, created_at, expires_at) = (token.id, token.created_at, token.expires_at);
                cx.token = Some(CallToken { id, created_at, expires_at });
            }
        }
    }
    cx
}

/// The path belongs to what is repeated: the same words to another person are another request.
fn fingerprint(parts: &Parts, body: &Bytes) -> [u8; 32] {
    Sha256::new().chain_update(parts.uri.path()).chain_update([0]).chain_update(body).finalize().into()
}

/// With an initial password one can change it and sign out, and nothing else.
fn must_not_change_password_first(cx: &Cx) -> Result<(), Error> {
    let op = cx.operation;
    let always = op.permission == Permission::Public
        || op.tag == "session"
        || OperationId::of(op) == OperationId::ChangePassword;
    match cx.session.as_ref().is_some_and(|session| session.must_change_password) && !always {
        true => {
            let text = "You signed in with an initial password; choose your own before anything else.";
            Err(Error::forbidden("PASSWORD_CHANGE_REQUIRED", text))
        }
        false => Ok(()),
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

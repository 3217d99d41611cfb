//! Who is calling, through which operation, and what they hold. Made anew for every call; nothing of it is kept.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use shepherd_auth::cookie::Transport;
use shepherd_contract::runtime::Operation;
use shepherd_domain::authz::Grants;
use shepherd_domain::ids::{PrincipalId, SessionId, TokenId};

/// The principal that acts.
#[derive(Clone, Debug)]
pub struct Actor {
    pub id: PrincipalId,
    pub name: String,
    pub display_name: String,
    /// The person answerable: the principal itself, or the owner of one that is no person.
    pub person: PrincipalId,
}

impl Actor {
    /// Who calls a public operation without being signed in: holds nothing, and the audit trail has no id for it.
    pub fn nobody() -> Self {
        let id = PrincipalId(uuid::Uuid::nil());
        Self { id, name: "anonymous".into(), display_name: String::new(), person: id }
    }

    /// Whether this is [`Actor::nobody`].
    pub fn is_nobody(&self) -> bool {
        self.id.0.is_nil()
    }
}

/// The browser session of the call; `None` for tokens.
#[derive(Clone, Debug)]
pub struct CallSession {
    pub id: SessionId,
    pub auth_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub must_change_password: bool,
}

/// The personal token of the call; `None` for browsers.
#[derive(Clone, Debug)]
pub struct CallToken {
    pub id: TokenId,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// How the call reached us. Only signing in and out looks at it.
#[derive(Clone, Debug, Default)]
pub struct Via {
    /// How well the caller's own connection is protected; `None` for plain HTTP from elsewhere, which gets no cookie.
    pub transport: Option<Transport>,
    /// The host and port the caller addressed.
    pub host: Option<String>,
    /// What the caller says it is. For its owner to recognise a session by, and for nothing else.
    pub user_agent: Option<String>,
}

/// A repeatable POST.
#[derive(Clone, Debug)]
pub struct Idempotency {
    pub key: String,
    pub body_hash: [u8; 32],
}

/// The context of one call.
#[derive(Clone, Debug)]
pub struct Cx {
    pub operation: &'static Operation,
    pub actor: Actor,
    pub grants: Grants,
    pub session: Option<CallSession>,
    pub token: Option<CallToken>,
    pub via: Via,
    pub idempotency: Option<Idempotency>,
    /// The caller's address, behind declared proxies the one they vouch for.
    pub source: Option<IpAddr>,
    /// Names the call in logs and in problems.
    pub call_id: String,
}

//! Who calls, and what they may do.
//!
//! Bearer tokens come from a file (`tokens.json`), each with a role. Three roles are enough for one machine:
//! `admin` everything, `edit` everything in namespaces but secrets' values stay readable only to it and admin,
//! `view` reads without secrets.

use std::path::Path;

use http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use super::resources::Resource;
use super::status::ApiError;

/// What a token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Everything.
    Admin,
    /// Writes namespaced objects and uses subresources; cannot touch namespaces.
    Edit,
    /// Reads all but secrets; no consoles.
    View,
}

/// A caller.
#[derive(Debug, Clone)]
pub struct User {
    /// Name in messages and managed fields.
    pub name: String,
    /// What it may do.
    pub role: Role,
}

#[derive(Clone, Serialize, Deserialize)]
struct TokenEntry {
    token: String,
    user: String,
    role: Role,
}

/// The tokens this engine accepts.
pub struct Tokens(Vec<TokenEntry>);

impl Tokens {
    /// Reads the file, making one with a fresh `admin` token when there is none.
    pub fn load_or_create(path: &Path) -> std::io::Result<Self> {
        match std::fs::read(path) {
            Ok(bytes) => Ok(Self(serde_json::from_slice(&bytes)?)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                let bytes: [u8; 32] = rand::random();
                let token = base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, bytes);
                let tokens = Self(vec![TokenEntry { token, user: "admin".into(), role: Role::Admin }]);
                crate::files::write_private(path, &serde_json::to_vec_pretty(&tokens.0)?)?;
                Ok(tokens)
            }
            Err(e) => Err(e),
        }
    }

    /// The first admin token, for the kubeconfig.
    pub fn admin(&self) -> Option<&str> {
        self.0.iter().find(|t| t.role == Role::Admin).map(|t| t.token.as_str())
    }

    /// Who sent this request. A WebSocket may carry its token as a subprotocol, as browsers must.
    pub fn authenticate(&self, headers: &HeaderMap) -> Result<User, ApiError> {
        let bearer = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
        let token = match bearer.and_then(|v| v.split_once(' ')) {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim().to_owned(),
            _ => subprotocol_token(headers).ok_or_else(unauthorized)?,
        };
        let mut found = None;
        // Every token is compared, so that time tells nothing about which one is close.
        for entry in &self.0 {
            if bool::from(entry.token.as_bytes().ct_eq(token.as_bytes())) {
                found = Some(User { name: entry.user.clone(), role: entry.role });
            }
        }
        found.ok_or_else(unauthorized)
    }
}

fn subprotocol_token(headers: &HeaderMap) -> Option<String> {
    let offered = headers.get(header::SEC_WEBSOCKET_PROTOCOL)?.to_str().ok()?;
    let encoded =
        offered.split(',').find_map(|p| p.trim().strip_prefix("base64url.bearer.authorization.k8s.io."))?;
    let bytes = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, encoded).ok()?;
    String::from_utf8(bytes).ok()
}

fn unauthorized() -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, "Unauthorized", "Unauthorized")
}

/// Attributes of an access, as in a SelfSubjectAccessReview.
#[derive(Debug, Clone, Copy)]
pub struct Access<'a> {
    /// `get`, `create`, ...
    pub verb: &'a str,
    /// API group.
    pub group: &'a str,
    /// Plural, with `/subresource` if any.
    pub resource: &'a str,
    /// Empty for all or cluster-scoped.
    pub namespace: &'a str,
    /// Empty for a collection.
    pub name: &'a str,
}

impl User {
    /// Whether the role allows it.
    pub fn may(&self, access: Access<'_>) -> bool {
        let read = matches!(access.verb, "get" | "list" | "watch");
        // Everyone may ask what they may do (`system:basic-user`).
        if access.group == "authorization.k8s.io" && access.resource == "selfsubjectaccessreviews" {
            return true;
        }
        match self.role {
            Role::Admin => true,
            Role::Edit => read || access.resource.split('/').next() != Some("namespaces"),
            Role::View => read && access.resource != "secrets" && !is_stream(access.resource),
        }
    }

    /// Refuses with the text of kube-apiserver.
    pub fn check(&self, access: Access<'_>) -> Result<(), ApiError> {
        if self.may(access) {
            return Ok(());
        }
        let id = match access.group {
            "" => access.resource.to_owned(),
            group => format!("{}.{group}", access.resource.split('/').next().unwrap_or_default()),
        };
        let subject = if access.name.is_empty() { id } else { format!("{id} \"{}\"", access.name) };
        let place = if access.namespace.is_empty() {
            "at the cluster scope".to_owned()
        } else {
            format!("in the namespace \"{}\"", access.namespace)
        };
        let message = format!(
            "{subject} is forbidden: User \"{}\" cannot {} resource \"{}\" in API group \"{}\" {place}",
            self.name, access.verb, access.resource, access.group
        );
        Err(ApiError::new(StatusCode::FORBIDDEN, "Forbidden", message))
    }
}

/// Reads that give more than reading: they are a way into the guest.
fn is_stream(resource: &str) -> bool {
    ["/console", "/vnc", "/portforward", "/usbredir", "/vsock"].iter().any(|s| resource.contains(s))
}

/// The access of a plain request.
pub fn access<'a>(resource: &'a Resource, verb: &'a str, namespace: &'a str, name: &'a str) -> Access<'a> {
    Access { verb, group: resource.group, resource: resource.plural, namespace, name }
}

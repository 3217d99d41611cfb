//! How members are asked whether they serve: what people may ask for, and what cannot be asked.
//!
//! All of a pool's checks must pass, and of each of them one probe must: every combination by and and or can be put so.
//! Invariant: a check reaches the member it is about and nothing else. It names a port, never an address or a name; where
//! it leads is what the cluster reports, and [`super::dialable`] refuses some of that.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::PoolError;

/// The most checks of a pool, and the most probes of a check.
const MOST: usize = 10;
/// The most headers of a probe.
const HEADERS: usize = 20;
/// The longest path, header value or text to be found.
const LONGEST: usize = 1024;

/// When members are asked, and what. Times are seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Checks {
    /// Between two rounds.
    pub interval_seconds: i64,
    /// What has not answered by then has failed.
    pub timeout_seconds: i64,
    /// How many failures in a row say that a member does not serve.
    pub failures: i64,
    /// How many passes in a row say that it serves.
    pub successes: i64,
    /// How long a member has to have been failing before anything is done about it.
    pub delay_seconds: i64,
    /// All of these must pass. Without any, a member serves when its guest runs.
    pub all: Vec<AnyOf>,
}

impl Default for Checks {
    fn default() -> Self {
        Self {
            interval_seconds: 10,
            timeout_seconds: 5,
            failures: 3,
            successes: 1,
            delay_seconds: 0,
            all: vec![],
        }
    }
}

/// One check: it passes when any of its probes does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnyOf {
    /// The probes.
    pub any: Vec<Probe>,
}

/// One question to a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Probe {
    /// A request over HTTP.
    Http(HttpProbe),
    /// A request over HTTPS. The member's certificate is not judged: it is asked by its address.
    Https(HttpProbe),
    /// Something listens.
    Tcp(TcpProbe),
    /// Its cluster calls it ready (the instance's condition `Ready`).
    Ready {},
    /// Its guest agent is connected (the condition `AgentConnected`).
    Agent {},
}

text_enum! {
    /// The way to a member.
    strict Through {
        /// Its cluster passes the connection on (KubeVirt's `portforward`).
        Cluster = "cluster",
        /// Straight to the address its cluster reports.
        Address = "address",
    }
}

/// A port of a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TcpProbe {
    /// From 1.
    pub port: u16,
    /// How it is reached.
    #[serde(default = "by_cluster")]
    pub through: Through,
}

/// A request and the answer it should have. Nothing secret belongs in it: who may see the pool sees this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpProbe {
    /// From 1.
    pub port: u16,
    /// How it is reached.
    #[serde(default = "by_cluster")]
    pub through: Through,
    /// GET, HEAD, OPTIONS or POST.
    #[serde(default = "get")]
    pub method: String,
    /// With its query.
    #[serde(default = "root")]
    pub path: String,
    /// Sent along; `Host` is the member's address otherwise.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Any of these is right; 200 to 299 where none is named.
    #[serde(default)]
    pub status: Vec<u16>,
    /// A text that has to be in the first 64 KiB of the answer.
    #[serde(default)]
    pub body_contains: Option<String>,
}

const fn by_cluster() -> Through {
    Through::Cluster
}

fn get() -> String {
    "GET".to_owned()
}

fn root() -> String {
    "/".to_owned()
}

impl HttpProbe {
    /// Whether an answer of this status is right.
    pub fn accepts(&self, status: u16) -> bool {
        if self.status.is_empty() { (200..300).contains(&status) } else { self.status.contains(&status) }
    }

    fn check(&self) -> Result<(), (&'static str, &'static str)> {
        if self.port == 0 {
            return Err(("port", "a port is from 1 to 65535"));
        }
        if !matches!(self.method.as_str(), "GET" | "HEAD" | "OPTIONS" | "POST") {
            return Err(("method", "a check uses GET, HEAD, OPTIONS or POST"));
        }
        let plain = |text: &str| text.len() <= LONGEST && text.bytes().all(|b| (0x21..=0x7e).contains(&b));
        if !self.path.starts_with('/') || !plain(&self.path) || self.path.contains('#') {
            return Err((
                "path",
                "a path begins with / and is plain ASCII, with everything else percent-encoded",
            ));
        }
        let token = |name: &str| {
            !name.is_empty()
                && name.len() <= 100
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
        };
        let value = |text: &str| text.len() <= LONGEST && text.bytes().all(|b| (0x20..=0x7e).contains(&b));
        let ours = |name: &str| {
            ["connection", "content-length", "transfer-encoding", "upgrade"]
                .iter()
                .any(|own| name.eq_ignore_ascii_case(own))
        };
        if self.headers.len() > HEADERS
            || self.headers.iter().any(|(name, text)| !token(name) || !value(text) || ours(name))
        {
            return Err((
                "headers",
                "at most 20 headers with plain names and values, none that frames the message",
            ));
        }
        if self.status.len() > 50 || self.status.iter().any(|code| !(200..600).contains(code)) {
            return Err(("status", "status codes are from 200 to 599, at most 50 of them"));
        }
        let found = self.body_contains.as_ref();
        if found.is_some_and(|text| text.is_empty() || text.len() > LONGEST || self.method == "HEAD") {
            return Err(("body_contains", "the text has 1 to 1024 bytes, and an answer to HEAD has no body"));
        }
        Ok(())
    }
}

impl Checks {
    /// Nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The ranges of its numbers: name, value, least, most.
    pub(super) const fn ranges(&self) -> [(&'static str, i64, i64, i64); 5] {
        [
            ("health.interval_seconds", self.interval_seconds, 1, 3600),
            ("health.timeout_seconds", self.timeout_seconds, 1, 30),
            ("health.failures", self.failures, 1, 100),
            ("health.successes", self.successes, 1, 100),
            ("health.delay_seconds", self.delay_seconds, 0, 24 * 3600),
        ]
    }

    /// Whether these can be asked.
    pub(super) fn check(&self) -> Result<(), PoolError> {
        let wrong = |at: String, text| Err(PoolError::Check { at, text });
        if self.all.len() > MOST {
            return wrong("all".to_owned(), "at most 10 checks; put alternatives into one");
        }
        for (row, check) in self.all.iter().enumerate() {
            if check.any.is_empty() || check.any.len() > MOST {
                return wrong(format!("all/{row}/any"), "a check has 1 to 10 probes");
            }
            for (column, probe) in check.any.iter().enumerate() {
                let found = match probe {
                    Probe::Http(http) | Probe::Https(http) => http.check(),
                    Probe::Tcp(tcp) if tcp.port == 0 => Err(("port", "a port is from 1 to 65535")),
                    Probe::Tcp(_) | Probe::Ready {} | Probe::Agent {} => Ok(()),
                };
                if let Err((field, text)) = found {
                    return wrong(format!("all/{row}/any/{column}/{field}"), text);
                }
            }
        }
        Ok(())
    }
}

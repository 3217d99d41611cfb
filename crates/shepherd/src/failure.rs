//! How a command on the server's machine fails: one line with a code and what to do, and an exit code of its own.
//!
//! | Exit | Code |
//! |---|---|
//! | 1 | everything that has no number of its own |
//! | 2 | the command line is wrong |
//! | 3, 4, 5 | client commands, see `shepherd_cli::Failure` |
//! | 10, 11 | `ROOT_KEY_MISSING`, `ROOT_KEY_INVALID` |
//! | 20, 21, 22 | `DATABASE_UNAVAILABLE`, `DATABASE_UNSUPPORTED`, `SCHEMA_TOO_OLD` |
//! | 30 | `PORT_TAKEN` |
//! | 40 | `ALREADY_RUNNING` |

use std::borrow::Cow;
use std::fmt;
use std::net::SocketAddr;
use std::process::ExitCode;

use shepherd_jobs::JobError;
use shepherd_store::StoreError;
use shepherd_store::secrets::SecretError;

/// Why a command did not do what was asked.
#[derive(Debug)]
pub struct Failure {
    code: Cow<'static, str>,
    text: String,
    exit: u8,
}

impl Failure {
    /// A failure with a stable code and a text that says what to do.
    pub fn new(code: &'static str, text: impl Into<String>) -> Self {
        Self { exit: exit_of(code), code: code.into(), text: text.into() }
    }

    /// An input or output error, with what was being done.
    pub fn io(doing: impl fmt::Display, error: impl fmt::Display) -> Self {
        Self::new("IO", format!("{doing}: {error}"))
    }

    /// The address cannot be listened on.
    pub fn port(address: SocketAddr, error: &std::io::Error, flag: &str) -> Self {
        let text = match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                format!(
                    "{address} is taken by another program; stop that, or choose another address with {flag}"
                )
            }
            _ => format!("{address} cannot be listened on: {error}; choose another address with {flag}"),
        };
        Self::new("PORT_TAKEN", text)
    }

    /// What the process ends with.
    pub fn exit(&self) -> ExitCode {
        self.exit.into()
    }

    /// The stable code.
    #[cfg(test)]
    pub fn code(&self) -> &str {
        &self.code
    }
}

fn exit_of(code: &str) -> u8 {
    match code {
        "USAGE" => 2,
        "ROOT_KEY_MISSING" => 10,
        "ROOT_KEY_INVALID" => 11,
        "DATABASE_UNAVAILABLE" => 20,
        "DATABASE_UNSUPPORTED" => 21,
        "SCHEMA_TOO_OLD" => 22,
        "PORT_TAKEN" => 30,
        "ALREADY_RUNNING" => 40,
        _ => 1,
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code.as_ref() {
            "" => f.write_str(&self.text),
            code => write!(f, "{code}: {}", self.text),
        }
    }
}

impl std::error::Error for Failure {}

/// The causes below an error that tell an operator more; never a URL, which may hold a password.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let more = cause.to_string();
        // Some libraries repeat their cause in their own text.
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        next = cause.source();
    }
    text
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::new(error.code(), causes(&error))
    }
}

impl From<JobError> for Failure {
    fn from(error: JobError) -> Self {
        Self::new(error.code(), causes(&error))
    }
}

impl From<SecretError> for Failure {
    fn from(error: SecretError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<shepherd_app::Error> for Failure {
    fn from(error: shepherd_app::Error) -> Self {
        let code = error.code().to_owned();
        Self { exit: exit_of(&code), text: causes(&error), code: code.into() }
    }
}

impl From<shepherd_cli::Failure> for Failure {
    fn from(failure: shepherd_cli::Failure) -> Self {
        // Its text names the code already where there is one.
        Self { code: "".into(), text: failure.to_string(), exit: failure.code() }
    }
}

impl From<shepherd_contract::client::ClientError> for Failure {
    fn from(error: shepherd_contract::client::ClientError) -> Self {
        shepherd_cli::Failure::from(error).into()
    }
}

impl From<shepherd_local_postgres::Error> for Failure {
    fn from(error: shepherd_local_postgres::Error) -> Self {
        Self::new("DATABASE_UNAVAILABLE", error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_begins_with_its_code_and_exits_differ() {
        let failure = Failure::from(StoreError::SchemaTooOld { found: 1, needed: 9 });
        assert!(failure.to_string().starts_with("SCHEMA_TOO_OLD: "), "{failure}");
        let codes = [
            "ROOT_KEY_MISSING",
            "DATABASE_UNAVAILABLE",
            "DATABASE_UNSUPPORTED",
            "SCHEMA_TOO_OLD",
            "PORT_TAKEN",
        ];
        let exits: std::collections::BTreeSet<u8> = codes.into_iter().map(exit_of).collect();
        assert_eq!(exits.len(), codes.len());
    }
}

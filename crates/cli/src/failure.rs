//! How a client command fails, and the exit code a script sees.
//!
//! | Code | Meaning |
//! |---|---|
//! | 0 | done |
//! | 1 | the server refused, or what was waited for did not succeed |
//! | 2 | the command line is wrong |
//! | 3 | not signed in |
//! | 4 | what was named does not exist, or may not be seen |
//! | 5 | the server cannot be reached, or is not ready |
//! | 6 | an export of the audit log is not what was sealed |
//! | 7 | an export of the audit log agrees with itself, and nothing from elsewhere vouches for it |

use std::fmt;
use std::process::ExitCode;

use shepherd_contract::client::ClientError;
use shepherd_contract::runtime::Problem;

/// Why a command did not do what was asked.
#[derive(Debug)]
pub enum Failure {
    /// The server said no, with its code.
    Refused(Problem),
    /// What was asked for was taken up and did not succeed.
    Ended(String),
    /// An argument cannot be used.
    Usage(String),
    /// There is no token, or it is not good any more.
    NotSignedIn(String),
    /// Nothing of that name, or nothing the caller may see.
    NotFound(String),
    /// The server or the way to it.
    Unavailable(String),
    /// Something on this machine: a file, the terminal.
    Local(String),
    /// An export is not what was sealed.
    Tampered(String),
    /// An export was compared with nothing but itself.
    Unanchored(String),
}

impl Failure {
    /// The exit code, as the table of this module says.
    pub fn code(&self) -> u8 {
        match self {
            Self::Refused(_) | Self::Ended(_) | Self::Local(_) => 1,
            Self::Usage(_) => 2,
            Self::NotSignedIn(_) => 3,
            Self::NotFound(_) => 4,
            Self::Unavailable(_) => 5,
            Self::Tampered(_) => 6,
            Self::Unanchored(_) => 7,
        }
    }

    /// An error on this machine, with what was being done.
    pub fn local(doing: impl fmt::Display, error: impl fmt::Display) -> Self {
        Self::Local(format!("{doing}: {error}"))
    }
}

impl From<&Failure> for ExitCode {
    fn from(failure: &Failure) -> Self {
        failure.code().into()
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Problem(problem) => match problem.status {
                401 => Self::NotSignedIn(sentence(&problem)),
                404 => Self::NotFound(sentence(&problem)),
                429 | 502..=504 => Self::Unavailable(sentence(&problem)),
                _ => Self::Refused(problem),
            },
            ClientError::Request(text) => Self::Usage(text),
            ClientError::Transport(error) => {
                Self::Unavailable(format!("the server cannot be reached: {}", root(&error)))
            }
            unexpected @ ClientError::Unexpected { .. } => Self::Unavailable(unexpected.to_string()),
        }
    }
}

/// The innermost cause: that is where "connection refused" stands.
fn root(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(next) = last.source() {
        last = next;
    }
    last.to_string()
}

fn sentence(problem: &Problem) -> String {
    let text = problem.detail.clone().unwrap_or_else(|| problem.title.clone().into_owned());
    format!("{text} ({})", problem.code)
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(problem) => {
                f.write_str(&sentence(problem))?;
                problem
                    .errors
                    .iter()
                    .try_for_each(|e| write!(f, "\n  {}: {} ({})", e.pointer, e.detail, e.code))
            }
            Self::NotSignedIn(text) => write!(f, "{text}\nSign in with `shepherd login`."),
            Self::Ended(text)
            | Self::Usage(text)
            | Self::NotFound(text)
            | Self::Unavailable(text)
            | Self::Local(text)
            | Self::Tampered(text)
            | Self::Unanchored(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn problem(status: u16) -> Failure {
        let status = StatusCode::from_u16(status).unwrap();
        ClientError::Problem(Problem::new(status, "CODE", "Title").field("/name", "TAKEN", "is taken")).into()
    }

    #[test]
    fn each_kind_of_answer_has_its_exit_code() {
        let codes = [(403, 1), (409, 1), (422, 1), (500, 1), (401, 3), (404, 4), (429, 5), (503, 5)];
        for (status, code) in codes {
            assert_eq!(problem(status).code(), code, "{status}");
        }
        assert_eq!(Failure::Usage(String::new()).code(), 2);
    }

    #[test]
    fn a_refusal_names_its_code_and_every_wrong_field() {
        assert_eq!(problem(422).to_string(), "Title (CODE)\n  /name: is taken (TAKEN)");
    }
}

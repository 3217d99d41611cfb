//! The lines of `guest.seed`. Every argument is base64, so that nothing a user writes can be taken for syntax.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// What the demo guest is told, in order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Directives(Vec<Directive>);

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Directive {
    Hostname(String),
    User { name: String, gecos: String },
    Password { user: String, clear: String },
    Hash { user: String, hash: String },
    Key { user: String, line: String },
    File { path: String, mode: String, owner: String, content: Vec<u8>, append: bool },
    Run(String),
    Note(String),
}

impl Directives {
    pub(super) fn push(&mut self, directive: Directive) {
        self.0.push(directive);
    }

    pub(super) fn note(&mut self, text: impl Into<String>) {
        self.push(Directive::Note(text.into()));
    }

    #[cfg(test)]
    pub(super) fn as_slice(&self) -> &[Directive] {
        &self.0
    }
}

fn word(bytes: impl AsRef<[u8]>) -> String {
    let bytes = bytes.as_ref();
    if bytes.is_empty() { "-".to_owned() } else { STANDARD.encode(bytes) }
}

impl fmt::Display for Directives {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|directive| writeln!(f, "{directive}"))
    }
}

impl fmt::Display for Directive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hostname(name) => write!(f, "hostname {}", word(name)),
            Self::User { name, gecos } => write!(f, "user {} {}", word(name), word(gecos)),
            Self::Password { user, clear } => write!(f, "password {} {}", word(user), word(clear)),
            Self::Hash { user, hash } => write!(f, "hash {} {}", word(user), word(hash)),
            Self::Key { user, line } => write!(f, "key {} {}", word(user), word(line)),
            Self::File { path, mode, owner, content, append } => {
                let append = if *append { "append" } else { "-" };
                write!(f, "file {} {} {} {} {append}", word(path), word(mode), word(owner), word(content))
            }
            Self::Run(line) => write!(f, "run {}", word(line)),
            Self::Note(text) => write!(f, "note {}", word(text)),
        }
    }
}

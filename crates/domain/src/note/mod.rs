//! Signed notes and checkpoints, in the form that transparency logs and their witnesses share (C2SP signed-note,
//! tlog-checkpoint): text, an empty line, and one line for each Ed25519 signature over the text.
//!
//! A signature counts only with a key that the reader trusts; lines of other keys are passed over, so that witnesses
//! can add theirs. Not here: where keys are kept, and making them, which needs randomness.

mod key;

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::merkle::TreeHash;

pub use key::{BadKey, NoteKey, NoteSigner};

/// The longest note that is read: a few lines and a few signatures.
const MAX: usize = 16 * 1024;

/// What a log says of itself: so many leaves, under this root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: String,
    /// How many leaves.
    pub size: u64,
    /// The root of the tree over them.
    pub root: TreeHash,
}

/// The text is not a checkpoint that a trusted key has signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadNote {
    #[error("it is not a signed note")]
    Malformed,
    #[error("no key that is trusted has signed it, or it was changed since")]
    Unsigned,
    #[error("it is signed, and is not a checkpoint")]
    NotACheckpoint,
}

impl Checkpoint {
    /// The checkpoint as a note, signed by each of these.
    pub fn sign(&self, signers: &[&NoteSigner]) -> String {
        let text = self.to_string();
        let lines: String = signers.iter().map(|signer| signer.line(&text)).collect();
        format!("{text}\n{lines}")
    }

    /// The checkpoint in a note that at least one of these keys has signed.
    pub fn open(note: &str, trusted: &[NoteKey]) -> Result<Self, BadNote> {
        let (text, signatures) = split(note)?;
        if !signatures.iter().any(|line| trusted.iter().any(|key| key.signed(text, line))) {
            return Err(BadNote::Unsigned);
        }
        Self::read(text)
    }

    /// The checkpoint in a note, whoever signed it. What it says is not to be believed.
    pub fn peek(note: &str) -> Result<Self, BadNote> {
        Self::read(split(note)?.0)
    }

    fn read(text: &str) -> Result<Self, BadNote> {
        let mut lines = text.lines();
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(BadNote::NotACheckpoint);
        };
        let number: u64 = size.parse().map_err(|_| BadNote::NotACheckpoint)?;
        let root = STANDARD.decode(root).ok().and_then(|bytes| bytes.try_into().ok());
        let root = root.map(TreeHash::from_bytes).ok_or(BadNote::NotACheckpoint)?;
        // One number has one spelling.
        if origin.is_empty() || number.to_string() != size {
            return Err(BadNote::NotACheckpoint);
        }
        Ok(Self { origin: origin.to_owned(), size: number, root })
    }
}

/// The text that is signed.
impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, STANDARD.encode(self.root.as_bytes()))
    }
}

/// One signature of a note.
struct SignatureLine<'a> {
    name: &'a str,
    /// Which of the keys of that name.
    hash: [u8; 4],
    signature: Vec<u8>,
}

/// The text, and the signatures below it.
fn split(note: &str) -> Result<(&str, Vec<SignatureLine<'_>>), BadNote> {
    let control = |c: char| c < ' ' && c != '\n';
    let at =
        note.rfind("\n\n").filter(|_| note.len() <= MAX && note.ends_with('\n') && !note.contains(control));
    let (text, lines) = note.split_at(at.ok_or(BadNote::Malformed)? + 1);
    let lines: Option<Vec<_>> = lines.trim_start_matches('\n').lines().map(signature_line).collect();
    match lines {
        Some(lines) if !lines.is_empty() => Ok((text, lines)),
        _ => Err(BadNote::Malformed),
    }
}

fn signature_line(line: &str) -> Option<SignatureLine<'_>> {
    let (name, encoded) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
    let bytes = STANDARD.decode(encoded).ok()?;
    let (hash, signature) = bytes.split_first_chunk()?;
    key::is_name(name).then(|| SignatureLine { name, hash: *hash, signature: signature.to_vec() })
}

#[cfg(test)]
mod tests;

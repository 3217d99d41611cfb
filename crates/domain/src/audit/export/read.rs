//! Reading lines, each by itself: whether it is whole and says what its hashes say. Several threads may do it at once.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::ocsf::Text;
use super::{CHECKPOINT, CheckpointLine, EVENT, EXPIRED, Unrendered, checkpoint_line, leaf_line};
use crate::hash::LeafHash;
use crate::merkle::TreeHash;

/// A line that is sound by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    Leaf {
        position: u64,
        leaf: LeafHash,
        /// The leaf in the tree.
        node: TreeHash,
        /// Its content is no longer kept.
        expired: bool,
    },
    Checkpoint(Box<CheckpointLine>),
}

/// Why a line is not sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    #[error("the line is not one of an export")]
    Unreadable,
    #[error("the line is of a newer kind than this program knows; use a newer one")]
    Newer,
    #[error("the line is of another log")]
    OtherLog,
    #[error("the content does not have the hash that stands beside it")]
    Hash,
    #[error("the line is not what its content would be exported as")]
    Rendering,
    #[error("the line breaks off")]
    Torn,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    id: &'a str,
    source: &'a str,
    r#type: &'a str,
    leafhash: Option<&'a str>,
    #[serde(borrow)]
    data: Data<'a>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    raw_data: Option<Text<'a>>,
    #[serde(borrow)]
    checkpoint: Option<Text<'a>>,
    frontier: Option<&'a str>,
    #[serde(default)]
    keys: Vec<String>,
    leaves: Option<&'a str>,
    previous: Option<u64>,
}

/// Reads lines of one log. Holds what it reuses from line to line.
#[derive(Debug)]
pub struct Reader {
    origin: String,
    again: Vec<u8>,
}

impl Reader {
    /// For the log of this name.
    pub fn new(origin: impl Into<String>) -> Self {
        Self { origin: origin.into(), again: Vec::new() }
    }

    /// Which log a line says it is of; for a reader that is told by nobody else.
    pub fn origin_of(line: &[u8]) -> Option<String> {
        let envelope: Envelope<'_> = serde_json::from_slice(line).ok()?;
        Some(envelope.source.to_owned())
    }

    /// Reads one line, with or without its end.
    ///
    /// # Errors
    /// Every byte of it is proven or it is refused.
    pub fn read(&mut self, line: &[u8]) -> Result<Line, LineFault> {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let envelope: Envelope<'_> = serde_json::from_slice(line).map_err(|_| LineFault::Unreadable)?;
        if envelope.source != self.origin {
            return Err(LineFault::OtherLog);
        }
        self.again.clear();
        let read = match envelope.r#type {
            EVENT | EXPIRED => self.leaf(&envelope)?,
            CHECKPOINT => self.checkpoint(envelope)?,
            other if other.starts_with("shepherd.audit.") => return Err(LineFault::Newer),
            _ => return Err(LineFault::Unreadable),
        };
        match self.again.strip_suffix(b"\n") {
            Some(again) if again == line => Ok(read),
            _ => Err(LineFault::Rendering),
        }
    }

    fn leaf(&mut self, envelope: &Envelope<'_>) -> Result<Line, LineFault> {
        let position = envelope.id.parse().map_err(|_| LineFault::Unreadable)?;
        let leaf: LeafHash =
            envelope.leafhash.and_then(|text| text.parse().ok()).ok_or(LineFault::Unreadable)?;
        let raw = envelope.data.raw_data.as_ref().map(|text| text.0.as_ref());
        let expired = envelope.r#type == EXPIRED;
        if expired == raw.is_some() {
            return Err(LineFault::Rendering);
        }
        if raw.is_some_and(|raw| LeafHash::of(raw.as_bytes()) != leaf) {
            return Err(LineFault::Hash);
        }
        leaf_line(&mut self.again, &self.origin, position, leaf, raw).map_err(|fault| match fault {
            Unrendered::Newer => LineFault::Newer,
            Unrendered::Content => LineFault::Rendering,
        })?;
        Ok(Line::Leaf { position, leaf, node: TreeHash::leaf(leaf.as_bytes()), expired })
    }

    fn checkpoint(&mut self, envelope: Envelope<'_>) -> Result<Line, LineFault> {
        let size = envelope.id.strip_prefix("checkpoint-").and_then(|text| text.parse().ok());
        let decode = |text: Option<&str>| text.and_then(|text| STANDARD.decode(text).ok());
        let data = envelope.data;
        let (Some(size), Some(note), Some(frontier), Some(leaves), Some(previous)) =
            (size, data.checkpoint, decode(data.frontier), decode(data.leaves), data.previous)
        else {
            return Err(LineFault::Unreadable);
        };
        let (leaves, rest) = leaves.as_chunks::<32>();
        let leaves: Vec<_> = leaves.iter().map(|bytes| LeafHash(*bytes)).collect();
        if !rest.is_empty() {
            return Err(LineFault::Unreadable);
        }
        let (origin, keys) = (self.origin.clone(), data.keys);
        let line =
            CheckpointLine { origin, size, previous, note: note.0.into_owned(), keys, frontier, leaves };
        checkpoint_line(&mut self.again, &line).map_err(|_| LineFault::Rendering)?;
        Ok(Line::Checkpoint(Box::new(line)))
    }
}

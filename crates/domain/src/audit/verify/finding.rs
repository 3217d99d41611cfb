//! What can be wrong with an export, and where.

use crate::audit::export::LineFault;
use crate::note::BadNote;

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The first leaf that is not as it was, or that nothing proves any more.
    pub leaf: Option<u64>,
    /// The line that showed it, from 1.
    pub line: u64,
    pub what: Tampering,
}

/// How an export is not what was sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Tampering {
    #[error("{0}")]
    Line(LineFault),
    #[error("it is missing: leaf {found} follows in its place")]
    Missing { found: u64 },
    #[error("leaf {found} stands in its place, which has been before")]
    Repeated { found: u64 },
    #[error("another leaf was put in its place")]
    Replaced,
    #[error("it and what followed are missing: the export ends before a checkpoint")]
    Truncated,
    #[error("it and what followed are missing: the witness has seen {witnessed} leaves")]
    Shorter { witnessed: u64 },
    #[error(
        "the leaves from here to {to} do not make the signed root, and the list that could tell which was changed"
    )]
    Unproven { to: u64 },
    #[error("the checkpoint that covers it: {0}")]
    Note(BadNote),
    #[error("the checkpoint that covers it is not the one that was signed")]
    OtherNote,
    #[error("its checkpoint is missing: the next one follows on {previous} leaves")]
    CheckpointMissing { previous: u64 },
    #[error("the leaves are right, and the line of the checkpoint that covers them was changed")]
    CheckpointAltered,
    #[error("no checkpoint covers it")]
    NoCheckpoint,
    #[error("the export begins in the middle, without the checkpoint before")]
    NoStart,
    #[error("the log was rewritten: the witness has seen another tree of {size} leaves")]
    Contradicted { size: u64 },
}

impl Tampering {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Line(LineFault::Newer) => "AUDIT_FORMAT_NEWER",
            Self::Line(LineFault::Torn) | Self::Truncated | Self::Shorter { .. } => "AUDIT_TRUNCATED",
            Self::Line(LineFault::OtherLog) => "AUDIT_SPLICED",
            Self::Line(_) => "AUDIT_CHANGED",
            Self::Missing { .. } | Self::NoStart => "AUDIT_LEAF_MISSING",
            Self::Repeated { .. } => "AUDIT_OUT_OF_ORDER",
            Self::Replaced | Self::Unproven { .. } => "AUDIT_REPLACED",
            Self::Note(_) | Self::OtherNote => "AUDIT_SIGNATURE",
            Self::CheckpointMissing { .. } | Self::CheckpointAltered | Self::NoCheckpoint => {
                "AUDIT_CHECKPOINT"
            }
            Self::Contradicted { .. } => "AUDIT_REWRITTEN",
        }
    }
}

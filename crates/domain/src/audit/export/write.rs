//! Rendering lines. What is written here in version 1 stays as it is.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::ocsf::{Canonical, Data};
use super::{CHECKPOINT, CheckpointLine, EVENT, EXPIRED};
use crate::hash::LeafHash;

#[derive(Serialize)]
struct Envelope<'a, T> {
    specversion: &'static str,
    id: &'a str,
    source: &'a str,
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<&'a str>,
    datacontenttype: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    leafhash: Option<&'a str>,
    data: T,
}

#[derive(Serialize)]
struct Expired {
    payload: &'static str,
}

#[derive(Serialize)]
struct Checkpoint<'a> {
    checkpoint: &'a str,
    frontier: String,
    keys: &'a [String],
    leaves: String,
    previous: u64,
}

/// The stored canonical bytes cannot be rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unrendered {
    #[error("the canonical bytes are not those of an audit event")]
    Content,
    #[error("the canonical bytes are of a newer version than this program knows")]
    Newer,
}

/// Writes the line of one leaf: with its canonical bytes, or without where they are no longer kept.
///
/// # Errors
/// The bytes are not those of an audit event that this version knows. Nothing is written then.
pub fn leaf_line(
    out: &mut Vec<u8>,
    origin: &str,
    position: u64,
    leaf: LeafHash,
    canonical: Option<&str>,
) -> Result<(), Unrendered> {
    let (id, leafhash) = (position.to_string(), leaf.to_string());
    let Some(raw) = canonical else {
        let data = Expired { payload: "expired" };
        return write(out, &envelope(&id, origin, EXPIRED, None, None, Some(&leafhash), data));
    };
    let event: Canonical<'_> = serde_json::from_str(raw).map_err(|_| Unrendered::Content)?;
    if event.v != 1 {
        return Err(Unrendered::Newer);
    }
    let data: Data<'_> = event.data(&id, raw).ok_or(Unrendered::Content)?;
    let subject = event.subject();
    write(out, &envelope(&id, origin, EVENT, Some(&subject), Some(event.at), Some(&leafhash), data))
}

/// Writes the line of a checkpoint.
pub fn checkpoint_line(out: &mut Vec<u8>, line: &CheckpointLine) -> Result<(), Unrendered> {
    let leaves: Vec<u8> = line.leaves.iter().flat_map(|leaf| leaf.0).collect();
    let data = Checkpoint {
        checkpoint: &line.note,
        frontier: STANDARD.encode(&line.frontier),
        keys: &line.keys,
        leaves: STANDARD.encode(leaves),
        previous: line.previous,
    };
    let id = format!("checkpoint-{}", line.size);
    write(out, &envelope(&id, &line.origin, CHECKPOINT, None, None, None, data))
}

fn envelope<'a, T>(
    id: &'a str,
    source: &'a str,
    r#type: &'static str,
    subject: Option<&'a str>,
    time: Option<&'a str>,
    leafhash: Option<&'a str>,
    data: T,
) -> Envelope<'a, T> {
    let (specversion, datacontenttype) = ("1.0", "application/json");
    Envelope { specversion, id, source, r#type, subject, time, datacontenttype, leafhash, data }
}

fn write<T: Serialize>(out: &mut Vec<u8>, line: &Envelope<'_, T>) -> Result<(), Unrendered> {
    let from = out.len();
    if serde_json::to_writer(&mut *out, line).is_err() {
        out.truncate(from);
        return Err(Unrendered::Content);
    }
    out.push(b'\n');
    Ok(())
}

//! The audit log in other hands: exported, verified without the server, and caught lying when one byte is changed.

use std::path::Path;

use shepherd_cli::Failure as Refusal;

use super::stage::Stage;
use super::steps::{Steps, expect};
use crate::failure::Failure;
use crate::instance::Instance;

/// Exports the log, verifies it, and shows that a copy with one flipped byte is refused.
pub async fn tampered_export(
    steps: &Steps,
    stage: &Stage,
    instance: &Instance,
    data: &Path,
) -> Result<(), Failure> {
    let folder = tempfile::Builder::new().prefix("audit-").tempdir_in(data);
    let folder = folder.map_err(|error| Failure::io(data.display(), error))?;
    let (export, copy, key) = (
        folder.path().join("audit.jsonl"),
        folder.path().join("copy.jsonl"),
        folder.path().join("audit.key"),
    );
    steps
        .step("Seal and export the audit log as the auditor", async || {
            let keys = stage.auditor.audit().list_audit_keys().await?.items;
            let keys: Vec<String> = keys.into_iter().map(|row| row.key).collect();
            std::fs::write(&key, keys.join("\n")).map_err(|error| Failure::io(key.display(), error))?;
            let bytes = shepherd_cli::export_audit(&stage.auditor, export.clone()).await?;
            steps.note(&format!("{} kB, CloudEvents with OCSF data", bytes / 1024));
            Ok(())
        })
        .await?;
    let witness = instance.witness();
    steps
        .step("Verify the export without the server", async || {
            steps.note(&shepherd_cli::verify_audit(export.clone(), key.clone(), witness.clone())?);
            Ok(())
        })
        .await?;
    steps
        .step("Flip one byte in a copy: it is refused, and the leaf is named", async || {
            let leaf = flip(&export, &copy).map_err(|error| Failure::io(copy.display(), error))?;
            let refusal = match shepherd_cli::verify_audit(copy.clone(), key.clone(), witness.clone()) {
                Err(Refusal::Tampered(text)) => text,
                other => {
                    return Err(Failure::new(
                        "NOT_AS_IT_SHOULD_BE",
                        format!("it was not refused: {other:?}"),
                    ));
                }
            };
            expect(refusal.contains(&format!("the first bad leaf is {leaf}:")), || refusal.clone())?;
            steps.note(&refusal);
            Ok(())
        })
        .await
}

/// Writes a copy with one bit changed in the middle leaf; answers which leaf that is.
fn flip(export: &Path, copy: &Path) -> std::io::Result<usize> {
    let mut bytes = std::fs::read(export)?;
    let is_leaf = |line: &[u8]| !line.starts_with(b"{\"specversion\":\"1.0\",\"id\":\"checkpoint-");
    let mut begin = 0;
    let mut begins = Vec::new();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if is_leaf(line) {
            begins.push(begin + line.len() / 2);
        }
        begin += line.len();
    }
    let leaf = begins.len() / 2;
    if let Some(byte) = begins.get(leaf).and_then(|at| bytes.get_mut(*at)) {
        *byte ^= 1;
    }
    std::fs::write(copy, bytes)?;
    Ok(leaf)
}

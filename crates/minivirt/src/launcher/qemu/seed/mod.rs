//! Makes the NoCloud seed: an ISO image labelled `cidata` with the VM's own files, byte for byte, and beside them
//! `guest.seed`, a translation for guests without cloud-init (see `guest/README.md`).
//!
//! Not here: where the text comes from (Secrets, base64); the API has resolved that.

mod cloud_config;
mod directives;

use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use crate::launcher::{RuntimeError, Seed};

/// Programs that make an ISO image with the same arguments, in the order in which they are tried.
const TOOLS: [&str; 3] = ["genisoimage", "xorrisofs", "mkisofs"];

/// Writes the seed to `target`. Works in `scratch`, a directory only we can read, and leaves nothing there.
pub(super) async fn write(seed: &Seed, scratch: &Path, target: &Path) -> Result<(), RuntimeError> {
    let dir = scratch.join("seed");
    let result = build(seed, &dir, target).await;
    let _ = std::fs::remove_dir_all(&dir);
    result
}

async fn build(seed: &Seed, dir: &Path, target: &Path) -> Result<(), RuntimeError> {
    let writing = |source| RuntimeError::Io { context: "writing the cloud-init seed".to_owned(), source };
    // The files hold secrets until they are in the image.
    std::fs::DirBuilder::new().mode(0o700).create(dir).map_err(writing)?;
    let put = |name: &str, text: &str| std::fs::write(dir.join(name), text).map_err(writing);
    put("meta-data", &seed.meta_data)?;
    put("user-data", &seed.user_data)?;
    if let Some(network) = &seed.network_data {
        put("network-config", network)?;
    }
    put("guest.seed", &cloud_config::translate(&seed.user_data).to_string())?;
    for tool in TOOLS {
        let mut command = Command::new(tool);
        command.args(["-quiet", "-volid", "cidata", "-joliet", "-rock", "-output"]).arg(target).arg(dir);
        match command.stdin(Stdio::null()).kill_on_drop(true).output().await {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => continue,
            Err(source) => return Err(writing(source)),
            Ok(output) if output.status.success() => return Ok(()),
            Ok(output) => {
                let text = String::from_utf8_lossy(&output.stderr);
                let last = text.lines().next_back().unwrap_or_default();
                return Err(RuntimeError::Resources(format!("{tool} could not write the seed: {last}")));
            }
        }
    }
    Err(RuntimeError::Unsupported(
        "no tool makes ISO images on this machine; on Debian: apt-get install genisoimage".to_owned(),
    ))
}

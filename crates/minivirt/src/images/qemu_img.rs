//! The few things `qemu-img` does for us: look into an image, make a layer or a blank disk, grow one.
//!
//! Every call names the format it expects: a guess by content would let a guest turn its raw disk into a qcow2 that
//! names a file of the host.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::process::Command;

use super::{ImageError, io};

/// Longest time one call may take; `convert` of a large image is the slow one.
const DEADLINE: Duration = Duration::from_secs(600);

/// What `qemu-img info` says, as far as we look at it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Info {
    pub format: String,
    pub virtual_size: u64,
    pub backing_filename: Option<String>,
    #[serde(default)]
    pub encrypted: bool,
    pub format_specific: Option<FormatSpecific>,
}

/// Facts of one format.
#[derive(Debug, Deserialize)]
pub(crate) struct FormatSpecific {
    pub data: Option<FormatData>,
}

/// Facts of qcow2.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct FormatData {
    pub data_file: Option<String>,
}

/// Looks into `file`; with `format`, as that format.
pub(crate) async fn info(file: &Path, format: Option<&str>) -> Result<Info, ImageError> {
    let mut command = qemu_img("info");
    command.arg("--output=json");
    if let Some(format) = format {
        command.args(["-f", format]);
    }
    let text = run(command.arg(file), file).await?;
    serde_json::from_slice(&text)
        .map_err(|e| ImageError::Refused { file: file.to_owned(), why: format!("qemu-img info: {e}") })
}

/// Makes a qcow2 layer over a qcow2 image. `size`, in bytes, may be larger than the image's.
pub(crate) async fn layer(base: &Path, size: u64, target: &Path) -> Result<(), ImageError> {
    let mut command = qemu_img("create");
    command.args(["-q", "-f", "qcow2", "-F", "qcow2", "-b"]).arg(base).arg(target).arg(size.to_string());
    run(&mut command, target).await.map(drop)
}

/// Makes an empty qcow2 disk of `size` bytes.
pub(crate) async fn blank(size: u64, target: &Path) -> Result<(), ImageError> {
    let mut command = qemu_img("create");
    command.args(["-q", "-f", "qcow2"]).arg(target).arg(size.to_string());
    run(&mut command, target).await.map(drop)
}

/// Grows a qcow2 disk that no guest uses to `size` bytes.
pub(crate) async fn grow(disk: &Path, size: u64) -> Result<(), ImageError> {
    let mut command = qemu_img("resize");
    command.args(["-q", "-f", "qcow2"]).arg(disk).arg(size.to_string());
    run(&mut command, disk).await.map(drop)
}

/// Copies a raw disk into a qcow2 file.
pub(crate) async fn raw_to_qcow2(source: &Path, target: &Path) -> Result<(), ImageError> {
    let mut command = qemu_img("convert");
    command.args(["-f", "raw", "-O", "qcow2"]).arg(source).arg(target);
    run(&mut command, source).await.map(drop)
}

fn qemu_img(verb: &str) -> Command {
    let mut command = Command::new("qemu-img");
    command.arg(verb).stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// Runs the command; its last line of errors becomes the reason, about `file`.
async fn run(command: &mut Command, file: &Path) -> Result<Vec<u8>, ImageError> {
    let refused = |why: String| ImageError::Refused { file: file.to_owned(), why };
    let output = match tokio::time::timeout(DEADLINE, command.output()).await {
        Err(_) => return Err(refused("qemu-img did not finish in time".to_owned())),
        Ok(Err(e)) if e.kind() == std::io::ErrorKind::NotFound => {
            return Err(ImageError::Tool { tool: "qemu-img", package: "qemu-utils" });
        }
        Ok(output) => output.map_err(io("running qemu-img"))?,
    };
    if output.status.success() {
        return Ok(output.stdout);
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let why = text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("qemu-img failed without a word");
    if why.contains("No space left") {
        return Err(io(format!("writing {}", file.display()))(std::io::ErrorKind::StorageFull.into()));
    }
    Err(refused(why.trim_start_matches("qemu-img: ").to_owned()))
}

//! After a restart: what is on disk and what still runs are brought together again.
//!
//! A guest whose process lives is connected to. One without a process has ended, or never began if it has no log.
//! A process nobody knows is killed: its guest was being removed.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast;

use super::guest::Guest;
use super::layout::{self, GuestDir};
use super::process::{self, Process};
use super::{QemuConfig, io_error};
use crate::launcher::{Exit, ExitReason, GuestEvent, GuestStatus, RuntimeError};

/// How long all guests together may take to answer before the engine starts without them; they are connected to
/// whenever they do.
const PATIENCE: Duration = Duration::from_secs(5);

/// All guests of the state directory, by uid.
pub(super) async fn all(
    config: &QemuConfig,
    events: &broadcast::Sender<GuestEvent>,
) -> Result<HashMap<String, Arc<Guest>>, RuntimeError> {
    let mut alive = process::find(&config.state_dir).map_err(io_error("looking for guests"))?;
    let mut guests = HashMap::new();
    let mut settling = tokio::task::JoinSet::new();
    let entries = std::fs::read_dir(layout::guests(&config.state_dir)).map_err(io_error("reading guests"))?;
    for entry in entries {
        let name = entry.map_err(io_error("reading guests"))?.file_name();
        let Some(dir) = name.to_str().and_then(|uid| GuestDir::new(&config.state_dir, uid).ok()) else {
            continue;
        };
        let process = adopt_process(&mut alive, &dir);
        if let Some(guest) = one(dir, process, events, &mut settling)? {
            guests.insert(guest.spec.uid.clone(), guest);
        }
    }
    for pid in alive.into_values() {
        if let Ok(stray) = Process::adopt(pid) {
            stray.kill();
        }
    }
    let settled = async { while settling.join_next().await.is_some() {} };
    if tokio::time::timeout(PATIENCE, settled).await.is_err() {
        tracing::warn!("some guests do not answer yet");
    }
    settling.detach_all();
    Ok(guests)
}

fn adopt_process(alive: &mut HashMap<PathBuf, u32>, dir: &GuestDir) -> Option<Process> {
    // It may end between the look and the grip.
    Process::adopt(alive.remove(&dir.pid_file())?).ok()
}

fn one(
    dir: GuestDir,
    process: Option<Process>,
    events: &broadcast::Sender<GuestEvent>,
    settling: &mut tokio::task::JoinSet<()>,
) -> Result<Option<Arc<Guest>>, RuntimeError> {
    let spec = dir.spec().map_err(io_error("reading a guest's spec"))?;
    let exit = dir.exit().map_err(io_error("reading a guest's end"))?;
    let stopped = |exit| GuestStatus::Exited(exit);
    match (spec, exit, process) {
        (Some(spec), Some(exit), process) => {
            // The end was decided before the engine died; carry it out.
            process.iter().for_each(Process::kill);
            Guest::new(spec, dir, stopped(exit), events.clone()).map(Some)
        }
        (Some(spec), None, Some(process)) => {
            let guest = Guest::new(spec, dir, GuestStatus::Starting, events.clone())?;
            let adopted = guest.clone();
            settling.spawn(async move {
                if adopted.attach(process).await.is_err() {
                    adopted.conclude().await;
                }
            });
            Ok(Some(guest))
        }
        (Some(spec), None, None) if dir.log().exists() => {
            let words = dir.last_words();
            let message = format!("QEMU was gone when the engine came back. {words}");
            let exit = Exit { reason: ExitReason::Crashed, message: message.trim_end().to_owned() };
            dir.record_exit(&exit).map_err(io_error("writing down how a guest ended"))?;
            Guest::new(spec, dir, stopped(exit), events.clone()).map(Some)
        }
        (_, _, process) => {
            process.iter().for_each(Process::kill);
            dir.delete().map_err(io_error("removing what is left of a guest"))?;
            Ok(None)
        }
    }
}

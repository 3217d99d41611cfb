//! A child process that is started again when it dies.
//!
//! Its output goes to a log file. It is in a process group of its own, so that a Ctrl-C at the terminal reaches us
//! alone and we stop things in order; and it ends when we do, however we end (see `parent`).

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Command;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::failure::Failure;

/// This program, even when its file was replaced meanwhile by a newer build (proc(5)).
const OURSELVES: &str = "/proc/self/exe";
/// How long a child may take to stop before it is killed.
const PATIENCE: Duration = Duration::from_secs(30);
/// First pause before a dead child is started again; doubles up to the longest.
const PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// A child that has lived so long was well.
const WELL: Duration = Duration::from_secs(30);

/// What to run.
#[derive(Debug, Clone)]
pub struct Spec {
    /// What people call it; also the log file's name.
    pub name: &'static str,
    pub arguments: Vec<OsString>,
    pub environment: Vec<(&'static str, OsString)>,
    pub log: PathBuf,
    /// Say on standard error when it died and is started again.
    pub announce: bool,
}

/// A supervised child.
pub struct Child {
    name: &'static str,
    log: PathBuf,
    shared: Arc<Shared>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    /// Process id of the one that runs now; 0 between two.
    pid: AtomicU32,
    /// How often it has ended.
    ends: AtomicU32,
    last: Mutex<Option<ExitStatus>>,
}

impl Child {
    /// Starts it, of this same program.
    pub fn start(spec: Spec) -> Result<Self, Failure> {
        rotate(&spec.log);
        let first = spawn(&spec)?;
        let (shared, stop) = (Arc::new(Shared::default()), CancellationToken::new());
        let (name, log) = (spec.name, spec.log.clone());
        let task = tokio::spawn(supervise(spec, first, Arc::clone(&shared), stop.clone()));
        Ok(Self { name, log, shared, stop, task })
    }

    /// The process that runs now.
    pub fn pid(&self) -> Option<u32> {
        Some(self.shared.pid.load(Ordering::Acquire)).filter(|pid| *pid != 0)
    }

    /// Waits until `probe` says yes. Fails if it dies three times before, or takes longer than a minute.
    pub async fn ready(&self, probe: impl AsyncFn() -> bool) -> Result<(), Failure> {
        let start = Instant::now();
        let ends = self.shared.ends.load(Ordering::Acquire);
        loop {
            if probe().await {
                return Ok(());
            }
            let died = self.shared.ends.load(Ordering::Acquire) >= ends + 3;
            if died || start.elapsed() > Duration::from_secs(60) {
                let how = self
                    .shared
                    .last
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .map(|status| status.to_string());
                let how = if died { how.unwrap_or_default() } else { "it does not answer".to_owned() };
                let text = format!(
                    "the {} did not start ({how}). Its last words, from {}:\n{}",
                    self.name,
                    self.log.display(),
                    tail(&self.log)
                );
                return Err(Failure::new("CHILD_FAILED", text));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Kills it as nothing else would; it is started again. For the demonstration.
    pub fn kill(&self) -> Result<(), Failure> {
        let pid = self.pid().and_then(|pid| Pid::from_raw(pid.cast_signed()));
        let killed = pid.map(|pid| kill_process(pid, Signal::KILL));
        match killed {
            Some(Ok(())) => Ok(()),
            other => Err(Failure::io(self.name, format!("cannot be killed: {other:?}"))),
        }
    }

    /// How often it has ended so far.
    pub fn ends(&self) -> u32 {
        self.shared.ends.load(Ordering::Acquire)
    }

    /// Asks it to stop and waits until it has.
    pub async fn stop(self) {
        self.stop.cancel();
        let _ = self.task.await;
    }
}

async fn supervise(spec: Spec, first: tokio::process::Child, shared: Arc<Shared>, stop: CancellationToken) {
    let mut running = Some(first);
    let mut pause = PAUSE;
    loop {
        let born = Instant::now();
        if let Some(mut child) = running.take() {
            // Held open while it runs; waiting would close it, and the child would think that we are gone.
            let _stdin = child.stdin.take();
            shared.pid.store(child.id().unwrap_or_default(), Ordering::Release);
            let ended = tokio::select! {
                ended = child.wait() => Some(ended),
                () = stop.cancelled() => None,
            };
            let Some(ended) = ended else { return end(child).await };
            shared.pid.store(0, Ordering::Release);
            if spec.announce {
                let how = ended.as_ref().map_or_else(ToString::to_string, ToString::to_string);
                eprintln!(
                    "           {} ended ({how}) and is started again; see {}",
                    spec.name,
                    spec.log.display()
                );
            }
            *shared.last.lock().unwrap_or_else(PoisonError::into_inner) = ended.ok();
            shared.ends.fetch_add(1, Ordering::AcqRel);
        }
        pause = if born.elapsed() >= WELL { PAUSE } else { (pause * 2).min(LONGEST_PAUSE) };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => return,
        }
        running = spawn(&spec).ok();
    }
}

async fn end(mut child: tokio::process::Child) {
    let pid = child.id().and_then(|pid| Pid::from_raw(pid.cast_signed()));
    if let Some(pid) = pid {
        // It may just have ended by itself.
        let _ = kill_process(pid, Signal::TERM);
    }
    if tokio::time::timeout(PATIENCE, child.wait()).await.is_err() {
        let _ = child.kill().await;
    }
}

fn spawn(spec: &Spec) -> Result<tokio::process::Child, Failure> {
    let failed = |error| Failure::io(format!("the {} cannot be started", spec.name), error);
    let log = OpenOptions::new().create(true).append(true).open(&spec.log).map_err(failed)?;
    Command::new(OURSELVES)
        .arg0("shepherd")
        .args(&spec.arguments)
        .envs(spec.environment.iter().map(|(name, value)| (name, value)))
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(log.try_clone().map_err(failed)?)
        .stderr(log)
        .process_group(0)
        .spawn()
        .map_err(failed)
}

/// One log of each run, and the one before.
fn rotate(log: &Path) {
    let _ = std::fs::rename(log, log.with_extension("log.1"));
}

/// The last lines of a log.
fn tail(log: &Path) -> String {
    let mut text = String::new();
    if let Ok(mut file) = File::open(log) {
        let length = file.metadata().map(|data| data.len()).unwrap_or_default();
        let _ = file.seek(SeekFrom::Start(length.saturating_sub(4096)));
        let _ = file.read_to_string(&mut text);
    }
    let lines: Vec<&str> = text.lines().rev().take(5).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}

//! One guest: its process, its connections, its status.
//!
//! The status is a value in memory that only the supervisor (`supervise`) writes once it runs; reading it costs
//! nothing. What must outlive the engine is on disk (`layout`) or in QEMU itself, which waits after a power-off
//! until it is told to go.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::AbortHandle;

use super::console::Console;
use super::forwards::Forwards;
use super::io_error;
use super::layout::GuestDir;
use super::process::Process;
use super::qmp::{Event, Qmp};
use crate::launcher::{Exit, ExitReason, GuestEvent, GuestSpec, GuestStatus, RunningGuest, RuntimeError};

/// How often a new process is asked whether it listens yet.
const POLL: Duration = Duration::from_millis(10);
/// How long to leave a silent process alone.
const RETRY: Duration = Duration::from_secs(1);

/// A guest that was started or found again.
pub(super) struct Guest {
    pub spec: GuestSpec,
    pub dir: GuestDir,
    pub forwards: Forwards,
    /// Held while the guest is started, killed or removed: one of these at a time.
    pub busy: Arc<tokio::sync::Mutex<()>>,
    /// The end is written down and QEMU was told to go; what it still says no longer matters.
    pub ending: AtomicBool,
    process: OnceLock<Process>,
    link: OnceLock<Link>,
    supervisor: OnceLock<AbortHandle>,
    status: watch::Sender<GuestStatus>,
    events: broadcast::Sender<GuestEvent>,
}

/// Connections to a live guest.
pub(super) struct Link {
    pub qmp: Qmp,
    pub console: Console,
}

impl Guest {
    /// A guest without a process.
    pub(super) fn new(
        spec: GuestSpec,
        dir: GuestDir,
        status: GuestStatus,
        events: broadcast::Sender<GuestEvent>,
    ) -> Result<Arc<Self>, RuntimeError> {
        let forwards = Forwards::load(&dir, spec.ip).map_err(io_error("reading the guest's ports"))?;
        let (process, link, supervisor) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        let (status, busy, ending) = (watch::channel(status).0, Arc::default(), AtomicBool::new(false));
        Ok(Arc::new(Self { spec, dir, forwards, busy, ending, process, link, supervisor, status, events }))
    }

    pub(super) fn status(&self) -> GuestStatus {
        self.status.borrow().clone()
    }

    /// Connections, if the guest lives and answers.
    pub(super) fn link(&self) -> Result<&Link, RuntimeError> {
        let absent = || RuntimeError::NotRunning { uid: self.spec.uid.clone() };
        match &*self.status.borrow() {
            GuestStatus::Running(_) | GuestStatus::Paused(_) => self.link.get().ok_or_else(absent),
            _ => Err(absent()),
        }
    }

    /// Kills the process, if there is one, and waits for its end.
    pub(super) async fn kill_process(&self) {
        if let Some(process) = self.process.get() {
            process.kill();
            process.ended().await;
        }
    }

    /// Waits for the end of the process, if there is one.
    pub(super) async fn wait_process(&self) {
        if let Some(process) = self.process.get() {
            process.ended().await;
        }
    }

    /// Waits until it is known how the guest ended.
    pub(super) async fn wait_over(&self) {
        // The sender is ours, so the only outcome is the state waited for.
        let _ = self.status.subscribe().wait_for(is_over).await;
    }

    /// Whether there is nothing left to kill.
    pub(super) fn over(&self) -> bool {
        is_over(&self.status.borrow())
    }

    /// After the files are gone.
    pub(super) fn set_absent(&self) {
        self.status.send_replace(GuestStatus::Absent);
        // Nobody may be listening.
        let _ = self.events.send(GuestEvent { uid: self.spec.uid.clone() });
    }

    /// Takes charge of a process: connects and supervises. Returns once the status is known, and with an error when
    /// the process ended before it could be talked to. A process that lives and is silent is asked again and again.
    pub(super) async fn attach(self: &Arc<Self>, process: Process) -> Result<(), RuntimeError> {
        let process = self.process.get_or_init(|| process);
        let (link, events) = loop {
            tokio::select! {
                link = self.connect() => match link {
                    Ok(link) => break link,
                    Err(error) => tracing::warn!(uid = %self.spec.uid, %error, "guest is silent"),
                },
                () = process.ended() => return Err(RuntimeError::Hypervisor(self.epitaph().await)),
            }
            tokio::time::sleep(RETRY).await;
        };
        let qmp = self.link.get_or_init(|| link).qmp.clone();
        let supervisor = tokio::spawn(self.clone().supervise(qmp, events)).abort_handle();
        let _ = self.supervisor.set(supervisor);
        let _ = self.status.subscribe().wait_for(|s| *s != GuestStatus::Starting).await;
        Ok(())
    }

    /// Lets go of a guest that goes on without us.
    pub(super) fn detach(&self) {
        self.supervisor.get().into_iter().for_each(AbortHandle::abort);
        self.link.get().into_iter().for_each(|link| link.console.stop());
    }

    /// Connects as soon as QEMU listens. The caller bounds the time.
    async fn connect(&self) -> Result<(Link, mpsc::Receiver<Event>), RuntimeError> {
        let stream = loop {
            match self.dir.connect("qmp.sock").await {
                Ok(stream) => break stream,
                Err(_) => tokio::time::sleep(POLL).await,
            }
        };
        let (qmp, events) = Qmp::open(stream).await?;
        let serial =
            self.dir.connect("serial.sock").await.map_err(io_error("connecting to the serial line"))?;
        Ok((Link { qmp, console: Console::start(serial) }, events))
    }

    /// After the process: says how the guest ended, as written down or else as it looks.
    pub(super) async fn conclude(&self) {
        let exit = match self.dir.exit() {
            Ok(Some(exit)) => exit,
            _ => self.record(ExitReason::Crashed, &self.epitaph().await),
        };
        self.set(|_| GuestStatus::Exited(exit.clone()));
    }

    /// Records an end; the first one stays. A disk that is full must not hide the end itself.
    pub(super) fn record(&self, reason: ExitReason, message: &str) -> Exit {
        let exit = Exit { reason, message: message.to_owned() };
        if let Err(error) = self.dir.record_exit(&exit) {
            tracing::error!(uid = %self.spec.uid, %error, "cannot write down how the guest ended");
        }
        exit
    }

    /// The guest lives; its processors run or are halted.
    pub(super) fn set_running(&self, running: bool) {
        let ip = Some(self.spec.ip);
        self.set(|old| {
            let facts = match old {
                GuestStatus::Running(facts) | GuestStatus::Paused(facts) => facts.clone(),
                _ => RunningGuest { ip, agent: None },
            };
            if running { GuestStatus::Running(facts) } else { GuestStatus::Paused(facts) }
        });
    }

    /// Changes what is known of a live guest.
    pub(super) fn facts(&self, change: impl Fn(&mut RunningGuest)) {
        self.set(|old| {
            let mut new = old.clone();
            if let GuestStatus::Running(facts) | GuestStatus::Paused(facts) = &mut new {
                change(facts);
            }
            new
        });
    }

    fn set(&self, next: impl Fn(&GuestStatus) -> GuestStatus) {
        let changed = self.status.send_if_modified(|status| {
            let new = next(status);
            // An ended guest does not come back, whatever a late event says.
            let changes = new != *status && !matches!(status, GuestStatus::Exited(_));
            if changes {
                *status = new;
            }
            changes
        });
        if changed {
            // Nobody may be listening.
            let _ = self.events.send(GuestEvent { uid: self.spec.uid.clone() });
        }
    }

    /// What is known of a process that ended by itself.
    async fn epitaph(&self) -> String {
        let status = match self.process.get() {
            Some(process) => process.verdict().await,
            None => None,
        };
        let status = status.map_or_else(|| "QEMU ended".to_owned(), |status| format!("QEMU ended, {status}"));
        match self.dir.last_words().as_str() {
            "" => status,
            words => format!("{status}: {words}"),
        }
    }
}

fn is_over(status: &GuestStatus) -> bool {
    matches!(status, GuestStatus::Exited(_) | GuestStatus::Absent)
}

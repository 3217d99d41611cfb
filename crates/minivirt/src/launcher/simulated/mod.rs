//! Guests without a process: the same states as real ones, with latencies from a seed.
//!
//! A guest is a small file, so it is found again after a kill; what state it is in follows from that file and the
//! clock. It says what it is wherever a person meets it: on its console, its screen and its web page.
//!
//! An image whose name ends in one of these words behaves accordingly, so that faults can be tried without a
//! cluster that has them: `missing` (cannot be pulled), `crash` (dies while booting), `poweroff` (shuts itself down
//! after booting), `stubborn` (ignores the power button), `hung` and `broken` (its web server never answers, or with
//! status 500).

mod console;
mod font;
mod guest;
mod port;
mod rfb;
mod screen;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::sync::broadcast;

use super::{
    Exit, ExitReason, GuestEvent, GuestSpec, GuestStatus, Runtime, RuntimeError, RuntimeInfo, Stream,
};
use crate::clock;
use guest::{Behaviour, Guest, Web};

/// Latencies of simulated guests. All zero: everything happens at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Simulation {
    /// Shortest and longest boot.
    pub boot: (Duration, Duration),
    /// Shortest and longest shutdown.
    pub shutdown: (Duration, Duration),
    /// Two engines with one seed give a guest of one name the same latencies.
    pub seed: u64,
}

/// The runtime.
pub struct Simulated {
    shared: Arc<Shared>,
}

struct Shared {
    dir: PathBuf,
    simulation: Simulation,
    guests: Mutex<HashMap<String, Guest>>,
    events: broadcast::Sender<GuestEvent>,
}

impl Simulated {
    /// Opens the directory and finds the guests of an earlier life.
    pub fn open(dir: PathBuf, simulation: Simulation) -> std::io::Result<Self> {
        std::fs::create_dir_all(&dir)?;
        let guests = guest::load_all(&dir)?;
        let (events, _) = broadcast::channel(4096);
        let shared = Arc::new(Shared { dir, simulation, guests: Mutex::new(guests), events });
        let uids: Vec<String> = shared.lock().keys().cloned().collect();
        for uid in uids {
            shared.clone().arm(&uid);
        }
        Ok(Self { shared })
    }

    /// Runs `change` on a guest, keeps the result on disk and tells listeners.
    fn change(&self, uid: &str, change: impl FnOnce(&mut Guest)) -> Result<bool, RuntimeError> {
        self.shared.change(uid, change)
    }

    fn live(&self, uid: &str) -> Result<Guest, RuntimeError> {
        let guests = self.shared.lock();
        let guest = guests
            .get(uid)
            .filter(|g| matches!(g.status(), GuestStatus::Running(_) | GuestStatus::Paused(_)));
        guest.cloned().ok_or_else(|| RuntimeError::NotRunning { uid: uid.to_owned() })
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Guest>> {
        self.guests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, uid: &str, change: impl FnOnce(&mut Guest)) -> Result<bool, RuntimeError> {
        let changed = {
            let mut guests = self.lock();
            let Some(guest) = guests.get_mut(uid) else { return Ok(false) };
            let before = guest.clone();
            change(guest);
            let changed = *guest != before;
            if changed {
                guest.save(&self.dir)?;
            }
            changed
        };
        if changed {
            self.tell(uid);
        }
        Ok(changed)
    }

    /// Nobody listening is fine: the truth is in `status`.
    fn tell(&self, uid: &str) {
        let _ = self.events.send(GuestEvent { uid: uid.to_owned() });
    }

    /// Waits for the guest to end: its streams end with it.
    async fn until_ended(&self, uid: &str) {
        let mut events = self.events.subscribe();
        let lives = || {
            let guests = self.lock();
            let status = guests.get(uid).map(Guest::status);
            matches!(status, Some(GuestStatus::Running(_) | GuestStatus::Paused(_)))
        };
        while lives() {
            // Missed events are as good as one: the status is looked at again.
            if matches!(events.recv().await, Err(broadcast::error::RecvError::Closed)) {
                return;
            }
        }
    }

    /// Announces the moments at which a guest changes by itself.
    fn arm(self: Arc<Self>, uid: &str) {
        let due = self.lock().get(uid).and_then(Guest::next_change);
        let Some(due) = due else { return };
        let uid = uid.to_owned();
        tokio::spawn(async move {
            let wait = (due - clock::now()).to_std().unwrap_or_default();
            tokio::time::sleep(wait).await;
            self.tell(&uid);
            // A guest that has booted may have something else planned.
            self.arm(&uid);
        });
    }

    fn latency(&self, spec: &GuestSpec, (least, most): (Duration, Duration), salt: u64) -> Duration {
        if most <= least {
            return least;
        }
        let mut seed = self.simulation.seed ^ salt;
        for byte in spec.namespace.bytes().chain(spec.name.bytes()) {
            seed = seed.wrapping_mul(0x0000_0100_0000_01b3) ^ u64::from(byte);
        }
        StdRng::seed_from_u64(seed).random_range(least..=most)
    }
}

#[async_trait]
impl Runtime for Simulated {
    fn info(&self) -> RuntimeInfo {
        RuntimeInfo { name: "simulated".to_owned(), version: String::new(), accelerated: false }
    }

    async fn start(&self, spec: GuestSpec) -> Result<(), RuntimeError> {
        let behaviour = Behaviour::of(&spec.image);
        if behaviour == Behaviour::Missing {
            let hint = "images whose name ends in \"missing\" are simulated to be absent".to_owned();
            return Err(RuntimeError::ImageMissing { image: spec.image, hint });
        }
        let uid = spec.uid.clone();
        {
            let mut guests = self.shared.lock();
            if guests.contains_key(&uid) {
                return Ok(());
            }
            let boot = self.shared.latency(&spec, self.shared.simulation.boot, 1);
            let guest = Guest::new(spec, behaviour, boot);
            guest.save(&self.shared.dir)?;
            guests.insert(uid.clone(), guest);
        }
        self.shared.tell(&uid);
        self.shared.clone().arm(&uid);
        Ok(())
    }

    async fn shutdown(&self, uid: &str) -> Result<(), RuntimeError> {
        let shared = self.shared.clone();
        self.change(uid, |guest| {
            let latency = shared.latency(&guest.spec, shared.simulation.shutdown, 2);
            guest.press_power_button(latency);
        })?;
        self.shared.clone().arm(uid);
        Ok(())
    }

    async fn kill(&self, uid: &str) -> Result<(), RuntimeError> {
        self.change(uid, |guest| {
            if !matches!(guest.status(), GuestStatus::Exited(_)) {
                guest.exit = Some(Exit { reason: ExitReason::Killed, message: String::new() });
            }
        })
        .map(|_| ())
    }

    async fn remove(&self, uid: &str) -> Result<(), RuntimeError> {
        let removed = self.shared.lock().remove(uid);
        match removed {
            Some(guest) => guest.delete(&self.shared.dir),
            None => Ok(()),
        }
    }

    async fn remove_claim(&self, _namespace: &str, _claim: &str) -> Result<(), RuntimeError> {
        // A simulated disk holds nothing.
        Ok(())
    }

    async fn reset(&self, uid: &str) -> Result<(), RuntimeError> {
        self.live(uid).map(|_| ())
    }

    async fn pause(&self, uid: &str) -> Result<(), RuntimeError> {
        self.live(uid)?;
        self.change(uid, |guest| guest.paused = true).map(|_| ())
    }

    async fn resume(&self, uid: &str) -> Result<(), RuntimeError> {
        self.live(uid)?;
        self.change(uid, |guest| guest.paused = false).map(|_| ())
    }

    async fn status(&self, uid: &str) -> Result<GuestStatus, RuntimeError> {
        Ok(self.shared.lock().get(uid).map_or(GuestStatus::Absent, Guest::status))
    }

    async fn list(&self) -> Result<Vec<String>, RuntimeError> {
        Ok(self.shared.lock().keys().cloned().collect())
    }

    async fn console(&self, uid: &str) -> Result<Box<dyn Stream>, RuntimeError> {
        let guest = self.live(uid)?;
        let (near, far) = tokio::io::duplex(16 * 1024);
        let (shared, uid) = (self.shared.clone(), uid.to_owned());
        tokio::spawn(async move {
            let web = |web: Web| {
                if let Err(error) = shared.change(&uid, |guest| guest.web = web) {
                    tracing::error!(%error, uid, "simulated guest cannot be kept");
                }
            };
            let ended = tokio::select! {
                ended = console::serve(far, &guest.spec, &web) => ended,
                () = shared.until_ended(&uid) => None,
            };
            if let Some(reason) = ended {
                let message = format!("asked for on the console: {reason:?}");
                let exited = shared.change(&uid, |guest| guest.exit = Some(Exit { reason, message }));
                if let Err(error) = exited {
                    tracing::error!(%error, uid, "simulated guest cannot end");
                }
            }
        });
        Ok(Box::new(near))
    }

    async fn vnc(&self, uid: &str) -> Result<Box<dyn Stream>, RuntimeError> {
        let guest = self.live(uid)?;
        let (near, far) = tokio::io::duplex(256 * 1024);
        let (shared, uid) = (self.shared.clone(), uid.to_owned());
        tokio::spawn(async move {
            tokio::select! {
                served = rfb::serve(far, &guest.spec) => if let Err(error) = served {
                    tracing::debug!(%error, "simulated screen closed");
                },
                () = shared.until_ended(&uid) => {}
            }
        });
        Ok(Box::new(near))
    }

    async fn screenshot(&self, uid: &str) -> Result<Vec<u8>, RuntimeError> {
        let guest = self.live(uid)?;
        screen::png(&guest.spec).map_err(|e| RuntimeError::Hypervisor(format!("screenshot: {e}")))
    }

    async fn dial(&self, uid: &str, port: u16) -> Result<Box<dyn Stream>, RuntimeError> {
        let guest = self.live(uid)?;
        port::dial(&guest.spec, guest.web, port)
    }

    fn events(&self) -> broadcast::Receiver<GuestEvent> {
        self.shared.events.subscribe()
    }
}

//! Real guests: one QEMU process each, without privileges, in a session of its own.
//!
//! Invariants:
//! * The engine's death does not touch a guest. A new engine finds it by its process and its QMP socket.
//! * A uid has at most one process: QEMU locks its pid file, and a directory is in the hands of one engine.
//! * What a guest or its owner wrote reaches QEMU only as file content, JSON or a checked word.
//!
//! `command` says what a machine consists of, `guest` what happens to it, `adopt` how it is found again. Not here:
//! when to start or stop what (`crate::handler`).

mod adopt;
mod agent;
mod command;
mod config;
mod console;
mod disks;
mod forwards;
mod guest;
mod layout;
mod probe;
mod process;
mod qmp;
mod reach;
mod room;
mod runtime;
mod seed;
mod supervise;

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub use config::{Account, QemuConfig};
use guest::Guest;
use layout::GuestDir;
use rustix::fs::FlockOperation;
use tokio::sync::{OwnedMutexGuard, broadcast};

use super::{GuestEvent, GuestSpec, GuestStatus, RuntimeError};
use crate::images::ImageError;

/// Longest time QEMU may take from its start to its first answer. Milliseconds, unless the machine is overloaded.
const START: Duration = Duration::from_secs(60);

/// A guest nobody else works on.
type NewGuest = (Arc<Guest>, OwnedMutexGuard<()>);

/// Guests as QEMU processes. Cheap to clone.
#[derive(Clone)]
pub struct QemuRuntime(Arc<Inner>);

struct Inner {
    config: QemuConfig,
    /// `None` while QEMU is not installed: the engine runs, starting a guest says what to install.
    version: Option<String>,
    kvm: bool,
    guests: Mutex<HashMap<String, Arc<Guest>>>,
    events: broadcast::Sender<GuestEvent>,
    /// Keeps other engines off the state directory for as long as this one lives.
    _lock: File,
}

impl QemuRuntime {
    /// Takes the state directory (made when missing) and the guests in it.
    pub async fn open(mut config: QemuConfig) -> Result<Self, RuntimeError> {
        let making = || io_error("making the state directory");
        // Guests run under another account and must reach their own directory.
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true).mode(0o711);
        builder.create(layout::guests(&config.state_dir)).map_err(making())?;
        config.state_dir = config.state_dir.canonicalize().map_err(making())?;
        let lock = File::create(config.state_dir.join("lock")).map_err(making())?;
        rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive).map_err(|_| {
            RuntimeError::Resources(format!("another engine uses {}", config.state_dir.display()))
        })?;
        let version = probe::version(&config.qemu).await;
        let kvm = match &version {
            Some(version) => probe::kvm(&config, version).await,
            None => false,
        };
        let events = broadcast::channel(1024).0;
        let guests = Mutex::new(adopt::all(&config, &events).await?);
        Ok(Self(Arc::new(Inner { config, version, kvm, guests, events, _lock: lock })))
    }
}

/// Guests go on; another engine may take them.
impl Drop for Inner {
    fn drop(&mut self) {
        let guests = self.guests.get_mut().unwrap_or_else(PoisonError::into_inner);
        guests.values().for_each(|guest| guest.detach());
    }
}

impl Inner {
    fn guest(&self, uid: &str) -> Option<Arc<Guest>> {
        self.guests.lock().unwrap_or_else(PoisonError::into_inner).get(uid).cloned()
    }

    /// A new guest of this uid, already busy; `None` if there is one.
    fn enter(&self, spec: GuestSpec) -> Result<Option<NewGuest>, RuntimeError> {
        let dir = GuestDir::new(&self.config.state_dir, &spec.uid)?;
        let mut guests = self.guests.lock().unwrap_or_else(PoisonError::into_inner);
        if guests.contains_key(&spec.uid) {
            return Ok(None);
        }
        let guest = Guest::new(spec, dir, GuestStatus::Starting, self.events.clone())?;
        let busy = guest.busy.clone().try_lock_owned();
        let busy = busy.map_err(|_| RuntimeError::Hypervisor("a new guest is busy".to_owned()))?;
        guests.insert(guest.spec.uid.clone(), guest.clone());
        Ok(Some((guest, busy)))
    }

    /// Kills, deletes and forgets a guest.
    async fn discard(&self, guest: &Guest) -> Result<(), RuntimeError> {
        guest.kill_process().await;
        guest.dir.delete().map_err(io_error("removing the guest's files"))?;
        self.guests.lock().unwrap_or_else(PoisonError::into_inner).remove(&guest.spec.uid);
        guest.set_absent();
        Ok(())
    }

    /// Makes everything a guest needs and its process.
    async fn launch(&self, guest: &Arc<Guest>) -> Result<(), RuntimeError> {
        let (config, spec, dir) = (&self.config, &guest.spec, &guest.dir);
        if self.version.is_none() && probe::version(&config.qemu).await.is_none() {
            let program = config.qemu.display();
            let hint = format!("{program} is not installed; on Debian: apt-get install qemu-system-x86");
            return Err(RuntimeError::Unsupported(hint));
        }
        let images = config.images.clone();
        let name = spec.image.clone();
        let image = tokio::task::spawn_blocking(move || images.resolve(&name)).await;
        let image = image.map_err(|e| RuntimeError::Hypervisor(format!("reading images: {e}")))?;
        let image = image.map_err(|error| image_error(&spec.image, error))?;
        if spec.memory_bytes < image.min_memory {
            return Err(RuntimeError::Unsupported(format!(
                "image {} does not boot with {} MiB of memory; it needs {}",
                image.name,
                spec.memory_bytes >> 20,
                image.min_memory >> 20
            )));
        }
        for file in image.files() {
            reach::check(&image.dir.join(file), config.guest_account())?;
        }
        room::check(&config.state_dir, spec)?;
        dir.create(spec, config.guest_account())?;
        reach::check(&dir.run(), config.guest_account())?;
        let disks = disks::prepare(config, spec, &image, dir).await?;
        let (kvm, outbound) = (self.kvm, config.outbound);
        let machine = command::Machine { spec, image: &image, disks: &disks, dir, kvm, outbound };
        let process =
            process::Process::spawn(&config.qemu, &command::arguments(&machine), dir, config.guest_account())
                .map_err(io_error("starting QEMU"))?;
        let late = || RuntimeError::Hypervisor("QEMU did not come up in time".to_owned());
        tokio::time::timeout(START, guest.attach(process)).await.map_err(|_| late())?
    }
}

/// What an image error means for a VM that asked for the image.
fn image_error(image: &str, error: ImageError) -> RuntimeError {
    let image = image.to_owned();
    match error {
        ImageError::Missing { name, .. } => {
            let hint = format!("add it with `shepherd minivirt image add {name} FILE`");
            RuntimeError::ImageMissing { image, hint }
        }
        ImageError::Name(_) | ImageError::Damaged { .. } => {
            RuntimeError::ImageMissing { image, hint: error.to_string() }
        }
        // The guest before this one has not let go of the disk yet.
        ImageError::Refused { ref why, .. } if why.contains(" lock") => {
            RuntimeError::Resources(error.to_string())
        }
        ImageError::Io { context, source } => io_error(context)(source),
        ImageError::Tool { .. } | ImageError::Refused { .. } | ImageError::Exists(_) => {
            RuntimeError::Unsupported(error.to_string())
        }
    }
}

/// Wraps a cause; a full file system is a matter of resources, whoever met it.
fn io_error(context: impl Into<String>) -> impl FnOnce(io::Error) -> RuntimeError {
    let context = context.into();
    move |source| match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            RuntimeError::Resources(format!("{context}: the file system is full"))
        }
        _ => RuntimeError::Io { context, source },
    }
}

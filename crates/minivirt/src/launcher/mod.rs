//! What runs guests: the seam between the engine and a hypervisor.
//!
//! The handler (`crate::handler`) turns a VirtualMachineInstance into a [`GuestSpec`] and drives a [`Runtime`];
//! nothing above this line knows whether a guest is a QEMU process or a simulation.
//!
//! Invariants:
//! * A guest is named by the uid of its VirtualMachineInstance. One uid is started at most once: a second
//!   `start` with the same uid adopts what runs and never makes another guest.
//! * What a runtime knows survives `kill -9` of the engine: after a restart `list` and `status` tell the truth.
//! * No call waits for a guest to do something (boot, power off); the outcome is seen in `status`, and
//!   `events` says when to look.
//!
//! Not here: phases, conditions, grace periods, restart policy. Those belong to handler and controller.

pub mod qemu;
pub mod simulated;

use std::net::Ipv4Addr;

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::broadcast;

/// A byte stream to a guest: serial line, VNC or a TCP connection.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Everything a runtime needs to make a guest. It is complete: a runtime reads nothing from the API store.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct GuestSpec {
    /// Uid of the VirtualMachineInstance; the guest's identity. A UUID in text form, safe as a file name.
    pub uid: String,
    /// Namespace and name of the instance, for logs, file comments and guest metadata. DNS labels.
    pub namespace: String,
    /// See `namespace`.
    pub name: String,
    /// Virtual CPUs, at least 1.
    pub vcpus: u32,
    /// Guest memory in bytes.
    pub memory_bytes: u64,
    /// Name of the container disk the root comes from, exactly as the VM says it (`registry/name:tag`).
    pub image: String,
    /// Whether what the guest writes to its root outlives the guest.
    pub root: Root,
    /// Further empty disks, in order after the root.
    pub disks: Vec<EmptyDisk>,
    /// NoCloud seed, if the VM has one.
    pub seed: Option<Seed>,
    /// Address of the guest's network card, `02:..`; stable over the life of the instance.
    pub mac: String,
    /// Loopback address (127.77.a.b) under which the guest's ports are reachable from this host.
    pub ip: Ipv4Addr,
    /// UUID the guest sees in its SMBIOS.
    pub firmware_uuid: Option<String>,
    /// Start with the processors halted (`startStrategy: Paused`).
    pub paused: bool,
}

/// The life of the root disk.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Root {
    /// A copy-on-write layer that dies with the guest (KubeVirt's `containerDisk`).
    Ephemeral,
    /// A layer named by (namespace, claim) that outlives the guest and is removed by [`Runtime::remove_claim`].
    Persistent {
        /// Name of the PersistentVolumeClaim or DataVolume.
        claim: String,
        /// Virtual size to grow the disk to, in bytes; 0 keeps the image's size.
        size_bytes: u64,
    },
}

/// An empty disk that dies with the guest (KubeVirt's `emptyDisk`).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct EmptyDisk {
    /// Name of the volume; the disk's serial in the guest.
    pub name: String,
    /// Capacity in bytes.
    pub capacity_bytes: u64,
    /// When set, the disk is named by (namespace, claim) and outlives the guest, as in [`Root::Persistent`].
    pub claim: Option<String>,
}

/// cloud-init NoCloud files.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Seed {
    /// `meta-data`
    pub meta_data: String,
    /// `user-data`; may hold secrets.
    pub user_data: String,
    /// `network-config`
    pub network_data: Option<String>,
}

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seed").field("meta_data", &self.meta_data).finish_non_exhaustive()
    }
}

/// What a runtime knows of a guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GuestStatus {
    /// Never started, or removed.
    Absent,
    /// Being prepared (image, disks, process); processors have not run yet.
    Starting,
    /// Processors run.
    Running(RunningGuest),
    /// Processors are halted by `pause` or by a paused start.
    Paused(RunningGuest),
    /// The guest is over; what is left is removed by [`Runtime::remove`].
    Exited(Exit),
}

/// Facts about a live guest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunningGuest {
    /// Where its ports are reachable from this host; `None` while unknown.
    pub ip: Option<Ipv4Addr>,
    /// Present once the guest agent answers.
    pub agent: Option<AgentInfo>,
}

/// What the guest agent says.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct AgentInfo {
    /// Version of the agent.
    pub version: String,
    /// Host name inside the guest.
    pub hostname: String,
    /// `os-release` ID, e.g. `debian`.
    pub os_id: String,
    /// `os-release` NAME.
    pub os_name: String,
    /// `os-release` PRETTY_NAME.
    pub os_pretty_name: String,
    /// `os-release` VERSION_ID.
    pub os_version_id: String,
    /// Kernel release, e.g. `6.1.0-25-cloud-amd64`.
    pub kernel_release: String,
}

/// How a guest ended.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Exit {
    /// Class of the end.
    pub reason: ExitReason,
    /// For people: last lines of the process's error output, a signal, an exit code. No secrets.
    pub message: String,
}

/// Classes of a guest's end; they decide between Succeeded and Failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ExitReason {
    /// The guest powered itself off, by itself or on request.
    Shutdown,
    /// The process died or never came up.
    Crashed,
    /// [`Runtime::kill`] ended it.
    Killed,
}

/// Sent whenever a guest's status may have changed. Carries no state: read `status`, the truth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuestEvent {
    /// Which guest.
    pub uid: String,
}

/// Facts about the runtime itself, shown on the Node and in conditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuntimeInfo {
    /// `qemu` or `simulated`.
    pub name: String,
    /// Version of the hypervisor, e.g. `7.2.11`; empty when there is none.
    pub version: String,
    /// `true` when guests run on hardware virtualisation that a probe guest has proved.
    pub accelerated: bool,
}

/// Why a runtime could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// No guest under this uid, or it is not in a state that has what was asked for.
    #[error("guest {uid} is not running")]
    NotRunning {
        /// The guest asked for.
        uid: String,
    },
    /// The image is not in this engine's image directory. Shown to users as ErrImagePull.
    #[error("image {image} is not available: {hint}")]
    ImageMissing {
        /// As written in the VM.
        image: String,
        /// What to do, e.g. `shepherd minivirt image add`.
        hint: String,
    },
    /// The machine lacks what the guest needs (memory, disk space, a free address). Retried.
    #[error("not enough resources: {0}")]
    Resources(String),
    /// The spec asks for what this runtime does not have.
    #[error("not supported: {0}")]
    Unsupported(String),
    /// Anything else that failed outside our hands.
    #[error("{context}: {source}")]
    Io {
        /// What was being done.
        context: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// A hypervisor answered with an error or not at all.
    #[error("hypervisor: {0}")]
    Hypervisor(String),
}

/// A hypervisor, real or simulated. All methods may be called concurrently and repeated.
#[async_trait]
pub trait Runtime: Send + Sync + 'static {
    /// Facts for the Node object.
    fn info(&self) -> RuntimeInfo;

    /// Starts the guest and returns once it is `Starting` or further. Idempotent: a guest already running under
    /// this uid is adopted. An error means nothing was left behind; the engine retries with back-off.
    async fn start(&self, spec: GuestSpec) -> Result<(), RuntimeError>;

    /// Sends the ACPI power button and returns at once. An absent or ended guest is not an error.
    async fn shutdown(&self, uid: &str) -> Result<(), RuntimeError>;

    /// Ends the guest now; it is `Exited(Killed)` when this returns. An absent or ended guest is not an error.
    async fn kill(&self, uid: &str) -> Result<(), RuntimeError>;

    /// Kills if need be and deletes everything that dies with the guest. `Absent` afterwards.
    async fn remove(&self, uid: &str) -> Result<(), RuntimeError>;

    /// Deletes a persistent disk. A missing one is not an error.
    async fn remove_claim(&self, namespace: &str, claim: &str) -> Result<(), RuntimeError>;

    /// Resets the machine without ending the process (the reset button).
    async fn reset(&self, uid: &str) -> Result<(), RuntimeError>;

    /// Halts the processors. Idempotent.
    async fn pause(&self, uid: &str) -> Result<(), RuntimeError>;

    /// Lets the processors run again. Idempotent.
    async fn resume(&self, uid: &str) -> Result<(), RuntimeError>;

    /// The truth about one guest. Cheap enough to ask on every event.
    async fn status(&self, uid: &str) -> Result<GuestStatus, RuntimeError>;

    /// Every uid that is not `Absent`, ended ones included; after a restart, what was found again.
    async fn list(&self) -> Result<Vec<String>, RuntimeError>;

    /// The serial line. One user at a time: a new connection ends the one before.
    async fn console(&self, uid: &str) -> Result<Box<dyn Stream>, RuntimeError>;

    /// RFB bytes (RFC 6143); the server speaks first. Several may be open.
    async fn vnc(&self, uid: &str) -> Result<Box<dyn Stream>, RuntimeError>;

    /// The screen as a PNG.
    async fn screenshot(&self, uid: &str) -> Result<Vec<u8>, RuntimeError>;

    /// A TCP connection to a port of the guest.
    async fn dial(&self, uid: &str, port: u16) -> Result<Box<dyn Stream>, RuntimeError>;

    /// State changes. A lagging receiver must re-read `list`.
    fn events(&self) -> broadcast::Receiver<GuestEvent>;

    /// Called on an orderly end of the engine. Guests keep running: only `kill` and `remove` end them.
    async fn detach(&self) {}
}

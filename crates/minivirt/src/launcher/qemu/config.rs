//! What the QEMU runtime can be told.

use std::path::PathBuf;

use crate::images::ImageStore;

/// Settings of the runtime.
#[derive(Debug, Clone)]
pub struct QemuConfig {
    /// Directory for everything about guests. One engine at a time.
    pub state_dir: PathBuf,
    /// Where images come from.
    pub images: ImageStore,
    /// The program, a name on the search path or a path.
    pub qemu: PathBuf,
    /// Whether hardware virtualisation is used where it works. `false` emulates always.
    pub allow_kvm: bool,
    /// The account guests run under. `None` is the account of the engine or, when that is root, `nobody`.
    pub account: Option<Account>,
    /// Whether guests may open connections to the outside. They would also reach services of this host that listen
    /// on loopback only, so it is off unless asked for; ports of guests are reachable either way.
    pub outbound: bool,
}

impl QemuConfig {
    /// Settings with the cautious defaults.
    pub fn new(state_dir: impl Into<PathBuf>, images: ImageStore) -> Self {
        Self {
            state_dir: state_dir.into(),
            images,
            qemu: PathBuf::from("qemu-system-x86_64"),
            allow_kvm: true,
            account: None,
            outbound: false,
        }
    }

    /// The account guests are to be switched to, if any.
    pub(super) fn guest_account(&self) -> Option<Account> {
        let root = rustix::process::geteuid().is_root();
        self.account.or_else(|| root.then_some(Account::NOBODY)).filter(|_| root)
    }
}

/// A user and group by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
}

impl Account {
    /// `nobody:nogroup` as Debian numbers them.
    pub const NOBODY: Self = Self { uid: 65534, gid: 65534 };
}

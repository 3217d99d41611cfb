//! Where a runtime keeps what it must not forget.
//!
//! ```text
//! STATE/lock                      held while an engine uses the directory
//! STATE/kvm-probe.json            what the probe guest said, for this boot of the host
//! STATE/claims/NAMESPACE/CLAIM    persistent disks (qcow2)
//! STATE/guests/UID/spec.json      what was asked for; may hold secrets, ours alone
//! STATE/guests/UID/exit.json      how the guest ended; written once
//! STATE/guests/UID/forwards.json  host ports by guest port
//! STATE/guests/UID/run/           the guest's process: sockets, pid, log, seed, disks that die with it
//! ```
//!
//! Only `run` and the claims belong to the account guests run under: a guest that breaks out of its hypervisor
//! cannot rewrite what we believe about it.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;

use super::config::Account;
use crate::launcher::{Exit, GuestSpec, RuntimeError};

/// The directory of one guest.
#[derive(Debug, Clone)]
pub(super) struct GuestDir(PathBuf);

impl GuestDir {
    /// The directory for `uid` under `state`. Fails when the uid is not safe as a file name.
    pub(super) fn new(state: &Path, uid: &str) -> Result<Self, RuntimeError> {
        let safe = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        if uid.is_empty() || uid.len() > 64 || !uid.bytes().all(safe) {
            return Err(RuntimeError::Unsupported("a guest's uid must be a UUID".to_owned()));
        }
        Ok(Self(guests(state).join(uid)))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn run(&self) -> PathBuf {
        self.0.join("run")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.run().join("qemu.log")
    }

    /// Also how the process is known again: no other one has this path among its arguments.
    pub(super) fn pid_file(&self) -> PathBuf {
        self.run().join("qemu.pid")
    }

    /// Makes the directories for a new guest and writes its spec.
    pub(super) fn create(&self, spec: &GuestSpec, account: Option<Account>) -> Result<(), RuntimeError> {
        let making = |source| RuntimeError::Io { context: "making the guest's directory".to_owned(), source };
        fs::DirBuilder::new().recursive(true).mode(0o711).create(&self.0).map_err(making)?;
        fs::DirBuilder::new().mode(0o700).create(self.run()).map_err(making)?;
        give(&self.run(), account).map_err(making)?;
        self.write("spec.json", spec).map_err(making)
    }

    pub(super) fn spec(&self) -> io::Result<Option<GuestSpec>> {
        self.read("spec.json")
    }

    pub(super) fn exit(&self) -> io::Result<Option<Exit>> {
        self.read("exit.json")
    }

    /// Records how the guest ended; the first record stays.
    pub(super) fn record_exit(&self, exit: &Exit) -> io::Result<()> {
        if self.0.join("exit.json").exists() { Ok(()) } else { self.write("exit.json", exit) }
    }

    /// Writes a small file whole or not at all, readable by us alone.
    pub(super) fn write(&self, name: &str, value: &impl Serialize) -> io::Result<()> {
        use std::io::Write;
        let staged = self.0.join(format!("{name}.new"));
        let mut file =
            fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&staged)?;
        file.write_all(&serde_json::to_vec(value)?)?;
        file.sync_data()?;
        fs::rename(staged, self.0.join(name))
    }

    /// Reads a small file; `None` when it is not there.
    pub(super) fn read<T: DeserializeOwned>(&self, name: &str) -> io::Result<Option<T>> {
        match fs::read(self.0.join(name)) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Deletes everything. A missing directory is no error.
    pub(super) fn delete(&self) -> io::Result<()> {
        match fs::remove_dir_all(&self.0) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        }
    }

    /// Connects to a socket in `run`. Goes by a file descriptor because the path of a socket may have no more than
    /// 107 bytes, and the state directory may be deep.
    pub(super) async fn connect(&self, socket: &str) -> io::Result<UnixStream> {
        use std::os::fd::AsRawFd;
        let run = fs::File::open(self.run())?;
        UnixStream::connect(format!("/proc/self/fd/{}/{socket}", run.as_raw_fd())).await
    }

    /// The last lines the process wrote to its error output, for people.
    pub(super) fn last_words(&self) -> String {
        let bytes = fs::read(self.log()).unwrap_or_default();
        let tail = String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(2000)..]).into_owned();
        let lines: Vec<&str> = tail.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let last = lines[lines.len().saturating_sub(3)..].join("; ");
        last.replace("qemu-system-x86_64: ", "").chars().filter(|c| !c.is_control()).collect()
    }
}

/// The directory of all guests.
pub(super) fn guests(state: &Path) -> PathBuf {
    state.join("guests")
}

/// The file of a persistent disk. Fails when a name is not safe as a file name.
pub(super) fn claim(state: &Path, namespace: &str, name: &str) -> Result<PathBuf, RuntimeError> {
    for part in [namespace, name] {
        let safe = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
        if part.is_empty() || part.len() > 253 || part.starts_with('.') || !part.bytes().all(safe) {
            return Err(RuntimeError::Unsupported("a claim's name must be a DNS name".to_owned()));
        }
    }
    Ok(state.join("claims").join(namespace).join(format!("{name}.qcow2")))
}

/// Makes the account the owner of a file, if guests have an account of their own.
pub(super) fn give(path: &Path, account: Option<Account>) -> io::Result<()> {
    account.map_or(Ok(()), |a| std::os::unix::fs::chown(path, Some(a.uid), Some(a.gid)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_leave_the_directory_are_refused() {
        let state = Path::new("/state");
        for bad in ["", "..", "a/b", "../../x", "a\0b"] {
            assert!(GuestDir::new(state, bad).is_err(), "{bad:?}");
            assert!(claim(state, "ns", bad).is_err(), "{bad:?}");
            assert!(claim(state, bad, "claim").is_err(), "{bad:?}");
        }
        assert!(claim(state, "shop", "web-1.data").is_ok());
    }

    #[test]
    fn the_first_record_of_an_end_stays() {
        use crate::launcher::ExitReason;
        let state = tempfile::tempdir().unwrap();
        let dir = GuestDir::new(state.path(), "u-1").unwrap();
        fs::create_dir_all(dir.path()).unwrap();
        for reason in [ExitReason::Shutdown, ExitReason::Killed] {
            dir.record_exit(&Exit { reason, message: String::new() }).unwrap();
        }
        assert_eq!(dir.exit().unwrap().unwrap().reason, ExitReason::Shutdown);
    }
}

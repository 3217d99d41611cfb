//! The process of a guest: started in a session of its own, found again after the engine's death, watched and
//! killed by pidfd so that a reused pid can never be taken for it.

use std::collections::HashMap;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use rustix::process::{Pid, PidfdFlags, Signal};
use tokio::io::unix::AsyncFd;
use tokio::process::Command;
use tokio::sync::watch;

use super::config::Account;
use super::layout::{GuestDir, guests};

/// A live or just ended process.
#[derive(Debug)]
pub(super) struct Process {
    fd: AsyncFd<OwnedFd>,
    /// Exit status, when we are its parent and it has ended.
    status: watch::Receiver<Option<ExitStatus>>,
}

impl Process {
    /// Starts `program` with `args`, detached from us: own session, `run` as its directory, errors to the log.
    pub(super) fn spawn(
        program: &Path,
        args: &[std::ffi::OsString],
        dir: &GuestDir,
        account: Option<Account>,
    ) -> io::Result<Self> {
        let log = std::fs::File::create(dir.log())?;
        super::layout::give(&dir.log(), account)?;
        // `setsid` replaces itself by the program: the pid stays, and no terminal or process group ties it to us.
        let mut command = Command::new("setsid");
        command.arg(program).args(args).current_dir(dir.run());
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        if let Some(account) = account {
            command.uid(account.uid).gid(account.gid);
        }
        let mut child = command.spawn()?;
        let pid = child.id().ok_or_else(|| io::Error::other("the process ended at once"))?;
        let fd = pidfd(pid)?;
        let (report, status) = watch::channel(None);
        // Somebody must collect the child, or it stays a zombie.
        tokio::spawn(async move { report.send(child.wait().await.ok()) });
        Ok(Self { fd, status })
    }

    /// Takes up a process found by [`find`].
    pub(super) fn adopt(pid: u32) -> io::Result<Self> {
        Ok(Self { fd: pidfd(pid)?, status: watch::channel(None).1 })
    }

    /// Returns when the process has ended.
    pub(super) async fn ended(&self) {
        // A pidfd becomes readable at the end and stays so. An error cannot happen on a valid descriptor; were it
        // to, "ended" is what callers recover from.
        let _ = self.fd.readable().await;
    }

    /// Ends the process without asking it.
    pub(super) fn kill(&self) {
        // The only failure left is that it is gone already.
        let _ = rustix::process::pidfd_send_signal(self.fd.get_ref(), Signal::KILL);
    }

    /// How the process ended, if it was our child; waits for the moment between the end and its collection.
    pub(super) async fn verdict(&self) -> Option<ExitStatus> {
        let mut status = self.status.clone();
        status.wait_for(Option::is_some).await.ok().and_then(|status| *status)
    }
}

#[expect(
    deprecated,
    reason = "`register` is unsafe to call; what it guards against cannot happen with an OwnedFd"
)]
fn pidfd(pid: u32) -> io::Result<AsyncFd<OwnedFd>> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    AsyncFd::new(rustix::process::pidfd_open(pid, PidfdFlags::empty())?)
}

/// The guests of this state directory that have a process, with its pid. Reads every command line once: a guest is
/// known by its pid file's full path among the arguments, which no other process has.
pub(super) fn find(state: &Path) -> io::Result<HashMap<PathBuf, u32>> {
    let guests = guests(state);
    let mut found = HashMap::new();
    for entry in std::fs::read_dir("/proc")? {
        let entry = entry?;
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        // Empty for a zombie and for kernel threads; gone if the process ended meanwhile.
        let Ok(line) = std::fs::read(entry.path().join("cmdline")) else { continue };
        let mut args = line.split(|b| *b == 0);
        let Some(path) = args.find(|a| *a == b"-pidfile").and_then(|_| args.next()) else { continue };
        let path = Path::new(std::ffi::OsStr::from_bytes(path));
        if path.starts_with(&guests) {
            found.insert(path.to_owned(), pid);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn guest(state: &Path) -> GuestDir {
        let dir = GuestDir::new(state, "u-1").unwrap();
        std::fs::create_dir_all(dir.run()).unwrap();
        dir
    }

    fn script(dir: &GuestDir, text: &str) -> Process {
        let args = ["-c", text, "-pidfile"].map(Into::into).into_iter();
        let args: Vec<_> = args.chain([dir.pid_file().into_os_string()]).collect();
        Process::spawn(Path::new("sh"), &args, dir, None).unwrap()
    }

    #[tokio::test]
    async fn a_process_is_found_by_its_guest_and_killed() {
        let state = tempfile::tempdir().unwrap();
        let dir = guest(state.path());
        // Waits without a child, which would for a moment look like its parent.
        let process = script(&dir, "kill -STOP $$");
        let pid = loop {
            // Between fork and exec it still looks like us.
            match find(state.path()).unwrap().get(&dir.pid_file()) {
                Some(pid) => break *pid,
                None => tokio::task::yield_now().await,
            }
        };
        let adopted = Process::adopt(pid).unwrap();
        adopted.kill();
        tokio::time::timeout(Duration::from_secs(10), adopted.ended()).await.unwrap();
        assert!(process.verdict().await.is_some());
        assert!(find(state.path()).unwrap().is_empty());
    }

    #[tokio::test]
    async fn the_exit_status_and_last_words_are_kept() {
        let state = tempfile::tempdir().unwrap();
        let dir = guest(state.path());
        let process = script(&dir, "echo no such disk >&2; exit 3");
        process.ended().await;
        assert_eq!(process.verdict().await.unwrap().code(), Some(3));
        assert_eq!(dir.last_words(), "no such disk");
    }
}

//! The directory of an instance: who uses it, its root key, its ports.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use secrecy::ExposeSecret;
use shepherd_store::secrets::Keyring;

use crate::failure::Failure;

/// How long what an earlier run left behind may take to end.
const ORPHAN: std::time::Duration = std::time::Duration::from_secs(3);

/// A directory that this process alone uses.
pub struct Directory {
    path: PathBuf,
    _lock: File,
}

impl Directory {
    /// Opens or makes it. Refused while another process uses it.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let failed = |error| Failure::io(path.display(), error);
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed)?;
        let path = path.canonicalize().map_err(failed)?;
        let lock =
            OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path.join("lock"));
        let lock = lock.map_err(failed)?;
        if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            let text = format!(
                "another Shepherd uses {}; stop it, or choose another directory with --data",
                path.display()
            );
            return Err(Failure::new("ALREADY_RUNNING", text));
        }
        let this = Self { path, _lock: lock };
        fs::create_dir_all(this.logs()).map_err(|error| Failure::io(this.logs().display(), error))?;
        Ok(this)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file or directory in it.
    pub fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Where the children's output goes.
    pub fn logs(&self) -> PathBuf {
        self.path.join("logs")
    }

    /// The file with the root key; made once. Without it what is sealed in the database is lost.
    pub fn root_key(&self) -> Result<PathBuf, Failure> {
        let path = self.join("root.key");
        if !path.exists() {
            let key = Keyring::generate_key()?;
            write_private(&path, &format!("{}\n", key.expose_secret()))?;
        }
        Ok(path)
    }

    /// A port for `name` that stays the same over restarts, because clusters are known by their address.
    pub fn port(&self, name: &str) -> Result<u16, Failure> {
        let path = self.join(&format!("{name}.port"));
        let kept = fs::read_to_string(&path).ok().and_then(|text| text.trim().parse().ok());
        // A cluster whose `up` was killed a moment ago still has it.
        if let Some(port) = kept.filter(|port| gets_free(*port)) {
            return Ok(port);
        }
        let port = free_port()?;
        write_private(&path, &format!("{port}\n"))?;
        Ok(port)
    }
}

/// A loopback port that nobody listens on now.
pub fn free_port() -> Result<u16, Failure> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    listener.map(|address| address.port()).map_err(|error| Failure::io("no loopback port is free", error))
}

/// Whether a port is free, or becomes it within the time an orphan takes to end.
fn gets_free(port: u16) -> bool {
    let start = std::time::Instant::now();
    loop {
        match std::net::TcpListener::bind(("127.0.0.1", port)) {
            Ok(_) => return true,
            Err(_) if start.elapsed() > ORPHAN => return false,
            Err(_) => std::thread::sleep(std::time::Duration::from_millis(20)),
        }
    }
}

/// Writes a file that only its owner can read, whole or not at all.
pub fn write_private(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error| Failure::io(path.display(), error);
    let draft = path.with_extension("new");
    let _ = fs::remove_file(&draft);
    let mut file =
        OpenOptions::new().create_new(true).write(true).mode(0o600).open(&draft).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    fs::rename(&draft, path).map_err(failed)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_directory_has_one_user_and_keeps_its_key_and_ports() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("run");
        let open = Directory::open(&path).unwrap();
        assert_eq!(Directory::open(&path).err().unwrap().code(), "ALREADY_RUNNING");
        let (key, port) = (fs::read(open.root_key().unwrap()).unwrap(), open.port("local").unwrap());
        assert_eq!(fs::metadata(open.root_key().unwrap()).unwrap().permissions().mode() & 0o777, 0o600);
        drop(open);
        let again = Directory::open(&path).unwrap();
        assert_eq!((fs::read(again.root_key().unwrap()).unwrap(), again.port("local").unwrap()), (key, port));
        let _squatter = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
        assert_ne!(again.port("local").unwrap(), port);
    }
}

//! Real guests for tests: a runtime on a directory of its own, the demo image, and a way to wait for bytes.
//!
//! The image is where `scripts/guest-image.sh .dev/guest` puts it; it is made when it is not there.
#![allow(dead_code)] // Each test file uses its own part.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use shepherd_minivirt::images::ImageStore;
use shepherd_minivirt::launcher::qemu::{QemuConfig, QemuRuntime};
use shepherd_minivirt::launcher::{GuestSpec, GuestStatus, Root, Runtime, Seed, Stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Emulated guests on a busy machine are slow; nothing here waits longer than it must.
pub const PATIENCE: Duration = Duration::from_secs(120);
pub const IMAGE: &str = "shepherd/demo:1";

const USER_DATA: &str = "#cloud-config
user: dev
password: open sesame
write_files:
- path: /etc/motd
  content: |
    welcome to the test
runcmd:
- touch /run/commands-ran
";

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Where the demo image is. Made once for all tests of the process.
pub fn image_dir() -> PathBuf {
    static DIR: OnceLock<PathBuf> = OnceLock::new();
    let make = || {
        let dir = workspace().join(".dev/guest");
        let made = std::process::Command::new(workspace().join("scripts/guest-image.sh")).arg(&dir).output();
        let output = made.expect("scripts/guest-image.sh cannot be run");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        dir
    };
    DIR.get_or_init(make).clone()
}

pub fn config(state: &Path) -> QemuConfig {
    QemuConfig::new(state.join("state"), ImageStore::new(state.join("images"), vec![image_dir()]))
}

/// A temporary directory; what still runs in it is killed at the end, also of a test that failed.
pub struct StateDir(tempfile::TempDir);

impl StateDir {
    pub fn new() -> Self {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        // The account of the guests must reach it.
        std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
        Self(dir)
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Ends the process of a guest from outside, as the kernel does when memory runs out.
    pub fn kill_process(&self, uid: &str) {
        let pid =
            std::fs::read_to_string(self.path().join(format!("state/guests/{uid}/run/qemu.pid"))).unwrap();
        let killed = std::process::Command::new("kill").args(["-9", pid.trim()]).status().unwrap();
        assert!(killed.success());
    }
}

impl Drop for StateDir {
    fn drop(&mut self) {
        // A runtime by itself, or one inside an engine.
        for guests in ["state/guests", "qemu/guests"] {
            for guest in std::fs::read_dir(self.path().join(guests)).into_iter().flatten().flatten() {
                let file = guest.path().join("run/qemu.pid");
                let pid = std::fs::read_to_string(&file).unwrap_or_default();
                let line =
                    std::fs::read_to_string(format!("/proc/{}/cmdline", pid.trim())).unwrap_or_default();
                // The pid of a killed guest may be another process's by now.
                if line.contains(&*file.to_string_lossy()) {
                    let _ = std::process::Command::new("kill").args(["-9", pid.trim()]).status();
                }
            }
        }
    }
}

/// A small guest called `name` with a user `dev`.
pub fn spec(name: &str) -> GuestSpec {
    static NEXT: AtomicU8 = AtomicU8::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    GuestSpec {
        uid: uuid::Uuid::new_v4().to_string(),
        namespace: "shop".to_owned(),
        name: name.to_owned(),
        vcpus: 1,
        memory_bytes: 128 << 20,
        image: IMAGE.to_owned(),
        root: Root::Ephemeral,
        disks: vec![],
        seed: Some(Seed {
            meta_data: format!("instance-id: {name}\nlocal-hostname: {name}\n"),
            user_data: USER_DATA.to_owned(),
            network_data: None,
        }),
        mac: format!("02:00:00:00:00:{number:02x}"),
        ip: Ipv4Addr::new(127, 77, 251, number),
        firmware_uuid: None,
        paused: false,
    }
}

/// Waits until the guest's status is as wanted; `what` says it in words.
pub async fn wait_for(runtime: &QemuRuntime, uid: &str, what: &str, wanted: impl Fn(&GuestStatus) -> bool) {
    let mut events = runtime.events();
    let wait = async {
        loop {
            let status = runtime.status(uid).await.unwrap();
            if wanted(&status) {
                return;
            }
            events.recv().await.unwrap();
        }
    };
    if tokio::time::timeout(PATIENCE, wait).await.is_err() {
        panic!("guest is never {what}: {:?}", runtime.status(uid).await);
    }
}

/// A terminal that remembers what it saw.
pub struct Terminal {
    stream: Box<dyn Stream>,
    seen: String,
}

impl Terminal {
    pub async fn open(runtime: &QemuRuntime, uid: &str) -> Self {
        Self { stream: runtime.console(uid).await.unwrap(), seen: String::new() }
    }

    pub async fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
    }

    /// Waits for `text`, forgets everything up to it and returns what came before.
    pub async fn expect(&mut self, text: &str) -> String {
        let wait = async {
            let mut buffer = [0; 4096];
            loop {
                if let Some((before, after)) = self.seen.split_once(text) {
                    let (before, after) = (before.to_owned(), after.to_owned());
                    self.seen = after;
                    return Some(before);
                }
                let read = self.stream.read(&mut buffer).await.unwrap();
                if read == 0 {
                    return None;
                }
                self.seen.push_str(&String::from_utf8_lossy(&buffer[..read]));
            }
        };
        match tokio::time::timeout(PATIENCE, wait).await {
            Ok(Some(before)) => before,
            Ok(None) => panic!("the line ended before {text:?}; seen: {}", self.seen),
            Err(_) => panic!("never saw {text:?}; seen: {}", self.seen),
        }
    }

    /// Logs in as `dev` and leaves the cursor at a shell prompt.
    pub async fn log_in(&mut self) {
        self.expect("login: ").await;
        self.send("dev\n").await;
        self.expect("Password: ").await;
        self.send("open sesame\n").await;
        self.expect("$ ").await;
    }

    /// Runs a command in the shell and returns what it printed.
    pub async fn run(&mut self, command: &str) -> String {
        // The marker is written in two halves so that the echo of the command does not contain it.
        self.send(&format!("echo be''gin; {command}; echo en''d\n")).await;
        self.expect("begin\r\n").await;
        let output = self.expect("end\r\n").await;
        self.expect("$ ").await;
        output.trim_end().to_owned()
    }
}

/// Sends an HTTP request to the guest's port 80 and returns the answer, asking again until the server is up.
pub async fn get_page(runtime: &QemuRuntime, uid: &str) -> String {
    let wait = async {
        loop {
            if let Some(answer) = try_get(runtime, uid).await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("the web server never answers")
}

async fn try_get(runtime: &QemuRuntime, uid: &str) -> Option<String> {
    let mut stream = runtime.dial(uid, 80).await.ok()?;
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").await.ok()?;
    let mut answer = String::new();
    let reading = tokio::time::timeout(Duration::from_secs(5), stream.read_to_string(&mut answer)).await;
    reading.ok()?.ok()?;
    answer.contains("</html>").then_some(answer)
}

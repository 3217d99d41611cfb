//! The checks. Each looks at one thing and changes nothing.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;

use secrecy::SecretString;
use shepherd_local_postgres::{Account, Installation};
use shepherd_minivirt::images::ImageStore;
use shepherd_minivirt::launcher::Runtime;
use shepherd_minivirt::launcher::qemu::{QemuConfig, QemuRuntime};
use shepherd_store::{Db, DbConfig};

use super::Found::{self, Bad, Good, Note};

const GIB: u64 = 1 << 30;
/// What the sample organisation and a guest or two use.
const DISK: u64 = 2 * GIB;
const MEMORY_KIB: u64 = 2 * 1024 * 1024;

pub async fn postgres(url: Option<SecretString>, unpacked: &Path) -> Found {
    if let Some(url) = url {
        return match Db::connect(&DbConfig { max_connections: 1, ..DbConfig::new(url) }).await {
            Ok(_) => Good("the one DATABASE_URL names answers".into()),
            Err(error) => Bad(format!("DATABASE_URL: {error}")),
        };
    }
    match Installation::all(&[unpacked.to_owned()]) {
        Ok(found) => {
            let found: Vec<_> =
                found.iter().map(|i| format!("{} in {}", i.version, i.bin.display())).collect();
            Good(found.join(", "))
        }
        Err(error) => Bad(error.to_string()),
    }
}

pub fn account() -> Found {
    match Account::choose() {
        Ok(Account::Own) => Good("not root".into()),
        Ok(Account::Other { uid, .. }) => Good(format!("root; the parts run as user {uid}")),
        Err(error) => Bad(error.to_string()),
    }
}

pub fn qemu() -> Found {
    match first_line("qemu-system-x86_64", "--version") {
        Some(line) => Good(line),
        None => Bad("qemu-system-x86_64 is not installed; on Debian: apt-get install qemu-system-x86".into()),
    }
}

/// Asks a probe guest, as the engine does: some machines have the device and hang.
pub async fn kvm(switched_off: bool) -> Found {
    if switched_off {
        return Note("switched off; guests are emulated".into());
    }
    let Ok(dir) = tempfile::tempdir() else { return Note("there is no room to try it".into()) };
    let images = ImageStore::new(dir.path().join("images"), Vec::new());
    match QemuRuntime::open(QemuConfig::new(dir.path().join("state"), images)).await {
        Ok(runtime) if runtime.info().accelerated => Good("a probe guest answered".into()),
        Ok(_) => Note("not usable; guests are emulated, the demo guest boots in seconds all the same".into()),
        Err(error) => Bad(error.to_string()),
    }
}

pub fn seed_tool() -> Found {
    let tools = ["genisoimage", "xorrisofs", "mkisofs"];
    match tools.into_iter().find(|tool| first_line(tool, "--version").is_some()) {
        Some(tool) => Good(tool.into()),
        None => Bad("no tool makes ISO images; on Debian: apt-get install genisoimage".into()),
    }
}

pub fn guest_image(dir: &Path) -> Found {
    let images = ImageStore::new(dir.join("none"), vec![dir.to_owned()]).list();
    match images {
        Ok(images) if !images.is_empty() => {
            Good(images.into_iter().map(|image| image.name).collect::<Vec<_>>().join(", "))
        }
        _ => Bad(format!("none in {}; run scripts/setup.sh guest", dir.display())),
    }
}

pub fn address(listen: SocketAddr) -> Found {
    match TcpListener::bind(listen) {
        Ok(_) => Good(format!("{listen} is free")),
        Err(error) => Bad(format!("{listen}: {error}; choose another with --listen")),
    }
}

pub fn disk(data: &Path) -> Found {
    let existing: PathBuf = data.ancestors().find(|path| path.exists()).unwrap_or(data).to_owned();
    match rustix::fs::statvfs(&existing) {
        Ok(stat) if stat.f_bavail.saturating_mul(stat.f_frsize) < DISK => {
            Bad(format!("less than 2 GiB are free below {}", existing.display()))
        }
        Ok(stat) => Good(format!(
            "{} GiB free below {}",
            stat.f_bavail.saturating_mul(stat.f_frsize) / GIB,
            existing.display()
        )),
        Err(error) => Note(format!("{}: {error}", existing.display())),
    }
}

pub fn memory() -> Found {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let kib: Option<u64> = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok());
    match kib {
        Some(kib) if kib < MEMORY_KIB => {
            Note(format!("{} MiB are available; 2 GiB are comfortable", kib / 1024))
        }
        Some(kib) => Good(format!("{} MiB available", kib / 1024)),
        None => Note("unknown".into()),
    }
}

fn first_line(program: &str, argument: &str) -> Option<String> {
    let output = Command::new(program).arg(argument).output().ok()?;
    let text = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    Some(String::from_utf8_lossy(&text).lines().next().unwrap_or(program).to_owned())
}

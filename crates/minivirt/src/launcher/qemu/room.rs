//! Whether this machine has room for one more guest. Checked before anything is made, so that a full disk or memory
//! is said in words instead of killing a neighbour.

use std::path::Path;

use crate::launcher::{GuestSpec, RuntimeError};

/// Free space below which no guest is started, in bytes: seed, logs and the first writes of the root must fit.
const MIN_DISK: u64 = 64 << 20;
/// What QEMU itself needs beside the guest's memory, in bytes.
const OVERHEAD: u64 = 96 << 20;

/// Fails when the guest would not fit.
pub(super) fn check(state: &Path, spec: &GuestSpec) -> Result<(), RuntimeError> {
    let facts = rustix::fs::statvfs(state).map_err(|e| RuntimeError::Io {
        context: format!("looking at {}", state.display()),
        source: e.into(),
    })?;
    let free = facts.f_bavail.saturating_mul(facts.f_frsize);
    if free < MIN_DISK {
        return Err(RuntimeError::Resources(format!(
            "{} MiB are free in {}, {} are needed; make room on that file system",
            free >> 20,
            state.display(),
            MIN_DISK >> 20,
        )));
    }
    let needed = spec.memory_bytes.saturating_add(OVERHEAD);
    match available_memory() {
        Some(available) if available < needed => Err(RuntimeError::Resources(format!(
            "{} MiB of memory are available, the guest needs {}",
            available >> 20,
            needed >> 20,
        ))),
        _ => Ok(()),
    }
}

/// Memory the kernel could give without swapping, in bytes; `None` where it does not say.
fn available_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::launcher::Root;

    #[test]
    fn a_full_file_system_is_said_in_words() {
        let spec = GuestSpec {
            uid: "u-1".to_owned(),
            namespace: "shop".to_owned(),
            name: "web".to_owned(),
            vcpus: 1,
            memory_bytes: 1 << 20,
            image: "x:1".to_owned(),
            root: Root::Ephemeral,
            disks: vec![],
            seed: None,
            mac: "02:00:00:00:00:01".to_owned(),
            ip: std::net::Ipv4Addr::new(127, 77, 0, 1),
            firmware_uuid: None,
            paused: false,
        };
        // A file system that never has room.
        let error = check(Path::new("/proc"), &spec).unwrap_err();
        assert!(matches!(&error, RuntimeError::Resources(text) if text.contains("make room")), "{error}");
        assert!(check(&std::env::temp_dir(), &spec).is_ok());
    }
}

//! Whether hardware virtualisation works here. `/dev/kvm` proves nothing: on some hosts it opens and a guest then
//! never runs an instruction. So a guest of 256 bytes (`probe.S`) is run and must answer within a deadline.
//!
//! The verdict is kept for one boot of the host and one version of QEMU.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::process::Command;

use super::QemuConfig;

/// The end of the probe's ROM; the reset vector is in it.
const ROM_END: &[u8; 256] = include_bytes!("probe.bin");
const ROM_SIZE: usize = 64 * 1024;
/// What QEMU exits with when the guest writes 0x10 to the isa-debug-exit port.
const ANSWER: i32 = 0x10 << 1 | 1;
/// How long the guest may take. It needs milliseconds.
const DEADLINE: Duration = Duration::from_secs(5);
const FILE: &str = "kvm-probe.json";

#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct Verdict {
    boot_id: String,
    qemu: String,
    works: bool,
}

/// Version of QEMU, `None` when the program is not there or does not say.
pub(super) async fn version(qemu: &Path) -> Option<String> {
    let output = Command::new(qemu).arg("--version").stdin(Stdio::null()).kill_on_drop(true).output();
    let output = tokio::time::timeout(DEADLINE, output).await.ok()?.ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let rest = text.split("version ").nth(1)?;
    rest.split_whitespace().next().map(str::to_owned)
}

/// Whether guests can run on KVM.
pub(super) async fn kvm(config: &QemuConfig, version: &str) -> bool {
    if !config.allow_kvm || !Path::new("/dev/kvm").exists() {
        return false;
    }
    let boot_id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let path = config.state_dir.join(FILE);
    let known = std::fs::read(&path).ok().and_then(|bytes| serde_json::from_slice::<Verdict>(&bytes).ok());
    if let Some(known) = known.filter(|known| known.boot_id == boot_id && known.qemu == version) {
        return known.works;
    }
    let works = answers(config, "kvm").await;
    let verdict = Verdict { boot_id, qemu: version.to_owned(), works };
    // Not being able to keep the verdict costs another probe at the next start.
    if let Ok(bytes) = serde_json::to_vec(&verdict) {
        let _ = std::fs::write(path, bytes);
    }
    works
}

/// Runs the probe under an accelerator.
async fn answers(config: &QemuConfig, accel: &str) -> bool {
    let rom = config.state_dir.join(format!("probe-{accel}.rom"));
    let mut bytes = vec![0; ROM_SIZE - ROM_END.len()];
    bytes.extend_from_slice(ROM_END);
    if std::fs::write(&rom, bytes).is_err() {
        return false;
    }
    let mut command = Command::new(&config.qemu);
    command.args(["-nodefaults", "-no-user-config", "-display", "none", "-machine", "pc", "-m", "16"]);
    command.args(["-accel", accel, "-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-bios"]).arg(&rom);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    if let Some(account) = config.guest_account() {
        // The account guests will have must be able to open /dev/kvm, not only ours.
        command.uid(account.uid).gid(account.gid);
    }
    let answered = match tokio::time::timeout(DEADLINE, command.status()).await {
        Ok(Ok(status)) => status.code() == Some(ANSWER),
        _ => false,
    };
    let _ = std::fs::remove_file(&rom);
    answered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::images::ImageStore;

    #[tokio::test]
    async fn the_probe_guest_answers_where_the_processor_works() {
        let state = tempfile::tempdir().unwrap();
        let mut config = QemuConfig::new(state.path(), ImageStore::new(state.path(), vec![]));
        // Emulation always works; the guest runs under our own account to read the private directory.
        config.account = Some(super::super::Account { uid: 0, gid: 0 });
        assert!(answers(&config, "tcg").await);
        assert!(!answers(&config, "no-such-accelerator").await);
        assert!(version(&config.qemu).await.is_some_and(|v| v.starts_with(char::is_numeric)));
        assert_eq!(version(Path::new("/no/such/qemu")).await, None);
    }
}

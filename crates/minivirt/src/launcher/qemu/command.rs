//! The command line of a guest: a pure function of its spec, image and disks.
//!
//! Invariants: nothing a user wrote stands in an option where a comma could end it (disks are JSON, names are
//! checked); no device that was not asked for (`-nodefaults`); no privileges (`-sandbox`); a guest that powers itself
//! off leaves QEMU waiting, so that an engine which was down at that moment still learns how it ended.
//! Sockets are relative to the guest's `run` directory, where the process starts.

use std::ffi::OsString;

use serde_json::json;

use super::disks::{Disk, Format};
use super::layout::GuestDir;
use crate::images::{Content, Image};
use crate::launcher::GuestSpec;

/// Size of the cache for translated code, in MiB. QEMU's own default grows to a multiple of a small guest.
const TRANSLATION_CACHE: u32 = 32;

/// All that the command line depends on.
pub(super) struct Machine<'a> {
    pub spec: &'a GuestSpec,
    pub image: &'a Image,
    pub disks: &'a [Disk],
    pub dir: &'a GuestDir,
    pub kvm: bool,
    pub outbound: bool,
}

/// A list of options that grows.
#[derive(Default)]
struct Args(Vec<OsString>);

impl Args {
    fn flag(&mut self, name: &str) {
        self.0.push(name.into());
    }

    fn option(&mut self, name: &str, value: impl Into<OsString>) {
        self.flag(name);
        self.0.push(value.into());
    }
}

/// The arguments for QEMU.
pub(super) fn arguments(machine: &Machine<'_>) -> Vec<OsString> {
    let mut args = Args::default();
    board(machine, &mut args);
    consoles(&mut args);
    network(machine, &mut args);
    boot(machine, &mut args);
    machine.disks.iter().enumerate().for_each(|(index, it)| disk(index, it, &mut args));
    args.0
}

fn board(machine: &Machine<'_>, args: &mut Args) {
    let spec = machine.spec;
    args.option("-pidfile", machine.dir.pid_file());
    args.option("-name", format!("guest={}_{}", plain(&spec.namespace), plain(&spec.name)));
    args.flag("-nodefaults");
    args.flag("-no-user-config");
    args.option("-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
    args.option("-machine", "q35");
    if machine.kvm {
        args.option("-accel", "kvm");
        args.option("-cpu", "host");
    } else {
        args.option("-accel", format!("tcg,thread=multi,tb-size={TRANSLATION_CACHE}"));
        // The demo kernel needs no more than the plainest processor, which is the fastest to emulate; other
        // systems may be built for newer ones.
        let plain = matches!(machine.image.content, Content::Kernel { .. });
        args.option("-cpu", if plain { "qemu64" } else { "max" });
    }
    args.option("-smp", spec.vcpus.max(1).to_string());
    args.option("-m", format!("{}M", spec.memory_bytes.div_ceil(1 << 20).max(1)));
    if let Some(uuid) = spec.firmware_uuid.as_deref().and_then(|uuid| uuid::Uuid::parse_str(uuid).ok()) {
        args.option("-uuid", uuid.to_string());
    }
    args.option("-rtc", "base=utc");
    args.option("-action", "shutdown=pause");
    args.option("-device", "pvpanic");
    // The engine lets the processors go once it listens to everything.
    args.flag("-S");
}

fn consoles(args: &mut Args) {
    let socket = |name: &str| format!("socket,id={name},path={name}.sock,server=on,wait=off");
    args.option("-display", "none");
    args.option("-device", "VGA,vgamem_mb=8");
    args.option("-vnc", "unix:vnc.sock,share=force-shared");
    args.option("-chardev", socket("qmp"));
    args.option("-mon", "chardev=qmp,mode=control");
    args.option("-chardev", socket("serial"));
    args.option("-serial", "chardev:serial");
    args.option("-chardev", socket("agent"));
    args.option("-device", "virtio-serial-pci");
    args.option("-device", "virtserialport,id=agent,chardev=agent,name=org.qemu.guest_agent.0");
}

fn network(machine: &Machine<'_>, args: &mut Args) {
    let restrict = if machine.outbound { "off" } else { "on" };
    args.option("-netdev", format!("user,id=net,restrict={restrict}"));
    let mac: String =
        machine.spec.mac.chars().filter(|c| c.is_ascii_hexdigit() || *c == ':').take(17).collect();
    args.option("-device", format!("virtio-net-pci,netdev=net,mac={mac},romfile="));
}

fn boot(machine: &Machine<'_>, args: &mut Args) {
    if let Content::Kernel { kernel, initrd, command_line, .. } = &machine.image.content {
        args.option("-kernel", machine.image.dir.join(kernel));
        args.option("-initrd", machine.image.dir.join(initrd));
        args.option("-append", command_line);
    }
}

fn disk(index: usize, disk: &Disk, args: &mut Args) {
    let file = json!({ "driver": "file", "filename": disk.path, "node-name": format!("file{index}") });
    let node = format!("disk{index}");
    let read_only = disk.format == Format::Seed;
    let driver = if read_only { "raw" } else { "qcow2" };
    let blockdev = json!({ "driver": driver, "node-name": node, "read-only": read_only,
                           "auto-read-only": false, "file": file });
    args.option("-blockdev", blockdev.to_string());
    let boot = if disk.boot { ",bootindex=1" } else { "" };
    args.option("-device", format!("virtio-blk-pci,drive={node},serial={}{boot}", disk.serial));
}

/// A name without what ends an option.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-' || *c == '.').collect()
}

//! Real guests under QEMU: what a user of the engine sees from power-on to removal.

use crate::guests::{PATIENCE, StateDir, Terminal, config, get_page, spec, wait_for};
use shepherd_minivirt::launcher::qemu::QemuRuntime;
use shepherd_minivirt::launcher::{EmptyDisk, ExitReason, GuestStatus, Root, Runtime, RuntimeError};
use tokio::io::AsyncReadExt;

fn running(status: &GuestStatus) -> bool {
    matches!(status, GuestStatus::Running(_))
}

fn exited(reason: ExitReason) -> impl Fn(&GuestStatus) -> bool {
    move |status| matches!(status, GuestStatus::Exited(exit) if exit.reason == reason)
}

#[tokio::test]
async fn a_guest_boots_serves_and_powers_off() {
    let state = StateDir::new();
    let runtime = QemuRuntime::open(config(state.path())).await.unwrap();
    let spec = spec("web-01");
    let uid = spec.uid.clone();
    runtime.start(spec.clone()).await.unwrap();
    runtime.start(spec).await.unwrap();
    assert_eq!(runtime.list().await.unwrap(), std::slice::from_ref(&uid));

    let mut terminal = Terminal::open(&runtime, &uid).await;
    let banner = terminal.expect("web-01 login: ").await;
    assert!(banner.contains("Shepherd demo guest on web-01"), "{banner}");
    terminal.send("dev\n").await;
    terminal.expect("Password: ").await;
    terminal.send("open sesame\n").await;
    terminal.expect("welcome to the test").await;
    terminal.expect("$ ").await;
    assert_eq!(terminal.run("hostname; id -un; echo $((6 * 7))").await, "web-01\r\ndev\r\n42");

    let page = get_page(&runtime, &uid).await;
    assert!(page.starts_with("HTTP/1.1 200 OK") && page.contains("<h1>web-01</h1>"), "{page}");
    let mut greeting = [0; 4];
    let mut ssh = runtime.dial(&uid, 22).await.unwrap();
    tokio::time::timeout(PATIENCE, ssh.read_exact(&mut greeting)).await.unwrap().unwrap();
    assert_eq!(&greeting, b"SSH-");

    let picture = runtime.screenshot(&uid).await.unwrap();
    assert!(picture.starts_with(b"\x89PNG") && picture.len() > 1000, "{} bytes", picture.len());
    let mut version = [0; 4];
    runtime.vnc(&uid).await.unwrap().read_exact(&mut version).await.unwrap();
    assert_eq!(&version, b"RFB ");
    wait_for(&runtime, &uid, "known by its agent", |status| {
        matches!(status, GuestStatus::Running(facts)
            if facts.ip.is_some() && facts.agent.as_ref().is_some_and(|a| a.hostname == "web-01"))
    })
    .await;

    runtime.shutdown(&uid).await.unwrap();
    wait_for(&runtime, &uid, "shut down", exited(ExitReason::Shutdown)).await;
    assert!(matches!(runtime.console(&uid).await, Err(RuntimeError::NotRunning { .. })));
    runtime.remove(&uid).await.unwrap();
    assert_eq!(runtime.status(&uid).await.unwrap(), GuestStatus::Absent);
}

#[tokio::test]
async fn a_new_engine_finds_the_guests_of_the_old_one() {
    let state = StateDir::new();
    let config = config(state.path());
    let runtime = QemuRuntime::open(config.clone()).await.unwrap();
    let (living, ended, gone) = (spec("living"), spec("ended"), spec("gone"));
    for spec in [&living, &ended, &gone] {
        runtime.start(spec.clone()).await.unwrap();
    }
    runtime.kill(&ended.uid).await.unwrap();
    let mut terminal = Terminal::open(&runtime, &living.uid).await;
    terminal.log_in().await;
    terminal.run("touch /tmp/still-here").await;
    assert!(QemuRuntime::open(config.clone()).await.is_err(), "two engines on one directory");

    // Nothing is told to the guests; one dies while nobody looks.
    drop((terminal, runtime));
    state.kill_process(&gone.uid);
    let runtime = QemuRuntime::open(config).await.unwrap();
    assert_eq!(runtime.list().await.unwrap().len(), 3);
    wait_for(&runtime, &living.uid, "running", running).await;
    assert!(exited(ExitReason::Killed)(&runtime.status(&ended.uid).await.unwrap()));
    assert!(exited(ExitReason::Crashed)(&runtime.status(&gone.uid).await.unwrap()));
    let mut terminal = Terminal::open(&runtime, &living.uid).await;
    terminal.send("\n").await;
    terminal.expect("$ ").await;
    assert_eq!(terminal.run("ls /tmp/still-here").await, "/tmp/still-here");
    get_page(&runtime, &living.uid).await;

    for spec in [living, ended, gone] {
        runtime.remove(&spec.uid).await.unwrap();
    }
    assert!(runtime.list().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_on_a_claim_outlives_the_guest() {
    let state = StateDir::new();
    let runtime = QemuRuntime::open(config(state.path())).await.unwrap();
    let mut first = spec("data");
    first.root = Root::Persistent { claim: "data-root".to_owned(), size_bytes: 256 << 20 };
    first.disks = vec![EmptyDisk { name: "scratch".to_owned(), capacity_bytes: 64 << 20, claim: None }];
    let mut second = first.clone();
    second.uid = uuid::Uuid::new_v4().to_string();
    // Changed in between: the claim has grown, and the next guest has more memory.
    second.root = Root::Persistent { claim: "data-root".to_owned(), size_bytes: 512 << 20 };
    second.memory_bytes = first.memory_bytes + (128 << 20);

    runtime.start(first.clone()).await.unwrap();
    let mut terminal = Terminal::open(&runtime, &first.uid).await;
    terminal.log_in().await;
    assert_eq!(terminal.run("grep -c ' /data1* ext4' /proc/mounts").await, "1");
    let (disk, memory) = ("cat /sys/class/block/vda/size", "awk '/MemTotal/ { print $2 }' /proc/meminfo");
    assert_eq!(terminal.run(disk).await, ((256 << 20) / 512).to_string());
    let had: u64 = terminal.run(memory).await.parse().unwrap();
    runtime.shutdown(&first.uid).await.unwrap();
    wait_for(&runtime, &first.uid, "shut down", exited(ExitReason::Shutdown)).await;
    runtime.remove(&first.uid).await.unwrap();

    runtime.start(second.clone()).await.unwrap();
    let mut terminal = Terminal::open(&runtime, &second.uid).await;
    let banner = terminal.expect("login: ").await;
    assert!(!banner.contains("formatted /dev/vda"), "the claim was formatted again: {banner}");
    terminal.send("dev\n").await;
    terminal.expect("Password: ").await;
    terminal.send("open sesame\n").await;
    terminal.expect("$ ").await;
    assert_eq!(terminal.run(disk).await, ((512 << 20) / 512).to_string());
    let has: u64 = terminal.run(memory).await.parse().unwrap();
    assert!(has > had + (100 << 10), "{has} KiB after {had} KiB");
    runtime.remove(&second.uid).await.unwrap();
    runtime.remove_claim("shop", "data-root").await.unwrap();
    runtime.remove_claim("shop", "data-root").await.unwrap();
}

/// A disk of a mebibyte whose boot sector prints a line on the serial port and stops.
fn bootable_disk() -> Vec<u8> {
    let code: [u8; 21] = [
        0x31, 0xc0, 0x8e, 0xd8, // xor ax,ax; mov ds,ax
        0xbe, 0x15, 0x7c, // mov si,text
        0xac, // next: lodsb
        0x84, 0xc0, 0x74, 0x06, // test al,al; jz stop
        0xba, 0xf8, 0x03, // mov dx,0x3f8
        0xee, 0xeb, 0xf5, // out dx,al; jmp next
        0xf4, 0xeb, 0xfd, // stop: hlt; jmp stop
    ];
    let text = b"booted from the disk\n";
    let mut disk = vec![0; 1 << 20];
    disk[..code.len()].copy_from_slice(&code);
    disk[code.len()..][..text.len()].copy_from_slice(text);
    disk[510..512].copy_from_slice(&[0x55, 0xaa]);
    disk
}

#[tokio::test]
async fn an_added_disk_boots_over_a_layer_of_its_own() {
    let state = StateDir::new();
    let config = config(state.path());
    let file = state.path().join("disk.raw");
    std::fs::write(&file, bootable_disk()).unwrap();
    let image = config.images.add("test/disk", &file).await.unwrap();
    let before = std::fs::read(image.dir.join("disk.qcow2")).unwrap();
    let runtime = QemuRuntime::open(config).await.unwrap();
    for root in [Root::Ephemeral, Root::Persistent { claim: "disk-root".to_owned(), size_bytes: 4 << 20 }] {
        let mut spec = spec("disk");
        spec.image = "test/disk:latest".to_owned();
        spec.root = root;
        let uid = spec.uid.clone();
        runtime.start(spec).await.unwrap();
        Terminal::open(&runtime, &uid).await.expect("booted from the disk").await;
        runtime.remove(&uid).await.unwrap();
    }
    assert!(state.path().join("state/claims/shop/disk-root.qcow2").exists());
    assert!(std::fs::read(image.dir.join("disk.qcow2")).unwrap() == before, "the image changed");
}

#[tokio::test]
async fn pause_resume_reset_and_kill() {
    let state = StateDir::new();
    let runtime = QemuRuntime::open(config(state.path())).await.unwrap();
    let mut spec = spec("paused");
    spec.paused = true;
    let uid = spec.uid.clone();
    runtime.start(spec).await.unwrap();
    wait_for(&runtime, &uid, "paused", |s| matches!(s, GuestStatus::Paused(_))).await;
    runtime.resume(&uid).await.unwrap();
    wait_for(&runtime, &uid, "running", running).await;
    let mut terminal = Terminal::open(&runtime, &uid).await;
    terminal.expect("login: ").await;
    runtime.reset(&uid).await.unwrap();
    terminal.expect("login: ").await;
    runtime.pause(&uid).await.unwrap();
    wait_for(&runtime, &uid, "paused again", |s| matches!(s, GuestStatus::Paused(_))).await;
    runtime.kill(&uid).await.unwrap();
    assert!(exited(ExitReason::Killed)(&runtime.status(&uid).await.unwrap()));
    runtime.kill(&uid).await.unwrap();
    runtime.shutdown(&uid).await.unwrap();
    runtime.remove(&uid).await.unwrap();
}

#[tokio::test]
async fn what_cannot_start_says_why_and_leaves_nothing() {
    let state = StateDir::new();
    let runtime = QemuRuntime::open(config(state.path())).await.unwrap();
    let mut missing = spec("missing");
    missing.image = "no/such:image".to_owned();
    let error = runtime.start(missing).await.unwrap_err();
    assert!(
        matches!(&error, RuntimeError::ImageMissing { hint, .. } if hint.contains("image add")),
        "{error}"
    );
    let mut huge = spec("huge");
    huge.memory_bytes = 1 << 50;
    assert!(matches!(runtime.start(huge).await, Err(RuntimeError::Resources(_))));
    let mut small = spec("small");
    small.memory_bytes = 64 << 20;
    let error = runtime.start(small).await.unwrap_err();
    assert!(matches!(&error, RuntimeError::Unsupported(text) if text.contains("64 MiB")), "{error}");
    let mut odd = spec("odd");
    odd.mac = "not an address".to_owned();
    let error = runtime.start(odd).await.unwrap_err();
    assert!(matches!(&error, RuntimeError::Hypervisor(text) if text.contains("mac")), "{error}");
    let mut escape = spec("escape");
    escape.uid = "../../escape".to_owned();
    assert!(matches!(runtime.start(escape).await, Err(RuntimeError::Unsupported(_))));
    assert!(runtime.list().await.unwrap().is_empty());
    let left = std::fs::read_dir(state.path().join("state/guests")).unwrap().count();
    assert_eq!(left, 0, "{left} directories left behind");
}

#[tokio::test]
async fn without_qemu_the_engine_opens_and_says_what_to_install() {
    let state = StateDir::new();
    let mut config = config(state.path());
    config.qemu = "/no/such/qemu".into();
    let runtime = QemuRuntime::open(config).await.unwrap();
    let error = runtime.start(spec("none")).await.unwrap_err();
    assert!(matches!(&error, RuntimeError::Unsupported(text) if text.contains("apt-get install")), "{error}");
}

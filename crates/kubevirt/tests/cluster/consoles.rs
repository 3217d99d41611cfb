//! Serial, screen and forwarded ports through the sub-protocol of KubeVirt.

use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use shepherd_kubevirt::{Channel, ConsoleStream, Error, Power, VmRef};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::site::{Site, next};

async fn running(site: &Site) -> VmRef {
    let vm = site.create("a", "RerunOnFailure").await;
    site.until("a", Power::Running).await;
    vm
}

/// Reads until the text has come.
async fn read_until(stream: &mut ConsoleStream, text: &str) -> String {
    let mut read = String::new();
    while !read.contains(text) {
        read.push_str(&String::from_utf8_lossy(&next(stream).await.unwrap()));
    }
    read
}

#[tokio::test]
async fn the_serial_console_takes_a_login_and_a_command() {
    let site = Site::start().await;
    let vm = running(&site).await;
    let mut console = site.cluster.open(&vm, Channel::Serial).await.unwrap();
    read_until(&mut console, "login: ").await;
    console.send(Bytes::from_static(b"root\n")).await.unwrap();
    read_until(&mut console, "$ ").await;
    console.send(Bytes::from_static(b"echo it-works-$((1))\n")).await.unwrap();
    read_until(&mut console, "\nit-works").await;
}

#[tokio::test]
async fn vnc_speaks_rfb_first() {
    let site = Site::start().await;
    let vm = running(&site).await;
    let mut screen = site.cluster.open(&vm, Channel::Vnc { preserve: false }).await.unwrap();
    let hello = read_until(&mut screen, "\n").await;
    assert!(hello.starts_with("RFB 003.00"), "{hello}");
}

#[tokio::test]
async fn a_new_viewer_ends_the_old_one() {
    let site = Site::start().await;
    let vm = running(&site).await;
    let mut old = site.cluster.open(&vm, Channel::Serial).await.unwrap();
    read_until(&mut old, "login: ").await;
    let mut new = site.cluster.open(&vm, Channel::Serial).await.unwrap();
    read_until(&mut new, "login: ").await;
    let rest: Vec<_> = tokio::time::timeout(std::time::Duration::from_secs(30), old.collect()).await.unwrap();
    assert!(rest.iter().all(Result::is_ok), "the end is no error: {rest:?}");
}

#[tokio::test]
async fn a_screen_in_use_is_preserved_when_asked() {
    let site = Site::start().await;
    let vm = running(&site).await;
    let mut first = site.cluster.open(&vm, Channel::Vnc { preserve: true }).await.unwrap();
    read_until(&mut first, "\n").await;
    match site.cluster.open(&vm, Channel::Vnc { preserve: true }).await {
        Err(error) => assert!(matches!(error, Error::Conflict { .. }), "{error:?}"),
        Ok(_) => {
            let found = site.cluster.probe(&site.namespace).await.unwrap();
            let version = found.virt_api.known().and_then(|version| version.minor());
            assert!(version < Some((1, 7)), "{version:?} knows of preserving");
        }
    }
}

#[tokio::test]
async fn a_console_ends_with_its_guest() {
    let site = Site::start().await;
    let vm = running(&site).await;
    let mut console = site.cluster.open(&vm, Channel::Serial).await.unwrap();
    read_until(&mut console, "login: ").await;
    site.cluster.stop(&vm, Some(0)).await.unwrap();
    let rest: Vec<_> =
        tokio::time::timeout(std::time::Duration::from_secs(30), console.collect()).await.unwrap();
    assert!(rest.iter().all(Result::is_ok), "{rest:?}");
}

#[tokio::test]
async fn what_does_not_run_has_no_console() {
    let site = Site::start().await;
    let vm = site.create("a", "Halted").await;
    for channel in [Channel::Serial, Channel::Vnc { preserve: false }, Channel::PortForward { port: 80 }] {
        let error = site.cluster.open(&vm, channel).await.unwrap_err();
        assert!(matches!(error, Error::NotRunning { .. }), "{channel:?}: {error:?}");
    }
    let error = site.cluster.screenshot(&vm).await.unwrap_err();
    assert!(matches!(error, Error::NotRunning { .. }), "{error:?}");
}

#[tokio::test]
async fn a_console_of_another_vm_of_the_name_is_refused() {
    let site = Site::start().await;
    running(&site).await;
    let stale = site.vm("a", "another");
    let error = site.cluster.open(&stale, Channel::Serial).await.unwrap_err();
    assert_eq!(error.code(), "FOREIGN_VM");
    assert_eq!(site.cluster.screenshot(&stale).await.unwrap_err().code(), "FOREIGN_VM");
}

#[tokio::test]
async fn the_screenshot_is_a_picture() {
    let site = Site::start().await;
    let vm = running(&site).await;
    let png = site.cluster.screenshot(&vm).await.unwrap();
    assert_eq!(&png[1..4], b"PNG");
}

#[tokio::test]
async fn a_forwarded_port_carries_http() {
    let site = Site::start().await;
    let vm = running(&site).await;
    let stream = site.cluster.open(&vm, Channel::PortForward { port: 8080 }).await.unwrap();
    let mut io = stream.into_io();
    io.write_all(b"GET / HTTP/1.0\r\n\r\n").await.unwrap();
    io.flush().await.unwrap();
    let mut head = [0; 8];
    tokio::time::timeout(std::time::Duration::from_secs(30), io.read_exact(&mut head))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(&head, b"HTTP/1.1".map(|byte| byte).as_slice());
}

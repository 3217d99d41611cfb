//! Serial console, screen and ports of a guest over WebSocket, and the facts next to them.

use crate::support::{DEADLINE, Engine, SUB, VMS, console, read_until, vm, websocket};
use futures::{SinkExt, StreamExt};
use reqwest::Method;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

async fn booted(name: &str) -> Engine {
    let engine = Engine::start().await;
    engine.create(&vm(name, "Always")).await;
    engine.until_status(name, "Running").await;
    engine
}

#[tokio::test]
async fn the_console_answers() {
    let engine = booted("one").await;
    let said = console(&engine, "one", "root\rhostname\recho it works\r", "it works\r\n").await;
    assert!(said.contains("one login: ") && said.contains("\r\none\r\n"), "{said}");
}

#[tokio::test]
async fn a_second_console_ends_the_first() {
    let engine = booted("one").await;
    let path = format!("{SUB}/virtualmachineinstances/one/console");
    let mut first = websocket(&engine, &path, Some("plain.kubevirt.io")).await.unwrap();
    read_until(&mut first, "login: ").await;
    let mut second = websocket(&engine, &path, None).await.unwrap();
    read_until(&mut second, "login: ").await;
    let ended = async { while let Some(Ok(_)) = first.next().await {} };
    tokio::time::timeout(DEADLINE, ended).await.expect("the first connection ends");
}

#[tokio::test]
async fn the_screen_speaks_rfb() {
    let engine = booted("one").await;
    let path = format!("{SUB}/virtualmachineinstances/one/vnc");
    // Browsers offer more than one protocol.
    let mut screen = websocket(&engine, &path, Some("fantasy.protocol, plain.kubevirt.io")).await.unwrap();
    let mut seen = Vec::new();
    let mut wait = async |bytes: usize, screen: &mut crate::support::Socket| {
        while seen.len() < bytes {
            let message = tokio::time::timeout(DEADLINE, screen.next()).await.unwrap().unwrap().unwrap();
            if let Message::Binary(chunk) = message {
                seen.extend_from_slice(&chunk);
            }
        }
        seen.drain(..bytes).collect::<Vec<u8>>()
    };
    assert_eq!(wait(12, &mut screen).await, b"RFB 003.008\n");
    screen.send(Message::Binary(b"RFB 003.008\n".to_vec().into())).await.unwrap();
    assert_eq!(wait(2, &mut screen).await, [1, 1]);
    screen.send(Message::Binary(vec![1].into())).await.unwrap();
    assert_eq!(wait(4, &mut screen).await, [0; 4]);
    screen.send(Message::Binary(vec![1].into())).await.unwrap();
    let init = wait(24, &mut screen).await;
    assert_eq!(init[..4], [2, 128, 1, 144], "640 by 400");
    let name = usize::from(init[23]);
    assert_eq!(wait(name, &mut screen).await, b"simulated default/one");
    screen.send(Message::Binary(vec![3, 0, 0, 0, 0, 0, 2, 128, 1, 144].into())).await.unwrap();
    let update = wait(16 + 640 * 400 * 4, &mut screen).await;
    assert_eq!(update[..4], [0, 0, 0, 1]);
    let refused = websocket(&engine, &format!("{path}?preserveSession=true"), None).await.unwrap_err();
    assert_eq!(refused, 500, "a session that is to be preserved is not ended");
}

#[tokio::test]
async fn ports_are_forwarded() {
    let engine = booted("one").await;
    for kind in ["virtualmachineinstances", "virtualmachines"] {
        let path = format!("{SUB}/{kind}/one/portforward/80/tcp");
        let mut port = websocket(&engine, &path, Some("plain.kubevirt.io")).await.unwrap();
        port.send(Message::Binary(b"GET / HTTP/1.0\r\n\r\n".to_vec().into())).await.unwrap();
        let page = read_until(&mut port, "simulated guest").await;
        assert!(page.starts_with("HTTP/1.1 200 OK"), "{page}");
    }
    let path = format!("{SUB}/virtualmachineinstances/one/portforward");
    assert_eq!(websocket(&engine, &format!("{path}/22"), None).await.unwrap_err(), 500);
    assert_eq!(websocket(&engine, &format!("{path}/0"), None).await.unwrap_err(), 400);
    assert_eq!(websocket(&engine, &format!("{path}/53/udp"), None).await.unwrap_err(), 400);
}

#[tokio::test]
async fn streams_need_a_running_guest() {
    let engine = Engine::start().await;
    engine.create(&vm("one", "Halted")).await;
    let at = |name: &str, sub: &str| format!("{SUB}/virtualmachineinstances/{name}/{sub}");
    assert_eq!(websocket(&engine, &at("one", "console"), None).await.unwrap_err(), 404);
    let mut silent = vm("silent", "Always");
    silent["spec"]["template"]["spec"]["domain"]["devices"]["autoattachSerialConsole"] = json!(false);
    silent["spec"]["template"]["spec"]["domain"]["devices"]["autoattachGraphicsDevice"] = json!(false);
    engine.create(&silent).await;
    engine.until_status("silent", "Running").await;
    assert_eq!(websocket(&engine, &at("silent", "console"), None).await.unwrap_err(), 400);
    assert_eq!(websocket(&engine, &at("silent", "vnc"), None).await.unwrap_err(), 400);
    let (code, body) = engine.get(&at("silent", "console")).await;
    assert_eq!(code, 400, "{body}");
}

#[tokio::test]
async fn a_screenshot_is_a_png_and_guest_facts_need_an_agent() {
    let engine = booted("one").await;
    let path = format!("{SUB}/virtualmachineinstances/one/vnc/screenshot");
    let response = engine.request(Method::GET, &path).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "image/png");
    assert_eq!(response.bytes().await.unwrap()[..8], *b"\x89PNG\r\n\x1a\n");
    let (code, body) = engine.get(&format!("{SUB}/virtualmachineinstances/one/guestosinfo")).await;
    assert_eq!(code, 500);
    assert_eq!(
        body,
        "Operation cannot be fulfilled on virtualmachineinstance.kubevirt.io \"one\": VMI does not have guest agent connected"
    );
    let (code, body) = engine.put(&format!("{SUB}/virtualmachines/one/migrate"), &json!({})).await;
    assert_eq!(code, 500);
    assert!(
        body["message"].as_str().unwrap().contains("Cannot migrate VMI, Reason: NotMigratable"),
        "{body}"
    );
    let (code, body) = engine.get(&format!("{SUB}/virtualmachines/one/expand-spec")).await;
    assert_eq!((code, body["kind"].as_str()), (200, Some("VirtualMachine")));
    assert_eq!(engine.get(&format!("{VMS}/one")).await.0, 200);
}

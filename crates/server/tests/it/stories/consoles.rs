//! Consoles: what a ticket opens, how long, and who can take it away again.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use shepherd_contract::types::{
    ConsoleKind, ConsoleTicket, CreateGrant, CreateGroup, GrantRole, OpenConsole, Vm,
};
use shepherd_test_support::app::{Caller, SOON, Served, World, key};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

pub(super) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub(super) async fn ticket(world: &World, vm: &Vm, kind: ConsoleKind) -> ConsoleTicket {
    ticket_of(&world.engineer, vm, kind).await
}

async fn ticket_of(who: &Caller, vm: &Vm, kind: ConsoleKind) -> ConsoleTicket {
    let body = OpenConsole { kind, reason: None, fields: None };
    let access = who.vms().open_console(vm.id, &body).await.expect("they may");
    access.ticket.expect("a rule lets them in")
}

/// Connects as a page of ours does; a refusal is its status.
pub(super) async fn connect(world: &World, url: &str) -> Result<Socket, u16> {
    connect_at(&world.app.origin(), url).await
}

async fn connect_at(origin: &str, url: &str) -> Result<Socket, u16> {
    let address = format!("{}{url}", origin.replace("http", "ws"));
    let mut request = address.into_client_request().expect("it is an address");
    request.headers_mut().insert("origin", origin.parse().expect("it is text"));
    match connect_async(request).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(answer)) => Err(answer.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

/// Reads until `wanted` was said.
pub(super) async fn hears(socket: &mut Socket, wanted: &str) -> String {
    let mut heard = String::new();
    let listening = async {
        while !heard.contains(wanted) {
            match socket.next().await {
                Some(Ok(Message::Binary(bytes))) => heard.push_str(&String::from_utf8_lossy(&bytes)),
                Some(Ok(_)) => {}
                other => panic!("it ended with {other:?} after {heard:?}"),
            }
        }
    };
    tokio::time::timeout(SOON, listening).await.unwrap_or_else(|_| panic!("{wanted:?} never came"));
    heard
}

/// Reads until the end, and says with which code it was closed.
async fn close_code(socket: &mut Socket) -> u16 {
    let listening = async {
        loop {
            match socket.next().await {
                Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
                Some(Ok(_)) => {}
                other => panic!("no close frame, but {other:?}"),
            }
        }
    };
    tokio::time::timeout(SOON, listening).await.expect("it ends")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_opens_one_console_of_one_vm_once_and_soon() {
    let world = World::start().await;
    let (vm, other) = (world.running_vm().await, world.another_running_vm().await);

    let used = ticket(&world, &vm, ConsoleKind::Serial).await;
    let mut socket = connect(&world, &used.url).await.unwrap();
    hears(&mut socket, "login:").await;
    assert_eq!(connect(&world, &used.url).await.unwrap_err(), 401, "a ticket is used up by its first use");

    let elsewhere = ticket(&world, &vm, ConsoleKind::Serial).await;
    let moved = elsewhere.url.replace(&vm.id.to_string(), &other.id.to_string());
    assert_eq!(connect(&world, &moved).await.unwrap_err(), 401, "and opens no other VM");

    let late = ticket(&world, &vm, ConsoleKind::Serial).await;
    world.app.pass(Duration::from_secs(31)).await;
    assert_eq!(connect(&world, &late.url).await.unwrap_err(), 401, "nor anything after half a minute");
    let reversed: String = late.ticket[4..].chars().rev().collect();
    let guessed = late.url.replace(&late.ticket[4..], &reversed);
    assert_eq!(connect(&world, &guessed).await.unwrap_err(), 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_page_cannot_use_a_ticket() {
    let world = World::start().await;
    let vm = world.running_vm().await;
    let ticket = ticket(&world, &vm, ConsoleKind::Serial).await;
    let address = format!("{}{}", world.app.origin().replace("http", "ws"), ticket.url);
    let mut request = address.into_client_request().unwrap();
    request.headers_mut().insert("origin", "https://evil.example".parse().unwrap());
    match connect_async(request).await {
        Err(Error::Http(answer)) => assert_eq!(answer.status().as_u16(), 403),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_serial_console_answers_what_is_typed_and_is_recorded() {
    let world = World::start().await;
    let vm = world.running_vm().await;
    let mut socket = connect(&world, &ticket(&world, &vm, ConsoleKind::Serial).await.url).await.unwrap();
    hears(&mut socket, "login:").await;
    socket.send(Message::Binary("demo\r".into())).await.unwrap();
    hears(&mut socket, "$").await;
    socket.send(Message::Binary("echo sheep and shepherd\r".into())).await.unwrap();
    hears(&mut socket, "sheep and shepherd").await;
    socket.close(None).await.unwrap();
    shepherd_test_support::wait_until("the end to be recorded", SOON, async || {
        world.app.audited(Some("console.close")).await.len() == 1
    })
    .await;
    let opened = &world.app.audited(Some("console.open")).await;
    assert_eq!(opened.last().map(|line| line.actor.as_str()), Some("engineer"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_screen_speaks_rfb() {
    let world = World::start().await;
    let vm = world.running_vm().await;
    let mut socket = connect(&world, &ticket(&world, &vm, ConsoleKind::Vnc).await.url).await.unwrap();
    assert!(hears(&mut socket, "\n").await.starts_with("RFB 003.008\n"));
    let picture = world.engineer.vms().get_screenshot(vm.id).await.unwrap().bytes().await.unwrap();
    assert!(picture.starts_with(b"\x89PNG"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_console_ends_when_its_session_does() {
    let world = World::start().await;
    let vm = world.running_vm().await;
    let unused = ticket(&world, &vm, ConsoleKind::Vnc).await;
    let mut socket = connect(&world, &ticket(&world, &vm, ConsoleKind::Serial).await.url).await.unwrap();
    hears(&mut socket, "login:").await;
    world.engineer.session().sign_out().await.unwrap();
    assert_eq!(close_code(&mut socket).await, 4003);
    assert_eq!(connect(&world, &unused.url).await.unwrap_err(), 401, "a ticket dies with its session");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_console_on_another_replica_ends_with_the_group_it_came_through() {
    let world = World::start().await;
    let vm = world.running_vm().await;
    let other = world.app.another().await;
    let replica = Served::start(&other).await;
    let (admin, guest) = (&world.admin, world.app.person("guest", "engineer").await);
    let body = CreateGroup { name: "crew".into(), title: "Crew".into() };
    let crew = admin.groups().create_group(&key(), &body).await.unwrap();
    admin.groups().add_group_member(crew.id, guest.id).await.unwrap();
    let place = CreateGrant {
        system_id: Some(world.service.system.id),
        service_id: None,
        vm_id: None,
        principal_id: None,
        group_id: Some(crew.id),
        role: GrantRole::Member,
    };
    world.engineer.grants().create_grant(&key(), &place).await.unwrap();
    let there = guest.at(replica.base.as_str());
    let ticket = ticket_of(&there, &vm, ConsoleKind::Serial).await;
    let mut socket = connect_at(&replica.base.origin().ascii_serialization(), &ticket.url).await.unwrap();
    hears(&mut socket, "login:").await;
    admin.groups().remove_group_member(crew.id, guest.id).await.unwrap();
    assert_eq!(close_code(&mut socket).await, 4003);
    let body = OpenConsole { kind: ConsoleKind::Serial, reason: None, fields: None };
    assert_eq!(super::code(there.vms().open_console(vm.id, &body).await), "NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_console_ends_with_its_guest() {
    let world = World::start().await;
    let vm = world.running_vm().await;
    let mut socket = connect(&world, &ticket(&world, &vm, ConsoleKind::Serial).await.url).await.unwrap();
    hears(&mut socket, "login:").await;
    super::stop(&world.engineer, &vm).await.unwrap();
    assert_eq!(close_code(&mut socket).await, 4000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_says_so_and_records_the_end() {
    let world = World::start().await;
    let vm = world.running_vm().await;
    let mut socket = connect(&world, &ticket(&world, &vm, ConsoleKind::Serial).await.url).await.unwrap();
    hears(&mut socket, "login:").await;
    let (code, ()) = tokio::join!(close_code(&mut socket), world.app.served.consoles.drain());
    assert_eq!(code, 1001);
    assert_eq!(world.app.audited(Some("console.close")).await.len(), 1);
}

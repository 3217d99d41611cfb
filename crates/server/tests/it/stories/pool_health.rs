//! Whether members serve: asked, believed when they say so often enough, and mended when they do not.

use futures::SinkExt;
use shepherd_contract::client::ClientError;
use shepherd_contract::types::{
    ConsoleKind, PoolClass, PoolHealth, PoolMember, PoolUpkeep, PoolVerdict, RequestPool,
};
use shepherd_domain::ids::PoolId;
use shepherd_test_support::app::{SOON, World, key};
use shepherd_test_support::wait_for;
use tokio_tungstenite::tungstenite::Message;

use super::consoles::{connect, hears, ticket};
use super::pools::{history, members, pool, serving, wish};

/// Its code and the place it is about.
fn refusal<T: std::fmt::Debug>(result: Result<T, ClientError>) -> (String, String) {
    let Err(ClientError::Problem(problem)) = result else {
        panic!("it should have been refused: {result:?}")
    };
    (problem.errors[0].code.to_string(), problem.errors[0].pointer.clone())
}

fn upkeep(health: serde_json::Value) -> PoolUpkeep {
    let health: PoolHealth = serde_json::from_value(health).expect("it is one");
    let upkeep: PoolUpkeep = serde_json::from_value(serde_json::json!({})).expect("everything has a default");
    PoolUpkeep { health: Some(health), ..upkeep }
}

fn checked(world: &World, desired: i64) -> RequestPool {
    let health = serde_json::json!({ "interval_seconds": 1, "timeout_seconds": 1, "failures": 2, "all": [
        { "any": [{ "kind": "http", "port": 80, "body_contains": "simulated guest" }] },
        { "any": [{ "kind": "agent" }, { "kind": "ready" }] },
    ] });
    RequestPool { upkeep: Some(upkeep(health)), ..wish(world, desired) }
}

/// Types on a member's console what its web server is to do.
async fn web(world: &World, member: &PoolMember, does: &str) {
    let vm = world.engineer.vms().get_vm(member.vm.id).await.expect("it can be read");
    let mut socket =
        connect(world, &ticket(world, &vm, ConsoleKind::Serial).await.url).await.expect("it opens");
    hears(&mut socket, "login:").await;
    socket.send(Message::Binary("root\r".into())).await.expect("it is open");
    hears(&mut socket, "$").await;
    socket.send(Message::Binary(format!("web {does}\r").into())).await.expect("it is open");
    hears(&mut socket, "The web server is").await;
}

async fn until(world: &World, id: PoolId, ordinal: i64, class: PoolClass) -> PoolMember {
    wait_for(&format!("the member at {ordinal} to be {class}"), SOON, async || {
        let now = members(world, id).await;
        let one = now.iter().find(|m| m.ordinal == ordinal && m.class == class).cloned();
        one.ok_or(format!("{now:?}"))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_whose_web_server_hangs_is_found_out_and_started_anew() {
    let world = World::start_on(|_| {}).await;
    let id = pool(&world, &checked(&world, 3)).await;
    let before = members(&world, id).await;
    for member in &before {
        let said = member.health.said.as_ref().map(|said| said.code.as_str());
        assert_eq!((member.health.verdict, said), (PoolVerdict::Healthy, Some("CHECK_PASSED")), "{member:?}");
    }
    // What is seen of it, while nothing is done about it.
    world.engineer.pools().pause_pool(id, &key()).await.unwrap();
    web(&world, &before[1], "hung").await;
    let hangs = until(&world, id, 1, PoolClass::Unhealthy).await;
    assert_eq!(hangs.health.said.as_ref().map(|said| said.code.as_str()), Some("CHECK_TIMED_OUT"));
    assert!(hangs.health.failing_since.is_some() && hangs.health.verdict == PoolVerdict::Unhealthy);
    web(&world, &before[0], "broken").await;
    let broken = until(&world, id, 0, PoolClass::Unhealthy).await;
    assert_eq!(broken.health.said.map(|said| said.code), Some("CHECK_STATUS".into()));
    let shown = world.engineer.pools().get_pool(id).await.unwrap();
    assert_eq!(shown.pool.available, 1);
    // It recovers by itself, and that is believed as well.
    web(&world, &before[0], "up").await;
    until(&world, id, 0, PoolClass::Available).await;

    world.engineer.pools().resume_pool(id, &key()).await.unwrap();
    let after = serving(&world, id, 3).await;
    assert_eq!(after[1].vm, before[1].vm, "it was started anew, not made anew");
    let acts = history(&world, id).await;
    assert_eq!(
        (acts[0].act.as_str(), acts[0].reason.code.as_str(), acts[0].ordinal),
        ("restart", "MEMBER_UNHEALTHY", Some(1))
    );
    assert_eq!(acts.iter().filter(|act| act.act != "create").count(), 1, "{acts:?}");
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_that_cannot_be_asked_for_is_refused_with_its_place() {
    let world = World::start_on(|_| {}).await;
    let ask = async |probe: serde_json::Value| {
        let health = serde_json::json!({ "all": [{ "any": [{ "kind": "ready" }, probe] }] });
        let wish = RequestPool { upkeep: Some(upkeep(health)), ..wish(&world, 1) };
        refusal(world.engineer.pools().request_pool(&key(), &wish).await)
    };
    let at = "/upkeep/health/all/0/any/1";
    let useless = ask(serde_json::json!({ "kind": "tcp", "port": 22, "path": "/" })).await;
    assert_eq!(useless, ("POOL_CHECK_INVALID".into(), at.into()));
    assert_eq!(ask(serde_json::json!({ "kind": "http" })).await, ("POOL_CHECK_INVALID".into(), at.into()));
    let path = ask(serde_json::json!({ "kind": "http", "port": 80, "path": "http://10.0.0.1/" })).await;
    assert_eq!(path, ("POOL_CHECK_INVALID".into(), format!("{at}/path")));
    world.assert_true().await;
}

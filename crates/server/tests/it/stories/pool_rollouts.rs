//! Another spec that does not serve: it rests, is taken back by a person, or by the pool itself when its time is over.

use std::time::Duration;

use shepherd_contract::types::{
    ChangePool, Pool, PoolMember, PoolRolloutState, PoolUpkeep, RequestPool, RequestState,
};
use shepherd_domain::ids::PoolId;
use shepherd_test_support::app::{SOON, World, key};
use shepherd_test_support::wait_for;

use super::pools::{history, members, pool, serving, shown, wish};
use super::{code, says_yes};

fn upkeep(rollback_seconds: i64) -> PoolUpkeep {
    let upkeep = serde_json::json!({
        "health": { "interval_seconds": 1, "timeout_seconds": 1, "failures": 1,
                    "all": [{ "any": [{ "kind": "http", "port": 80 }] }] },
        "rollout": { "rollback_seconds": rollback_seconds },
    });
    serde_json::from_value(upkeep).expect("it is one")
}

/// A pool of two whose next spec has a web server that only answers with an error.
async fn begun(rollback_seconds: i64) -> (World, PoolId, Vec<PoolMember>) {
    let world = World::start_on(|_| {}).await;
    let id = pool(&world, &RequestPool { upkeep: Some(upkeep(rollback_seconds)), ..wish(&world, 2) }).await;
    let before = members(&world, id).await;
    let change = ChangePool {
        base_revision: 1,
        min: None,
        max: None,
        template_version_id: Some(world.next_template_version("shepherd/demo-broken:2").await),
        size_version_id: None,
        disk_bytes: None,
        variables: None,
        upkeep: None,
        reason: None,
        fields: None,
    };
    let asked = world.engineer.pools().change_pool(id, &key(), &change).await.expect("it is taken up");
    says_yes(&world.approver, &asked).await.expect("the approval counts");
    world.reaches(asked.id, RequestState::Succeeded).await;
    (world, id, before)
}

async fn rollout(world: &World, id: PoolId, state: PoolRolloutState) -> Pool {
    wait_for(&format!("the rollout to be {state}"), SOON, async || {
        let pool = shown(world, id).await;
        let now = pool.rollout.as_ref().map(|rollout| rollout.state);
        if now == Some(state) { Ok(pool) } else { Err(format!("{:?}", pool.rollout)) }
    })
    .await
}

/// Waits until one of the new spec was asked, and did not serve.
async fn one_fails(world: &World, id: PoolId) {
    wait_for("a member of the new spec to fail", SOON, async || {
        let now = members(world, id).await;
        let fails = |m: &PoolMember| {
            m.revision == 2 && m.health.said.as_ref().is_some_and(|s| s.code == "CHECK_STATUS")
        };
        if now.iter().any(fails) { Ok(()) } else { Err(format!("{now:?}")) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollout_rests_goes_on_and_is_taken_back_by_a_person() {
    let (world, id, before) = begun(0).await;
    one_fails(&world, id).await;
    let rolling = rollout(&world, id, PoolRolloutState::Rolling).await.rollout.unwrap();
    assert_eq!(
        (rolling.updated, rolling.total, rolling.may_roll_back, rolling.rolls_back_at),
        (0, 2, true, None)
    );
    let rollouts = world.engineer.rollouts();
    let paused = rollouts.pause_pool_rollout(id, &key()).await.unwrap();
    assert_eq!(paused.rollout.unwrap().state, PoolRolloutState::Paused);
    assert!(paused.plan.held_back.iter().any(|reason| reason.code == "ROLLOUT_PAUSED"), "{:?}", paused.plan);
    let resumed = rollouts.resume_pool_rollout(id, &key()).await.unwrap();
    assert_eq!(resumed.rollout.unwrap().state, PoolRolloutState::Rolling);

    rollouts.roll_back_pool(id, &key()).await.unwrap();
    let back = rollout(&world, id, PoolRolloutState::RolledBack).await;
    assert_eq!((back.revision, back.rollout.as_ref().unwrap().revision), (3, 1));
    let after = serving(&world, id, 2).await;
    assert!(after.iter().zip(&before).all(|(a, b)| a.vm == b.vm), "those that served stayed: {after:?}");
    assert_eq!(world.app.audited(Some("pool.rollback")).await.len(), 1);
    assert_eq!(code(rollouts.roll_back_pool(id, &key()).await), "NOTHING_TO_GO_BACK_TO");
    assert_eq!(code(rollouts.pause_pool_rollout(id, &key()).await), "NO_ROLLOUT");
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollout_that_brings_nothing_in_its_time_is_taken_back_by_the_pool() {
    let (world, id, before) = begun(300).await;
    one_fails(&world, id).await;
    let rolling = shown(&world, id).await.rollout.unwrap();
    assert!(rolling.rolls_back_at.is_some_and(|at| at > rolling.since), "{rolling:?}");
    assert!(history(&world, id).await.iter().all(|act| act.act != "roll_back"));
    world.app.pass(Duration::from_secs(301)).await;
    // Right after such a jump the cluster counts as unheard of, and who looks then looks again only a minute later.
    wait_for("the pool to give the rollout up", SOON, async || {
        world.app.app.work_pool(id).await.expect("any manager may look at it");
        let acts = history(&world, id).await;
        if acts.iter().any(|act| act.act == "roll_back") { Ok(()) } else { Err(format!("{acts:?}")) }
    })
    .await;
    rollout(&world, id, PoolRolloutState::RolledBack).await;
    let after = serving(&world, id, 2).await;
    assert!(after.iter().zip(&before).all(|(a, b)| a.vm == b.vm), "those that served stayed: {after:?}");
    let acts = history(&world, id).await;
    let given_up = acts.iter().find(|act| act.act == "roll_back").expect("it says so");
    assert_eq!((given_up.reason.code.as_str(), given_up.ordinal), ("ROLLOUT_GIVEN_UP", None));
    world.assert_true().await;
}

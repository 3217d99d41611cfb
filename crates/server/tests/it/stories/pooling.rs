//! Pools where it is tight: several managers, another spec, a cluster that is away, what may not be asked for.

use shepherd_contract::types::{
    ChangePool, PoolClass, PoolRolloutState, PoolUpkeep, Reject, RequestPool, RequestState, ScalePool,
};
use shepherd_test_support::app::{SOON, World, key};
use shepherd_test_support::wait_for;

use super::pools::{history, members, pool, scale, serving, shown, wish};
use super::{code, says_yes};

#[tokio::test(flavor = "multi_thread")]
async fn many_managers_at_once_never_make_or_delete_one_twice() {
    let world = World::start().await;
    let id = pool(&world, &wish(&world, 1)).await;
    let other = world.app.another().await;
    for desired in [4, 2, 4] {
        scale(&world, id, desired).await;
        let turns = (0..6).map(|n| {
            let app = if n % 2 == 0 { world.app.app.clone() } else { other.clone() };
            tokio::spawn(async move { app.work_pool(id).await })
        });
        for turn in turns.collect::<Vec<_>>() {
            turn.await.unwrap().unwrap();
        }
        let now = serving(&world, id, desired).await;
        let mut places: Vec<i64> = now.iter().map(|m| m.ordinal).collect();
        places.dedup();
        assert_eq!(places.len(), now.len());
    }
    let creates = history(&world, id).await.iter().filter(|a| a.act == "create").count();
    assert_eq!(creates, 1 + 3 + 2);
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_spec_reaches_the_members_one_after_the_other() {
    let world = World::start().await;
    let id = pool(&world, &wish(&world, 2)).await;
    let before = members(&world, id).await;
    let change = ChangePool {
        base_revision: 1,
        min: None,
        max: Some(5),
        template_version_id: Some(world.wish_for_image("registry.example/other").await.template_version_id),
        size_version_id: None,
        disk_bytes: None,
        variables: None,
        upkeep: Some(PoolUpkeep { restarts: Some(0), ..upkeep() }),
        reason: None,
        fields: None,
    };
    let asked = world.engineer.pools().change_pool(id, &key(), &change).await.unwrap();
    assert_eq!(asked.summary.code, "SUMMARY_POOL_CHANGE");
    let twin = world.engineer.pools().change_pool(id, &key(), &change).await;
    assert_eq!(code(twin), "DUPLICATE_REQUEST");
    world.assert_true().await;
    says_yes(&world.approver, &asked).await.unwrap();
    let after = serving(&world, id, 2).await;
    assert!(after.iter().all(|m| m.revision == 2 && before.iter().all(|b| b.vm.id != m.vm.id)));
    let pool = shown(&world, id).await;
    assert_eq!((pool.revision, pool.pool.max, pool.upkeep.restarts), (2, 5, Some(0)));
    assert_eq!(pool.agreed_by, asked.id);
    let codes: Vec<String> = history(&world, id).await.into_iter().map(|a| a.reason.code).collect();
    assert!(
        codes.contains(&"MEMBER_OUTDATED".into()) && codes.contains(&"MEMBER_RELIEVED".into()),
        "{codes:?}"
    );
    let rolled = wait_for("the rollout to be over", SOON, async || {
        let rollout = shown(&world, id).await.rollout.expect("there was one");
        if rollout.state == PoolRolloutState::RolledOut { Ok(rollout) } else { Err(format!("{rollout:?}")) }
    })
    .await;
    assert_eq!((rolled.revision, rolled.updated, rolled.total, rolled.may_roll_back), (2, 2, 2, true));
    let stale = world.engineer.pools().change_pool(id, &key(), &ChangePool { max: Some(6), ..change }).await;
    assert_eq!(code(stale), "STALE");
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn members_on_a_cluster_that_is_away_are_not_taken_for_dead() {
    let mut world = World::start().await;
    let id = pool(&world, &wish(&world, 2)).await;
    let before = members(&world, id).await;
    world.site.go_down().await;
    world.unreachable().await;
    wait_for("nobody to be made out", SOON, async || {
        // As the watch says it: nothing was heard for half a minute.
        world.app.pass(std::time::Duration::from_secs(31)).await;
        let now = members(&world, id).await;
        if now.iter().all(|m| m.class == PoolClass::Unknown) { Ok(()) } else { Err(format!("{now:?}")) }
    })
    .await;
    world.app.app.work_pool(id).await.unwrap();
    assert_eq!(shown(&world, id).await.plan.acts, []);
    world.site.come_back().await;
    world.healthy().await;
    let after = serving(&world, id, 2).await;
    assert!(after.iter().zip(&before).all(|(a, b)| a.vm == b.vm), "they are the same");
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_pool_can_be_is_refused_and_a_refused_one_takes_nothing() {
    let world = World::start().await;
    let pools = world.engineer.pools();
    let ask = async |wish: RequestPool| pools.request_pool(&key(), &wish).await;
    let of = |min, desired, max| RequestPool { min, max, ..wish(&world, desired) };
    assert_eq!(code(ask(of(3, 3, 2)).await), "POOL_BOUNDS_INVALID");
    assert_eq!(code(ask(of(1, 4, 3)).await), "POOL_OUT_OF_BOUNDS");
    let named = RequestPool { name: "No Name".into(), ..wish(&world, 1) };
    assert_eq!(code(ask(named).await), "NAME_INVALID");
    let stuck = PoolUpkeep { max_disrupted: Some(0), ..upkeep() };
    assert_eq!(
        code(ask(RequestPool { upkeep: Some(stuck), ..wish(&world, 1) }).await),
        "POOL_UPKEEP_INVALID"
    );
    let asked = ask(wish(&world, 2)).await.unwrap();
    assert!(!asked.may.edit && asked.may.cancel);
    assert_eq!(code(ask(wish(&world, 1)).await), "DUPLICATE_REQUEST");
    let vms = asked.quota.iter().find(|line| line.dimension == "vms").map(|line| line.requested);
    assert_eq!(vms, Some(5), "the greatest count and the surge");
    world.assert_true().await;
    let no = Reject { spec_hash: asked.spec_hash.clone(), reason: "no".into() };
    let no = world.approver.requests().reject_request(asked.id, &key(), &no).await.unwrap();
    assert_eq!(no.state, RequestState::Rejected);
    world.assert_true().await;

    let id = pool(&world, &wish(&world, 1)).await;
    let stranger = world.app.person("stranger", "engineer").await;
    assert_eq!(code(stranger.pools().get_pool(id).await), "NOT_FOUND");
    let body = ScalePool { desired: 2, reason: None };
    assert_eq!(code(stranger.pools().scale_pool(id, &key(), &body).await), "NOT_FOUND");
    assert_eq!(stranger.pools().list_pools(&Default::default()).await.unwrap().items, []);
}

fn upkeep() -> PoolUpkeep {
    serde_json::from_value(serde_json::json!({})).expect("everything has a default")
}

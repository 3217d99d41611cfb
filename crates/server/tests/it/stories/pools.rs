//! Pools: kept at their count whatever befalls their members, and inside what people agreed to.

use shepherd_contract::types::{
    CatalogueState, Pool, PoolAct, PoolClass, PoolMember, PoolState, RequestPool, RequestState, ScalePool,
    VmState,
};
use shepherd_domain::ids::{PoolId, VmId};
use shepherd_test_support::app::{SOON, World, key};
use shepherd_test_support::wait_for;

use super::{code, delete, says_yes, start, stop};

/// What the engineer asks for.
pub(super) fn wish(world: &World, desired: i64) -> RequestPool {
    RequestPool { name: "web".into(), min: 1, desired, max: 4, vm: world.wish(), upkeep: None }
}

/// The whole way to a pool of so many that all serve.
pub(super) async fn pool(world: &World, wish: &RequestPool) -> PoolId {
    let asked = world.engineer.pools().request_pool(&key(), wish).await.expect("it is taken up");
    assert_eq!(asked.state, RequestState::Pending, "someone agrees");
    says_yes(&world.approver, &asked).await.expect("the approval counts");
    world.reaches(asked.id, RequestState::Succeeded).await;
    let page = world.engineer.pools().list_pools(&Default::default()).await.expect("it can be listed");
    let id = page.items[0].id;
    serving(world, id, wish.desired).await;
    id
}

pub(super) async fn shown(world: &World, id: PoolId) -> Pool {
    world.engineer.pools().get_pool(id).await.expect("it can be read")
}

pub(super) async fn members(world: &World, id: PoolId) -> Vec<PoolMember> {
    world.engineer.pools().list_pool_members(id).await.expect("they can be listed").items
}

/// Waits until so many serve, nobody else is there and nothing is left to do.
pub(super) async fn serving(world: &World, id: PoolId, count: i64) -> Vec<PoolMember> {
    wait_for(&format!("{count} members to serve"), SOON, async || {
        let members = members(world, id).await;
        let serve = members.iter().filter(|m| m.class == PoolClass::Available && !m.outdated).count();
        let plan = world.engineer.pools().plan_pool(id).await.expect("it can be planned");
        match i64::try_from(serve) == Ok(count) && members.len() == serve && plan.acts.is_empty() {
            true => Ok(members),
            false => Err(format!("{members:?} {plan:?}")),
        }
    })
    .await
}

pub(super) async fn history(world: &World, id: PoolId) -> Vec<PoolAct> {
    world.engineer.pools().list_pool_acts(id, &Default::default()).await.expect("it can be read").items
}

fn ordinals(members: &[PoolMember]) -> Vec<i64> {
    members.iter().map(|m| m.ordinal).collect()
}

pub(super) async fn scale(world: &World, id: PoolId, desired: i64) {
    let body = ScalePool { desired, reason: None };
    world.engineer.pools().scale_pool(id, &key(), &body).await.expect("it is within the bounds");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_comes_up_is_scaled_and_goes_with_all_it_took() {
    let world = World::start().await;
    let id = pool(&world, &wish(&world, 3)).await;
    let three = members(&world, id).await;
    assert_eq!(ordinals(&three), [0, 1, 2]);
    let acts = history(&world, id).await;
    assert_eq!(
        acts.iter().map(|a| (a.act.as_str(), a.reason.code.as_str())).collect::<Vec<_>>(),
        [("create", "POOL_BELOW_DESIRED"); 3]
    );
    world.assert_true().await;

    scale(&world, id, 4).await;
    serving(&world, id, 4).await;
    scale(&world, id, 1).await;
    let one = serving(&world, id, 1).await;
    assert_eq!(one[0].vm, three[0].vm, "the newest went");
    assert_eq!(history(&world, id).await[0].reason.code, "POOL_ABOVE_DESIRED");
    let over = world.engineer.pools().scale_pool(id, &key(), &ScalePool { desired: 5, reason: None }).await;
    assert_eq!(code(over), "POOL_OUT_OF_BOUNDS");
    world.assert_true().await;

    let body =
        shepherd_contract::types::DeletePool { confirm_name: "web".into(), reason: None, fields: None };
    let asked = world.engineer.pools().delete_pool(id, &key(), &body).await.unwrap();
    says_yes(&world.approver, &asked).await.unwrap();
    wait_for("the pool to be gone", SOON, async || {
        let pool = shown(&world, id).await.pool;
        if pool.state == PoolState::Deleted { Ok(()) } else { Err(format!("{pool:?}")) }
    })
    .await;
    assert!(world.in_cluster().await.is_empty());
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_dies_is_replaced_in_its_place_under_a_new_name() {
    let world = World::start().await;
    let id = pool(&world, &wish(&world, 3)).await;
    let before = members(&world, id).await;
    let lost = &before[1];
    world.kubectl_delete(&lost.vm.name).await;
    let after = wait_for("another in its place", SOON, async || {
        let now = members(&world, id).await;
        let other = now.iter().find(|m| m.ordinal == 1 && m.vm.id != lost.vm.id).cloned();
        other.ok_or(format!("{now:?}"))
    })
    .await;
    assert_ne!(after.vm.name, lost.vm.name);
    let after = serving(&world, id, 3).await;
    assert_eq!(ordinals(&after), [0, 1, 2]);
    assert_eq!((&after[0].vm, &after[2].vm), (&before[0].vm, &before[2].vm));
    let said: Vec<String> = history(&world, id).await.into_iter().map(|a| a.reason.code).take(2).collect();
    assert!(said.contains(&"MEMBER_GONE".to_owned()), "{said:?}");
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_by_a_person_holds_a_deletion_replaces_and_a_change_is_the_pools() {
    let world = World::start().await;
    let id = pool(&world, &wish(&world, 2)).await;
    let both = members(&world, id).await;
    let vm = async |id: VmId| world.engineer.vms().get_vm(id).await.expect("it can be read");
    let (first, second) = (vm(both[0].vm.id).await, vm(both[1].vm.id).await);
    assert!(!first.may.modify && first.may.stop);
    let body = shepherd_contract::types::ModifyVm {
        base_revision: first.spec_revision,
        size_version_id: None,
        disk_bytes: None,
        template_version_id: None,
        variables: None,
        labels: Some([("tier".to_owned(), "front".to_owned())].into()),
        reason: None,
        fields: None,
    };
    assert_eq!(code(world.engineer.lifecycle().modify_vm(first.id, &key(), &body).await), "POOL_MANAGED");

    let asked = stop(&world.engineer, &first).await.unwrap();
    world.reaches(asked.id, RequestState::Succeeded).await;
    let held = wait_for("it to be held", SOON, async || {
        let now = members(&world, id).await;
        let held = now[0].class == PoolClass::Held && now[0].vm.id == first.id;
        if held { Ok(now) } else { Err(format!("{now:?}")) }
    })
    .await;
    assert_eq!(held.len(), 2, "nobody takes its place");
    assert_eq!(shown(&world, id).await.plan.acts, []);

    let asked = delete(&world.engineer, &second).await.unwrap();
    world.approve(&asked).await;
    world.reaches(asked.id, RequestState::Succeeded).await;
    assert_eq!(vm(second.id).await.state, VmState::Deleted, "a member is not kept for later");
    let asked = start(&world.engineer, &first).await.unwrap();
    world.reaches(asked.id, RequestState::Succeeded).await;
    let after = serving(&world, id, 2).await;
    assert_eq!(after[0].vm.id, first.id);
    assert_ne!(after[1].vm.id, second.id);
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_pool_lets_its_members_be_and_says_what_it_would_do() {
    let world = World::start().await;
    let id = pool(&world, &wish(&world, 2)).await;
    let paused = world.engineer.pools().pause_pool(id, &key()).await.unwrap();
    assert!(paused.pool.paused);
    scale(&world, id, 3).await;
    world.app.app.reconcile().await.unwrap();
    let plan = shown(&world, id).await.plan;
    assert_eq!((plan.acts.len(), plan.held_back[0].code.as_str()), (0, "POOL_PAUSED"));
    assert_eq!(members(&world, id).await.len(), 2);
    world.engineer.pools().resume_pool(id, &key()).await.unwrap();
    serving(&world, id, 3).await;
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_made_is_said_waits_and_comes_once_it_can() {
    let world = World::start().await;
    let id = pool(&world, &wish(&world, 1)).await;
    world.set_size(CatalogueState::Withdrawn).await;
    scale(&world, id, 2).await;
    let said = wait_for("the refusal", SOON, async || {
        let acts = history(&world, id).await;
        let refused = acts.iter().find(|a| a.act == "refused").cloned();
        refused.ok_or(format!("{acts:?}"))
    })
    .await;
    assert_eq!(said.reason.code, "WITHDRAWN");
    assert_eq!(shown(&world, id).await.plan.held_back[0].code, "PLACE_BACK_OFF");
    world.set_size(CatalogueState::Active).await;
    world.app.pass(std::time::Duration::from_secs(20)).await;
    serving(&world, id, 2).await;
    world.assert_true().await;
}

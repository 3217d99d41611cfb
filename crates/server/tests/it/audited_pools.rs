//! That what is done with pools leaves its lines; see `audited`.

use shepherd_contract::operations::OperationId;
use shepherd_contract::types::*;
use shepherd_test_support::app::{World, key};

use crate::audited::Trail;

#[tokio::test(flavor = "multi_thread")]
async fn pools() {
    let world = World::start().await;
    let mut trail = Trail::of(&world.app);
    let (engineer, verbs) = (&world.engineer, world.engineer.pools());
    let keys: Vec<String> = (0..6).map(|_| key()).collect();
    let wish = RequestPool { name: "web".into(), min: 0, desired: 0, max: 2, vm: world.wish(), upkeep: None };
    let asked = trail.leaves(OperationId::RequestPool, engineer, verbs.request_pool(&keys[0], &wish)).await;
    world.approve(&asked).await;
    let id = verbs.list_pools(&Default::default()).await.unwrap().items[0].id;
    let body = ScalePool { desired: 1, reason: Some("a fair".into()) };
    trail.leaves(OperationId::ScalePool, engineer, verbs.scale_pool(id, &keys[1], &body)).await;
    trail.leaves(OperationId::PausePool, engineer, verbs.pause_pool(id, &keys[2])).await;
    trail.leaves(OperationId::ResumePool, engineer, verbs.resume_pool(id, &keys[3])).await;
    let body: ChangePool =
        serde_json::from_value(serde_json::json!({ "base_revision": 1, "max": 3 })).unwrap();
    let change =
        trail.leaves(OperationId::ChangePool, engineer, verbs.change_pool(id, &keys[4], &body)).await;
    world.approve(&change).await;
    let body = DeletePool { confirm_name: "web".into(), reason: None, fields: None };
    trail.leaves(OperationId::DeletePool, engineer, verbs.delete_pool(id, &keys[5], &body)).await;
    trail.has_all_of("pools");
}

#[tokio::test(flavor = "multi_thread")]
async fn rollouts() {
    let world = World::start().await;
    let mut trail = Trail::of(&world.app);
    let (engineer, pools, verbs) = (&world.engineer, world.engineer.pools(), world.engineer.rollouts());
    let wish = RequestPool { name: "web".into(), min: 0, desired: 1, max: 2, vm: world.wish(), upkeep: None };
    world.approve(&pools.request_pool(&key(), &wish).await.unwrap()).await;
    let id = pools.list_pools(&Default::default()).await.unwrap().items[0].id;
    // Nobody comes or goes meanwhile, so the rollout is not over before it was steered.
    pools.pause_pool(id, &key()).await.unwrap();
    let template = world.next_template_version("shepherd/demo-broken:2").await;
    let body = serde_json::json!({ "base_revision": 1, "template_version_id": template });
    let body: ChangePool = serde_json::from_value(body).unwrap();
    world.approve(&pools.change_pool(id, &key(), &body).await.unwrap()).await;
    let keys: Vec<String> = (0..3).map(|_| key()).collect();
    trail.leaves(OperationId::PausePoolRollout, engineer, verbs.pause_pool_rollout(id, &keys[0])).await;
    trail.leaves(OperationId::ResumePoolRollout, engineer, verbs.resume_pool_rollout(id, &keys[1])).await;
    trail.leaves(OperationId::RollBackPool, engineer, verbs.roll_back_pool(id, &keys[2])).await;
    trail.has_all_of("rollouts");
}

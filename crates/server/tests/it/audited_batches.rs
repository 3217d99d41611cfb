//! The same for what is asked for many at once, and for how much that may be.

use shepherd_contract::operations::OperationId;
use shepherd_contract::types::*;
use shepherd_test_support::app::{World, key};

use crate::audited::Trail;

#[tokio::test(flavor = "multi_thread")]
async fn batches_and_limits() {
    let world = World::start().await;
    let mut trail = Trail::of(&world.app);
    let (engineer, admin) = (&world.engineer, &world.admin);
    let wish = world.wish();
    let body = RequestVms {
        service_id: wish.service_id,
        namespace_id: wish.namespace_id,
        template_version_id: wish.template_version_id,
        size_version_id: wish.size_version_id,
        disk_bytes: None,
        variables: None,
        secret_ids: None,
        network_ids: None,
        ssh_key_ids: None,
        place: None,
        reason: None,
        fields: None,
        another: None,
        sample: None,
        count: Some(2),
        name_pattern: None,
        csv: None,
    };
    let (batches, call) = (engineer.batches(), key());
    let batch = trail.leaves(OperationId::RequestVms, engineer, batches.request_vms(&call, &body)).await;
    let call = key();
    trail.leaves(OperationId::CancelBatch, engineer, batches.cancel_batch(batch.request.id, &call)).await;
    let vm_ids = vec![world.running_vm().await.id];
    let call = key();
    let body = PowerVms {
        action: PowerAction::VmStop,
        vm_ids: vm_ids.clone(),
        force: None,
        grace_seconds: None,
        reason: None,
        fields: None,
    };
    let stop = trail.leaves(OperationId::PowerVms, engineer, batches.power_vms(&call, &body)).await;
    world.reaches(stop.request.id, RequestState::Succeeded).await;
    let failed =
        sqlx::query("update request set state = 'failed' where batch_id = $1").bind(stop.request.id.0);
    failed.execute(&mut world.app.db.owner().await).await.unwrap();
    let call = key();
    trail.leaves(OperationId::RetryBatch, engineer, batches.retry_batch(stop.request.id, &call)).await;
    let call = key();
    let body = DeleteVms { vm_ids, confirm_name: "redis".into(), reason: None, fields: None };
    trail.leaves(OperationId::DeleteVms, engineer, batches.delete_vms(&call, &body)).await;
    trail.has_all_of("batches");

    let limits = admin.limits();
    let now = limits.get_limits().await.unwrap();
    let body = UpdateLimits {
        pending_per_person: Some(5),
        pending_in_all: None,
        hourly_per_person: None,
        in_flight_per_person: 5,
        in_flight_in_all: 10,
    };
    trail.leaves(OperationId::UpdateLimits, admin, limits.update_limits(now.version, &body)).await;
    let body = ExemptFromLimits { reason: "moves the shop".into(), until: None };
    let exempt = limits.exempt_from_limits(engineer.id, &body);
    trail.leaves(OperationId::ExemptFromLimits, admin, exempt).await;
    trail.leaves(OperationId::EndLimitExemption, admin, limits.end_limit_exemption(engineer.id)).await;
    trail.has_all_of("limits");
}

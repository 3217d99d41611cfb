//! That changing, pausing, deleting, restoring and purging a VM leave their lines; see `audited`.

use shepherd_contract::operations::OperationId;
use shepherd_contract::types::*;
use shepherd_test_support::app::{World, key};

use crate::audited::Trail;

fn unchanged() -> ModifyVm {
    ModifyVm {
        base_revision: 1,
        size_version_id: None,
        disk_bytes: None,
        template_version_id: None,
        variables: None,
        labels: None,
        reason: None,
        fields: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lifecycle() {
    let world = World::start().await;
    let mut trail = Trail::of(&world.app);
    let engineer = &world.engineer;
    let vm = world.running_vm().await;
    let (verbs, body) = (engineer.lifecycle(), PowerVm { reason: None, fields: None });
    let pause = trail.leaves(OperationId::PauseVm, engineer, verbs.pause_vm(vm.id, &key(), &body)).await;
    world.reaches(pause.id, RequestState::Succeeded).await;
    let on = trail.leaves(OperationId::UnpauseVm, engineer, verbs.unpause_vm(vm.id, &key(), &body)).await;
    world.reaches(on.id, RequestState::Succeeded).await;
    let vm = engineer.vms().get_vm(vm.id).await.unwrap();
    let labels = Some([("tier".to_owned(), "cache".to_owned())].into());
    let change = ModifyVm { labels, base_revision: vm.spec_revision, ..unchanged() };
    let (first, second) = (key(), key());
    let call = verbs.modify_vm(vm.id, &first, &change);
    let changed = trail.leaves(OperationId::ModifyVm, engineer, call).await;
    world.approve(&changed).await;
    world.reaches(changed.id, RequestState::Succeeded).await;
    let name = DeleteVm { reason: None, confirm_name: vm.name.clone(), fields: None };
    let deleted = engineer.vms().delete_vm(vm.id, &key(), &name).await.unwrap();
    world.approve(&deleted).await;
    world.reaches(deleted.id, RequestState::Succeeded).await;
    let call = verbs.restore_vm(vm.id, &second, &body);
    let back = trail.leaves(OperationId::RestoreVm, engineer, call).await;
    let no = Reject { spec_hash: back.spec_hash, reason: "no".into() };
    world.approver.requests().reject_request(back.id, &key(), &no).await.unwrap();
    trail.leaves(OperationId::PurgeVm, engineer, verbs.purge_vm(vm.id, &key(), &name)).await;
    trail.has_all_of("lifecycle");
}

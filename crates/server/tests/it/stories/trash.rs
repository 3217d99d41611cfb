//! The trash: what is deleted can come back for a time, and then goes for good.

use shepherd_contract::client::ClientError;
use shepherd_contract::types::{
    DeleteVm, ListVmsQuery, PowerState, Reject, RequestState, UpdateVm, Vm, VmState, VmSummary,
};
use shepherd_test_support::app::{SOON, World, key};
use shepherd_test_support::wait_for;

use super::{code, delete, purge, restore, says_yes, start};

async fn deleted(world: &World) -> Vm {
    let vm = world.running_vm().await;
    let asked = delete(&world.engineer, &vm).await.expect("it may be asked for");
    world.approve(&asked).await;
    world.reaches(asked.id, RequestState::Succeeded).await;
    world.does(vm.id, PowerState::Stopped).await
}

async fn listed(world: &World, trashed: Option<bool>) -> Vec<VmSummary> {
    let query = ListVmsQuery { trashed, ..Default::default() };
    world.engineer.vms().list_vms(&query).await.expect("it can be listed").items
}

async fn is(world: &World, vm: &Vm, state: VmState) -> Vm {
    wait_for(&format!("the VM to be {state}"), SOON, async || {
        let vm = world.engineer.vms().get_vm(vm.id).await.expect("it can be read");
        if vm.state == state { Ok(vm) } else { Err(vm.state) }
    })
    .await
}

/// As if its time were over.
async fn is_due(world: &World, vm: &Vm) {
    let due = "update vm set purge_at = app_now() - interval '1 second' where id";
    world.execute(&format!("{due} = '{}'", vm.id)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_deleted_is_kept_halted_and_comes_back() {
    let world = World::start().await;
    let vm = deleted(&world).await;
    assert_eq!(vm.state, VmState::Trashed);
    let kept = vm.purge_at.unwrap() - vm.trashed_at.unwrap();
    assert_eq!(kept.num_days(), 7, "as long as an environment that is not protected keeps it");
    assert!(vm.may.restore && vm.may.purge && !vm.may.start && !vm.may.delete);
    assert_eq!(listed(&world, None).await, []);
    assert_eq!(listed(&world, Some(true)).await[0].id, vm.id);
    assert_eq!(world.run_strategy(&vm.name).await, "Halted");
    assert_eq!(code(start(&world.engineer, &vm).await), "VM_NOT_ACTIVE");
    assert_eq!(code(delete(&world.engineer, &vm).await), "VM_NOT_ACTIVE");
    world.assert_true().await;

    let asked = restore(&world.engineer, &vm).await.unwrap();
    assert_eq!(asked.state, RequestState::Pending, "it takes its share again, so someone agrees");
    world.assert_true().await;
    world.approve(&asked).await;
    world.reaches(asked.id, RequestState::Succeeded).await;
    let back = world.does(vm.id, PowerState::Running).await;
    assert_eq!((back.state, back.purge_at, back.trashed_at), (VmState::Active, None, None));
    assert_eq!(world.run_strategy(&vm.name).await, "RerunOnFailure");
    assert_eq!(code(restore(&world.engineer, &vm).await), "VM_NOT_IN_TRASH");
    assert_eq!(code(purge(&world.engineer, &vm).await), "VM_NOT_IN_TRASH");
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn its_time_over_it_is_purged_unless_somebody_wants_it_back() {
    let world = World::start().await;
    let vm = deleted(&world).await;
    let wanted = restore(&world.engineer, &vm).await.unwrap();
    is_due(&world, &vm).await;
    world.app.app.reconcile().await.unwrap();
    assert_eq!(is(&world, &vm, VmState::Trashed).await.operation, None);
    let no = Reject { spec_hash: wanted.spec_hash.clone(), reason: "it is replaced".into() };
    world.approver.requests().reject_request(wanted.id, &key(), &no).await.unwrap();

    let protect = |on| UpdateVm { delete_protected: Some(on), description: None };
    let vm = world.engineer.vms().update_vm(vm.id, vm.version, &protect(true)).await;
    let vm = match vm {
        Ok(vm) => vm,
        Err(_) => panic!("what is in the trash can be protected: {vm:?}"),
    };
    world.app.app.reconcile().await.unwrap();
    assert_eq!(code(purge(&world.engineer, &vm).await), "DELETE_PROTECTED");
    world.engineer.vms().update_vm(vm.id, vm.version, &protect(false)).await.unwrap();
    world.app.app.reconcile().await.unwrap();
    let gone = is(&world, &vm, VmState::Deleted).await;
    assert!(gone.deleted_at.is_some());
    assert!(world.in_cluster().await.is_empty());
    let told: Vec<_> = world.app.audited(Some("vm.purge")).await;
    let told: Vec<_> = told.iter().map(|line| (line.actor.as_str(), line.outcome.as_str())).collect();
    assert_eq!(told, [("system", "intent"), ("system", "success")]);
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purge_before_its_time_takes_as_many_people_as_a_deletion() {
    let world = World::protected().await;
    let vm = world.running_vm().await;
    let second = world.app.person("second", "approver").await;
    let asked = delete(&world.engineer, &vm).await.unwrap();
    says_yes(&world.approver, &asked).await.unwrap();
    says_yes(&second, &asked).await.unwrap();
    world.reaches(asked.id, RequestState::Succeeded).await;
    let vm = is(&world, &vm, VmState::Trashed).await;
    assert_eq!((vm.purge_at.unwrap() - vm.trashed_at.unwrap()).num_days(), 30);

    let careless = DeleteVm { reason: None, confirm_name: "redis-01".into(), fields: None };
    let careless: Result<_, ClientError> =
        world.engineer.lifecycle().purge_vm(vm.id, &key(), &careless).await;
    assert_eq!(code(careless), "CONFIRM_NAME");
    let asked = purge(&world.engineer, &vm).await.unwrap();
    assert_eq!(asked.stages[0].needed, 2);
    says_yes(&world.approver, &asked).await.unwrap();
    says_yes(&second, &asked).await.unwrap();
    world.reaches(asked.id, RequestState::Succeeded).await;
    is(&world, &vm, VmState::Deleted).await;
    assert!(world.in_cluster().await.is_empty());
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_went_in_its_cluster_is_not_kept_in_the_books() {
    let world = World::start().await;
    let vm = world.running_vm().await;
    world.kubectl_delete(&vm.name).await;
    world.is_said(vm.id, "nothing").await;
    let asked = delete(&world.engineer, &vm).await.unwrap();
    world.approve(&asked).await;
    world.reaches(asked.id, RequestState::Succeeded).await;
    is(&world, &vm, VmState::Deleted).await;
    world.assert_true().await;
}

//! A VM that is changed: what it is told before, what it costs, and what it does not become.

use serde_json::json;
use shepherd_contract::client::ClientError;
use shepherd_contract::types::{
    ChangeEffect, ModifyVm, PowerState, PowerVm, Request, RequestState, RequestVm, Vm,
};
use shepherd_test_support::app::{SOON, World, key};
use shepherd_test_support::wait_for;

use super::{code, failure, says_yes, stop, until};

/// A change of nothing, of the VM as it is now.
fn change(vm: &Vm) -> ModifyVm {
    ModifyVm {
        base_revision: vm.spec_revision,
        size_version_id: None,
        disk_bytes: None,
        template_version_id: None,
        variables: None,
        labels: None,
        reason: None,
        fields: None,
    }
}

async fn modify(world: &World, vm: &Vm, body: &ModifyVm) -> Result<Request, ClientError> {
    world.engineer.lifecycle().modify_vm(vm.id, &key(), body).await
}

async fn restart_required(world: &World, vm: &Vm, wanted: bool) -> Vm {
    wait_for("the cluster's word on a restart", SOON, async || {
        let vm = world.engineer.vms().get_vm(vm.id).await.expect("it can be read");
        if vm.restart_required == wanted { Ok(vm) } else { Err(vm.restart_required) }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_larger_size_waits_for_a_restart_and_says_so_before() {
    let world = World::start().await;
    let vm = world.running_vm().await;
    let larger = world.larger_size().await;
    let labels = Some([("tier".to_owned(), "cache".to_owned())].into());
    let body = ModifyVm { size_version_id: Some(larger), labels, ..change(&vm) };
    let told = world.engineer.lifecycle().preflight_modify(vm.id, &body).await.unwrap();
    let fields: Vec<_> = told.changes.iter().map(|c| (c.field.as_str(), c.effect)).collect();
    let (live, restart) = (ChangeEffect::Live, ChangeEffect::Restart);
    assert_eq!(
        fields,
        [("labels", live), ("memory_bytes", restart), ("milli_vcpu", restart), ("size_version_id", live)]
    );
    assert_eq!((&told.changes[1].before, &told.changes[1].after), (&json!(128 << 20), &json!(256 << 20)));
    assert_eq!((&told.changes[3].before, &told.changes[3].after), (&json!("small@1"), &json!("larger@1")));
    assert!(told.restart_needed && told.problems.is_empty() && !told.stages.is_empty());
    let more: Vec<_> = told.quota.iter().map(|line| (line.dimension.as_str(), line.requested)).collect();
    assert!(more.contains(&("memory_bytes", 128 << 20)), "{more:?}");

    let asked = modify(&world, &vm, &body).await.unwrap();
    assert_eq!((asked.state, asked.changes.len()), (RequestState::Pending, 4));
    assert_eq!(asked.size.as_ref().unwrap().name, "larger");
    assert_eq!(code(modify(&world, &vm, &body).await), "DUPLICATE_REQUEST");
    world.assert_true().await;
    says_yes(&world.approver, &asked).await.unwrap();
    world.reaches(asked.id, RequestState::Succeeded).await;
    let after = restart_required(&world, &vm, true).await;
    assert_eq!((after.size.name.as_str(), after.spec_revision), ("larger", vm.spec_revision + 1));
    assert_eq!(after.labels["tier"], "cache");
    assert_eq!(world.guest_memory(&vm.name).await, "128Mi", "the guest has what it was started with");
    world.assert_true().await;

    let again = world
        .engineer
        .vms()
        .restart_vm(vm.id, &key(), &PowerVm { reason: None, fields: None })
        .await
        .unwrap();
    world.reaches(again.id, RequestState::Succeeded).await;
    restart_required(&world, &vm, false).await;
    assert_eq!(world.guest_memory(&vm.name).await, "256Mi");

    // And back: what is given up counts no more.
    let vm = world.does(vm.id, PowerState::Running).await;
    let body = ModifyVm { size_version_id: Some(world.size), labels: Some([].into()), ..change(&vm) };
    let asked = modify(&world, &vm, &body).await.unwrap();
    world.approve(&asked).await;
    world.reaches(asked.id, RequestState::Succeeded).await;
    assert!(world.engineer.vms().get_vm(vm.id).await.unwrap().labels.is_empty());
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_be_another_vm_is_refused_with_the_reason() {
    let world = World::start().await;
    let vm = world.running_vm().await;
    let refused = async |body: ModifyVm| code(modify(&world, &vm, &body).await);
    assert_eq!(refused(change(&vm)).await, "NOTHING_TO_CHANGE");
    let disk = vm.size.disk_bytes;
    assert_eq!(refused(ModifyVm { disk_bytes: Some(disk / 2), ..change(&vm) }).await, "DISK_CANNOT_SHRINK");
    assert_eq!(refused(ModifyVm { disk_bytes: Some(disk * 2), ..change(&vm) }).await, "DISK_EPHEMERAL");
    let labels = Some([("kubevirt.io/vm".to_owned(), "mine".to_owned())].into());
    assert_eq!(refused(ModifyVm { labels, ..change(&vm) }).await, "LABEL_RESERVED");
    let another = world.another_template("other", "shepherd/demo:1").await;
    let body = ModifyVm { template_version_id: Some(another), ..change(&vm) };
    assert_eq!(refused(body).await, "REBUILD_NEEDED");
    let image = world.next_template_version("shepherd/demo:2").await;
    let body = ModifyVm { template_version_id: Some(image), ..change(&vm) };
    assert_eq!(refused(body).await, "REBUILD_NEEDED");
    let labels = Some([("tier".to_owned(), "cache".to_owned())].into());
    let stale = ModifyVm { base_revision: vm.spec_revision + 1, labels, ..change(&vm) };
    assert_eq!(refused(stale.clone()).await, "VM_CHANGED");
    let neighbour = world.app.neighbour().await;
    let strange = neighbour.lifecycle().modify_vm(vm.id, &key(), &stale).await;
    assert_eq!(code(strange), "NOT_FOUND");

    let version = world.next_template_version("shepherd/demo:1").await;
    let body = ModifyVm { template_version_id: Some(version), ..change(&vm) };
    let asked = modify(&world, &vm, &body).await.unwrap();
    world.approve(&asked).await;
    world.reaches(asked.id, RequestState::Succeeded).await;
    // Its user data is read from a Secret at the next start, of which the VM's own spec says nothing new.
    assert_eq!(world.engineer.vms().get_vm(vm.id).await.unwrap().template.id, version);
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_what_has_changed_since_does_not_apply() {
    let mut world = World::start().await;
    let vm = world.running_vm().await;
    let labels = Some([("tier".to_owned(), "cache".to_owned())].into());
    let body = ModifyVm { labels, ..change(&vm) };
    let asked = modify(&world, &vm, &body).await.unwrap();
    let moved = format!("update vm set spec_revision = spec_revision + 1 where id = '{}'", vm.id);
    world.execute(&moved).await;
    assert_eq!(code(says_yes(&world.approver, &asked).await), "VM_CHANGED");
    world.execute(&moved.replace("+ 1", "- 1")).await;

    // Also when it changes between the approval and the work.
    world.rest().await;
    says_yes(&world.approver, &asked).await.unwrap();
    world.execute(&moved).await;
    world.work();
    let back = until(&world, asked.id, "the change to go back", |r| failure(r) == "VM_CHANGED").await;
    assert_eq!(back.state, RequestState::Pending);
    world.engineer.requests().cancel_request(asked.id, &key(), &Default::default()).await.unwrap();
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_reserves_only_what_it_adds() {
    let world = World::start().await;
    let vm = world.running_vm().await;
    let limit = "insert into quota_limit (scope_kind, scope_id, dimension, amount)
                 values ('system', (select system_id from vm limit 1), 'memory_bytes', ";
    world.execute(&format!("{limit} {})", 200 << 20)).await;
    let body = ModifyVm { size_version_id: Some(world.larger_size().await), ..change(&vm) };
    let told = world.engineer.lifecycle().preflight_modify(vm.id, &body).await.unwrap();
    assert_eq!(told.problems[0].code, "QUOTA_EXCEEDED");
    assert_eq!(code(modify(&world, &vm, &body).await), "QUOTA_EXCEEDED");
    world.execute(&format!("update quota_limit set amount = {}", 256 << 20)).await;
    let asked = modify(&world, &vm, &body).await.unwrap();
    world.assert_true().await;
    world.engineer.requests().cancel_request(asked.id, &key(), &Default::default()).await.unwrap();
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_kept_grows() {
    let world = World::start().await;
    let template = world.persistent_template().await;
    let wish = RequestVm { template_version_id: template, disk_bytes: Some(1 << 30), ..world.wish() };
    let asked = world.engineer.requests().request_vm(&key(), &wish).await.unwrap();
    world.approve(&asked).await;
    let done = world.reaches(asked.id, RequestState::Succeeded).await;
    let vm = world.does(done.vm.unwrap().id, PowerState::Running).await;
    let body = ModifyVm { disk_bytes: Some(2 << 30), ..change(&vm) };
    let asked = modify(&world, &vm, &body).await.unwrap();
    world.approve(&asked).await;
    world.reaches(asked.id, RequestState::Succeeded).await;
    let after = world.engineer.vms().get_vm(vm.id).await.unwrap();
    assert_eq!(after.size.disk_bytes, 2 << 30);
    assert_eq!(world.claim_size(&format!("{}-root", vm.name)).await, (2u64 << 30).to_string());
    let work = world.engineer.vms().list_vm_operations(vm.id, &Default::default()).await.unwrap();
    let steps: Vec<_> = work.items[0].steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(steps, ["disk", "apply"]);
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_vm_is_changed_without_a_restart() {
    let world = World::start().await;
    let vm = world.running_vm().await;
    let off = stop(&world.engineer, &vm).await.unwrap();
    world.reaches(off.id, RequestState::Succeeded).await;
    let vm = world.does(vm.id, PowerState::Stopped).await;
    let body = ModifyVm { size_version_id: Some(world.larger_size().await), ..change(&vm) };
    let asked = modify(&world, &vm, &body).await.unwrap();
    world.approve(&asked).await;
    world.reaches(asked.id, RequestState::Succeeded).await;
    assert!(!world.does(vm.id, PowerState::Stopped).await.restart_required);
    world.assert_true().await;
}

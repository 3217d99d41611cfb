//! What changes between an approval and its execution, or between a request and its approval.

use shepherd_contract::types::{
    CatalogueState, MemberRole, Reject, RequestState, SetMember, UpdatePerson, UpdateVm, VmState,
};
use shepherd_test_support::app::{World, key};

use super::{code, delete, failure, says_yes, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_size_goes_back_to_its_approvers() {
    let mut world = World::start().await;
    let asked = world.ask().await;
    world.rest().await;
    says_yes(&world.approver, &asked).await.unwrap();
    world.set_size(CatalogueState::Withdrawn).await;
    world.work();
    let back = until(&world, asked.id, "the request to go back", |r| failure(r) == "WITHDRAWN").await;
    assert_eq!((back.state, back.closed_at), (RequestState::Pending, None));
    assert!(back.vm.is_none(), "the VM it was given never came to be");
    assert!(back.decisions.iter().all(|decision| decision.void), "what was said is void");

    world.set_size(CatalogueState::Active).await;
    let agreed = says_yes(&world.approver, &back).await.unwrap();
    assert_eq!(failure(&agreed), "", "why it once went back is no news any more");
    let done = world.reaches(asked.id, RequestState::Succeeded).await;
    let next = format!("{}-shop-redis-02", world.namespace.name);
    assert_eq!(done.vm.unwrap().name, next, "a name is never given twice");
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_disabled_person_asked_for_goes_back() {
    let mut world = World::start().await;
    let asked = world.ask().await;
    world.rest().await;
    says_yes(&world.approver, &asked).await.unwrap();
    let (neighbour, owner) = (world.app.neighbour().await, SetMember { role: MemberRole::Owner });
    world.engineer.systems().set_member(world.service.system.id, neighbour.id, &owner).await.unwrap();
    let person = world.admin.people().get_person(world.engineer.id).await.unwrap();
    let off = UpdatePerson { display_name: None, disabled: Some(true) };
    world.admin.people().update_person(person.id, person.version, &off).await.unwrap();
    world.work();
    let back =
        until(&world, asked.id, "the request to go back", |r| failure(r) == "REQUESTER_DISABLED").await;
    assert_eq!(back.state, RequestState::Pending);
    let no = Reject { spec_hash: back.spec_hash, reason: "they have left".into() };
    world.approver.requests().reject_request(asked.id, &key(), &no).await.unwrap();
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_with_an_open_request_cannot_be_deleted() {
    let world = World::start().await;
    let asked = world.ask().await;
    let refused = world.engineer.systems().delete_service(world.service.id).await;
    assert_eq!(code(refused), "SERVICE_NOT_EMPTY");
    let no = Reject { spec_hash: asked.spec_hash, reason: "not now".into() };
    world.approver.requests().reject_request(asked.id, &key(), &no).await.unwrap();
    world.engineer.systems().delete_service(world.service.id).await.unwrap();
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_that_is_gone_takes_no_new_vm() {
    let world = World::start().await;
    let asked = world.ask().await;
    match world.admin.catalogue().delete_namespace(world.namespace.id).await {
        Ok(()) => assert_eq!(code(says_yes(&world.approver, &asked).await), "GONE"),
        refused => assert_eq!(code(refused), "NAMESPACE_IN_USE"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn protection_set_after_a_deletion_was_asked_for_holds() {
    let world = World::start().await;
    let vm = world.running_vm().await;
    let asked = delete(&world.engineer, &vm).await.unwrap();
    let vm = world.engineer.vms().get_vm(vm.id).await.unwrap();
    let protect = |delete_protected| UpdateVm { delete_protected: Some(delete_protected), description: None };
    let vm = world.engineer.vms().update_vm(vm.id, vm.version, &protect(true)).await.unwrap();
    assert_eq!(code(says_yes(&world.approver, &asked).await), "DELETE_PROTECTED");
    assert_eq!(world.engineer.vms().get_vm(vm.id).await.unwrap().state, VmState::Active);

    world.engineer.vms().update_vm(vm.id, vm.version, &protect(false)).await.unwrap();
    says_yes(&world.approver, &asked).await.unwrap();
    world.reaches(asked.id, RequestState::Succeeded).await;
    world.assert_true().await;
}

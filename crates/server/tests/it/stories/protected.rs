//! A protected environment: power and consoles need an approver, a deletion two of them.

use shepherd_contract::types::{ConsoleKind, OpenConsole, PowerState, Reject, RequestState, UpdateVm};
use shepherd_test_support::app::{World, key};

use super::{code, delete, says_yes, start, stop, yes};

#[tokio::test(flavor = "multi_thread")]
async fn power_waits_for_an_approver() {
    let world = World::protected().await;
    let vm = world.running_vm().await;
    let asked = stop(&world.engineer, &vm).await.unwrap();
    assert_eq!((asked.state, asked.automatic_rule.as_deref()), (RequestState::Pending, None));
    assert_eq!(code(stop(&world.engineer, &vm).await), "DUPLICATE_REQUEST");

    let mut careless = yes(&asked);
    careless.confirm_name = None;
    let careless = world.approver.requests().approve_request(asked.id, &key(), &careless).await;
    assert_eq!(code(careless), "CONFIRM_NAME");
    says_yes(&world.approver, &asked).await.unwrap();
    world.reaches(asked.id, RequestState::Succeeded).await;
    world.does(vm.id, PowerState::Stopped).await;
    let on = start(&world.engineer, &vm).await.unwrap();
    says_yes(&world.approver, &on).await.unwrap();
    world.reaches(on.id, RequestState::Succeeded).await;
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_console_waits_for_an_approver() {
    let world = World::protected().await;
    let vm = world.running_vm().await;
    let body =
        OpenConsole { kind: ConsoleKind::Serial, reason: Some("to look at the log".into()), fields: None };
    let asked = world.engineer.vms().open_console(vm.id, &body).await.unwrap();
    assert_eq!((asked.request.state, asked.ticket), (RequestState::Pending, None));
    let early = world.engineer.requests().create_console_ticket(asked.request.id).await;
    assert_eq!(code(early), "NOT_APPROVED");
    assert_eq!(code(world.engineer.vms().get_screenshot(vm.id).await), "CONSOLE_NOT_GRANTED");

    says_yes(&world.approver, &asked.request).await.unwrap();
    let ticket = world.engineer.requests().create_console_ticket(asked.request.id).await.unwrap();
    assert_eq!(ticket.kind, ConsoleKind::Serial);
    let others = world.approver.requests().create_console_ticket(asked.request.id).await;
    assert_eq!(code(others), "NOT_YOUR_REQUEST");
    let again = world.engineer.vms().open_console(vm.id, &body).await.unwrap();
    assert!(again.ticket.is_some() && again.request.id == asked.request.id, "the grant still holds");
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_takes_two_different_people() {
    let world = World::protected().await;
    let vm = world.running_vm().await;
    let asked = delete(&world.engineer, &vm).await.unwrap();
    assert_eq!(asked.stages[0].needed, 2);
    let half = says_yes(&world.approver, &asked).await.unwrap();
    assert_eq!((half.state, half.stages[0].given), (RequestState::Pending, 1));
    assert_eq!(code(says_yes(&world.approver, &asked).await), "ALREADY_DECIDED");
    assert_eq!(code(says_yes(&world.engineer, &asked).await), "SELF_APPROVAL");
    assert_eq!(world.does(vm.id, PowerState::Running).await.name, vm.name, "nothing has happened yet");

    let (second, third) =
        tokio::join!(world.app.person("second", "approver"), world.app.person("third", "approver"),);
    let (one, two) = tokio::join!(says_yes(&second, &asked), says_yes(&third, &asked));
    assert!(one.is_ok() != two.is_ok(), "one of them was the second, the other one too many");
    world.reaches(asked.id, RequestState::Succeeded).await;
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_no_is_enough_and_the_vm_stays() {
    let world = World::protected().await;
    let vm = world.running_vm().await;
    let asked = delete(&world.engineer, &vm).await.unwrap();
    says_yes(&world.approver, &asked).await.unwrap();
    let second = world.app.person("second", "approver").await;
    let no = Reject { spec_hash: asked.spec_hash.clone(), reason: "still in use".into() };
    let refused = second.requests().reject_request(asked.id, &key(), &no).await.unwrap();
    assert_eq!(refused.state, RequestState::Rejected);
    assert_eq!(world.does(vm.id, PowerState::Running).await.name, vm.name);
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_of_a_vm_that_went_meanwhile_can_only_be_refused() {
    let world = World::protected().await;
    let vm = world.running_vm().await;
    let stopping = stop(&world.engineer, &vm).await.unwrap();
    let deleting = delete(&world.engineer, &vm).await.unwrap();
    let second = world.app.person("second", "approver").await;
    says_yes(&world.approver, &deleting).await.unwrap();
    says_yes(&second, &deleting).await.unwrap();
    world.reaches(deleting.id, RequestState::Succeeded).await;
    assert_eq!(code(says_yes(&world.approver, &stopping).await), "VM_NOT_ACTIVE");
    let no = Reject { spec_hash: stopping.spec_hash.clone(), reason: "it is gone".into() };
    world.approver.requests().reject_request(stopping.id, &key(), &no).await.unwrap();
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn delete_protection_is_lifted_on_purpose_or_not_at_all() {
    let world = World::start().await;
    let vm = world.running_vm().await;
    let body = UpdateVm { delete_protected: Some(true), description: None };
    let vm = world.engineer.vms().update_vm(vm.id, vm.version, &body).await.unwrap();
    assert_eq!(code(delete(&world.engineer, &vm).await), "DELETE_PROTECTED");
    let neighbour = world.app.neighbour().await;
    assert_eq!(code(delete(&neighbour, &vm).await), "NOT_FOUND");
}

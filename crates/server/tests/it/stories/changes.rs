//! Requests that change on their way: sent back, edited, edited while others decide, called off.

use std::time::Duration;

use shepherd_contract::client::ClientError;
use shepherd_contract::types::{
    AddBinding, CancelRequest, DeleteVm, EditCreate, EditDelete, EditRequest, EditStop, ListRequestsQuery,
    MemberRole, Request, RequestChanges, RequestState, RequestVm, SetMember, StopVm, VmState,
};
use shepherd_domain::ids::RequestId;
use shepherd_test_support::app::{Caller, World, key};

use super::{code, delete, ends, failure, says_yes, stop, yes};

const GIB: i64 = 1 << 30;

async fn wants_changes(who: &Caller, request: &Request) -> Result<Request, ClientError> {
    let body =
        RequestChanges { spec_hash: request.spec_hash.clone(), comment: "a larger disk, please".into() };
    who.edits().request_changes(request.id, &key(), &body).await
}

fn with_disk(world: &World, disk: i64) -> EditRequest {
    EditRequest::VmCreate(EditCreate { body: RequestVm { disk_bytes: Some(disk), ..world.wish() } })
}

async fn edits(who: &Caller, request: &Request, body: &EditRequest) -> Result<Request, ClientError> {
    who.edits().edit_request(request.id, request.version, body).await
}

async fn cancel(who: &Caller, id: RequestId) -> Result<Request, ClientError> {
    who.requests().cancel_request(id, &key(), &CancelRequest { reason: None }).await
}

/// Somebody of the System who is also an approver.
async fn colleague(world: &World, name: &str) -> Caller {
    let caller = world.app.person(name, "engineer").await;
    let owner = SetMember { role: MemberRole::Owner };
    world
        .engineer
        .systems()
        .set_member(world.service.system.id, caller.id, &owner)
        .await
        .expect("they become one of the owners");
    let also = AddBinding { role: "approver".into(), environment_ids: vec![] };
    world.admin.people().add_binding(caller.id, &key(), &also).await.expect("they hold both roles");
    caller
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_back_is_changed_and_decided_anew() {
    let world = World::start().await;
    let asked = world.ask().await;
    let empty = RequestChanges { spec_hash: asked.spec_hash.clone(), comment: String::new() };
    let empty = world.approver.edits().request_changes(asked.id, &key(), &empty).await;
    assert_eq!(code(empty), "VALIDATION_FAILED");
    assert_eq!(code(wants_changes(&world.engineer, &asked).await), "SELF_APPROVAL");
    let back = wants_changes(&world.approver, &asked).await.unwrap();
    assert_eq!(back.state, RequestState::ChangesRequested);
    assert_eq!(back.decisions[0].comment, "a larger disk, please");
    assert!(back.expires_at > asked.expires_at, "its requester has time to change it");
    assert_eq!(code(says_yes(&world.approver, &back).await), "NOT_PENDING");
    // What it has reserved stays reserved.
    world.assert_true().await;

    let mine = world.engineer.requests().get_request(asked.id).await.unwrap();
    assert!(mine.may.edit && mine.may.cancel && !mine.may.approve);
    let edited = edits(&world.engineer, &mine, &with_disk(&world, 2 * GIB)).await.unwrap();
    assert_eq!((edited.state, edited.revision), (RequestState::Pending, 2));
    assert_ne!(edited.spec_hash, asked.spec_hash);
    assert_eq!(edited.edits[0].spec_hash, asked.spec_hash);
    assert_eq!(edited.edits[0].editor.name, "engineer");
    assert!(edited.decisions.iter().all(|decision| decision.void));
    assert_eq!((edited.stages.len(), edited.stages[0].given), (1, 0));
    assert_eq!(code(says_yes(&world.approver, &asked).await), "SPEC_CHANGED");
    world.assert_true().await;

    says_yes(&world.approver, &edited).await.unwrap();
    let done = world.reaches(asked.id, RequestState::Succeeded).await;
    assert_eq!(done.spec["disk_bytes"], 2 * GIB);
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_voids_what_was_approved_even_if_the_hash_stays() {
    let world = World::protected().await;
    let vm = world.running_vm().await;
    let asked = delete(&world.engineer, &vm).await.unwrap();
    let half = says_yes(&world.approver, &asked).await.unwrap();
    assert_eq!(half.stages[0].given, 1);
    let again = |name: &str| {
        let body = DeleteVm {
            reason: Some("the ticket says so".into()),
            confirm_name: name.to_owned(),
            fields: None,
        };
        EditRequest::VmDelete(EditDelete { body })
    };
    assert_eq!(code(edits(&world.engineer, &half, &again("other")).await), "CONFIRM_NAME");
    let edited = edits(&world.engineer, &half, &again(&vm.name)).await.unwrap();
    assert_eq!((&edited.spec_hash, edited.reason.as_str()), (&asked.spec_hash, "the ticket says so"));
    assert_eq!((edited.stages[0].given, edited.stages[0].needed), (0, 2));
    assert!(edited.decisions[0].void);

    says_yes(&world.approver, &edited).await.unwrap();
    let second = world.app.person("second", "approver").await;
    says_yes(&second, &edited).await.unwrap();
    world.reaches(asked.id, RequestState::Succeeded).await;
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_edits_cannot_decide() {
    let world = World::start().await;
    let dora = colleague(&world, "dora").await;
    let asked = world.ask().await;
    let waiting = ListRequestsQuery { waiting_for_me: Some(true), ..Default::default() };
    assert_eq!(dora.requests().list_requests(&waiting).await.unwrap().items.len(), 1);
    let edited = edits(&dora, &asked, &with_disk(&world, 3 * GIB)).await.unwrap();
    assert_eq!((edited.requester.name.as_str(), edited.edits[0].editor.name.as_str()), ("engineer", "dora"));
    assert!(edited.stages[0].candidates.iter().all(|person| person.name != "dora"));
    assert_eq!(code(says_yes(&dora, &edited).await), "SELF_APPROVAL");
    assert!(dora.requests().list_requests(&waiting).await.unwrap().items.is_empty());
    says_yes(&world.approver, &edited).await.unwrap();
    world.reaches(asked.id, RequestState::Succeeded).await;
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_edit_and_an_approval_at_once_one_wins() {
    let world = World::start().await;
    let mut open = Vec::new();
    for round in 1..=4 {
        let asked = world.another().await;
        let body = with_disk(&world, (2 + round) * GIB);
        let (edit, approval) =
            tokio::join!(edits(&world.engineer, &asked, &body), says_yes(&world.approver, &asked));
        match (edit, approval) {
            (Ok(edited), approval) => {
                assert_eq!(code(approval), "SPEC_CHANGED");
                says_yes(&world.approver, &edited).await.unwrap();
            }
            (edit, Ok(_)) => assert_eq!(code(edit), "NOT_EDITABLE"),
            (edit, approval) => panic!("both lost: {edit:?} {approval:?}"),
        }
        open.push(asked.id);
    }
    for id in open {
        assert_eq!(world.reaches(id, RequestState::Succeeded).await.stages[0].given, 1);
    }
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_is_of_what_one_saw_and_stays_what_it_was() {
    let world = World::start().await;
    let asked = world.ask().await;
    let body = with_disk(&world, 2 * GIB);
    assert_eq!(code(edits(&world.approver, &asked, &body).await), "NOT_YOURS_TO_EDIT");
    assert_eq!(code(edits(&world.app.neighbour().await, &asked, &body).await), "NOT_FOUND");
    let power = EditRequest::VmStop(EditStop {
        body: StopVm { reason: None, force: None, grace_seconds: None, fields: None },
    });
    assert_eq!(code(edits(&world.engineer, &asked, &power).await), "OPERATION_FIXED");
    let small = edits(&world.engineer, &asked, &with_disk(&world, 1)).await.unwrap_err();
    let ClientError::Problem(problem) = small else { panic!("no problem: {small:?}") };
    assert_eq!(problem.errors[0].pointer, "/body/disk_bytes");

    let edited = edits(&world.engineer, &asked, &body).await.unwrap();
    assert_eq!(code(edits(&world.engineer, &asked, &body).await), "STALE");
    let other = world.another().await;
    assert_eq!(code(edits(&world.engineer, &other, &body).await), "DUPLICATE_REQUEST");
    cancel(&world.engineer, other.id).await.unwrap();
    says_yes(&world.approver, &edited).await.unwrap();
    let decided = world.engineer.requests().get_request(asked.id).await.unwrap();
    assert!(!decided.may.edit);
    assert_eq!(code(edits(&world.engineer, &decided, &body).await), "NOT_EDITABLE");
    world.reaches(asked.id, RequestState::Succeeded).await;
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_changes_ends_as_well() {
    let world = World::start().await;
    let asked = world.ask().await;
    wants_changes(&world.approver, &asked).await.unwrap();
    world.app.pass(Duration::from_secs(14 * 86_400 + 60)).await;
    world.app.app.expire_requests().await.unwrap();
    let engineer = world.app.engineer().await;
    let expired = engineer.requests().get_request(asked.id).await.unwrap();
    assert_eq!((expired.state, failure(&expired)), (RequestState::Expired, "NOT_CHANGED_IN_TIME"));
    assert_eq!(code(edits(&engineer, &expired, &with_disk(&world, GIB)).await), "NOT_EDITABLE");
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_changes_can_be_withdrawn() {
    let world = World::start().await;
    let asked = world.ask().await;
    wants_changes(&world.approver, &asked).await.unwrap();
    assert_eq!(cancel(&world.engineer, asked.id).await.unwrap().state, RequestState::Cancelled);
    world.ask().await;
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_approved_is_called_off_while_nobody_has_begun() {
    let mut world = World::start().await;
    let vm = world.running_vm().await;
    world.rest().await;
    let asked = world.another().await;
    says_yes(&world.approver, &asked).await.unwrap();
    let called_off = cancel(&world.engineer, asked.id).await.unwrap();
    assert_eq!(called_off.state, RequestState::Cancelled);
    let stopping = stop(&world.engineer, &vm).await.unwrap();
    assert_eq!(stopping.state, RequestState::Approved);
    cancel(&world.engineer, stopping.id).await.unwrap();
    let deleting = delete(&world.engineer, &vm).await.unwrap();
    says_yes(&world.approver, &deleting).await.unwrap();
    cancel(&world.engineer, deleting.id).await.unwrap();
    let kept = world.engineer.vms().get_vm(vm.id).await.unwrap();
    assert_eq!(kept.state, VmState::Active);

    world.work();
    let next = stop(&world.engineer, &vm).await.unwrap();
    let done = world.reaches(next.id, RequestState::Succeeded).await;
    assert_eq!(code(cancel(&world.engineer, done.id).await), "NOT_PENDING");
    assert_eq!(world.in_cluster().await.len(), 1, "what was called off never came to be");
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calling_off_and_beginning_at_once_leave_one_story() {
    let world = World::start().await;
    let mut ended = Vec::new();
    for _ in 0..4 {
        let asked = world.another().await;
        world.approver.requests().approve_request(asked.id, &key(), &yes(&asked)).await.unwrap();
        let end = match cancel(&world.engineer, asked.id).await {
            Ok(_) => RequestState::Cancelled,
            Err(error) => {
                assert_eq!(error.code(), Some("NOT_PENDING"));
                RequestState::Succeeded
            }
        };
        ended.push((asked.id, end));
    }
    for (id, end) in ended {
        ends(&world, id, end).await;
    }
    world.assert_true().await;
}

//! Many at once: one decision for all of them, each carried out for itself, nobody before everybody else.

use shepherd_contract::client::ClientError;
use shepherd_contract::runtime::Problem;
use shepherd_contract::types::{
    Batch, BatchChild, BatchCounts, CancelRequest, DeleteVms, EditCreate, EditRequest,
    ListBatchChildrenQuery, ListBatchesQuery, ListRequestsQuery, MemberRole, PolicyEffect, PowerAction,
    PowerState, PowerVms, RequestChanges, RequestState, RequestVms, SetMember, UpdateLimits, VmState,
};
use shepherd_domain::ids::{RequestId, VmId};
use shepherd_test_support::app::{Caller, SOON, World, key};
use shepherd_test_support::wait_for;

use super::{code, says_yes};

pub(super) fn many(world: &World) -> RequestVms {
    RequestVms {
        service_id: world.service.id,
        namespace_id: world.namespace.id,
        template_version_id: world.template,
        size_version_id: world.size,
        disk_bytes: None,
        variables: None,
        secret_ids: None,
        network_ids: None,
        ssh_key_ids: None,
        place: None,
        reason: Some("for the sale".into()),
        fields: None,
        another: None,
        sample: None,
        count: None,
        name_pattern: None,
        csv: None,
    }
}

pub(super) fn so_many(world: &World, count: i32) -> RequestVms {
    RequestVms { count: Some(count), name_pattern: Some("web-{nn}".into()), ..many(world) }
}

pub(super) async fn asks(who: &Caller, body: &RequestVms) -> Batch {
    who.batches().request_vms(&key(), body).await.expect("it is taken up")
}

async fn children(who: &Caller, id: RequestId) -> Vec<BatchChild> {
    let all = ListBatchChildrenQuery { limit: Some(200), ..Default::default() };
    who.batches().list_batch_children(id, &all).await.expect("they can be read").items
}

fn problem<T: std::fmt::Debug>(result: Result<T, ClientError>) -> Problem {
    match result.expect_err("it should have been refused") {
        ClientError::Problem(problem) => problem,
        other => panic!("{other}"),
    }
}

/// Waits until a batch has ended, and shows it.
async fn over(world: &World, id: RequestId) -> Batch {
    wait_for("the batch to end", SOON, async || {
        let batch = world.engineer.batches().get_batch(id).await.expect("it can be read");
        if batch.request.closed_at.is_some() { Ok(batch) } else { Err(format!("{:?}", batch.counts)) }
    })
    .await
}

fn counts(waiting: i64, running: i64, done: i64, failed: i64, cancelled: i64) -> BatchCounts {
    BatchCounts { waiting, running, done, failed, cancelled }
}

/// How many children are carried out at a time, of one person and of all.
async fn room(world: &World, each: i32, all: i32) {
    let limits = world.admin.limits().get_limits().await.expect("limits can be read");
    let body = UpdateLimits {
        pending_per_person: None,
        pending_in_all: None,
        hourly_per_person: None,
        in_flight_per_person: each,
        in_flight_in_all: all,
    };
    world.admin.limits().update_limits(limits.version, &body).await.expect("limits can be set");
}

/// The engineer's batch, made and running.
async fn running(world: &World, count: i32) -> Vec<VmId> {
    let batch = asks(&world.engineer, &so_many(world, count)).await;
    says_yes(&world.approver, &batch.request).await.expect("it is approved");
    let done = over(world, batch.request.id).await;
    assert_eq!(done.counts, counts(0, 0, i64::from(count), 0, 0));
    let vms = children(&world.engineer, batch.request.id)
        .await
        .into_iter()
        .map(|child| child.vm.expect("it has a VM").id);
    vms.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_is_one_decision_and_many_vms() {
    let world = World::start().await;
    let again = key();
    let batch = world.engineer.batches().request_vms(&again, &so_many(&world, 3)).await.unwrap();
    assert_eq!((batch.size, batch.counts.clone()), (3, counts(3, 0, 0, 0, 0)));
    assert_eq!(batch.request.state, RequestState::Pending);
    assert_eq!(batch.request.summary.code, "SUMMARY_BATCH");
    assert_eq!((&batch.request.spec["count"], &batch.request.spec["milli_vcpu"]), (&3.into(), &3000.into()));
    let repeated = world.engineer.batches().request_vms(&again, &so_many(&world, 3)).await.unwrap();
    assert_eq!(repeated.request.id, batch.request.id, "one key, one batch");
    assert_eq!(
        code(world.engineer.batches().request_vms(&key(), &so_many(&world, 3)).await),
        "DUPLICATE_REQUEST"
    );

    // One line for whoever decides and for whoever asked; the children have no place in either list.
    let waiting = ListRequestsQuery { waiting_for_me: Some(true), ..Default::default() };
    let waiting = world.approver.requests().list_requests(&waiting).await.unwrap().items;
    assert_eq!(
        waiting.iter().map(|r| (r.id, r.batch_size)).collect::<Vec<_>>(),
        [(batch.request.id, Some(3))]
    );
    assert_eq!(world.engineer.requests().list_requests(&Default::default()).await.unwrap().items.len(), 1);
    let listed = world.approver.batches().list_batches(&ListBatchesQuery::default()).await.unwrap().items;
    assert_eq!((listed.len(), listed[0].counts.clone()), (1, counts(3, 0, 0, 0, 0)));
    let before = children(&world.approver, batch.request.id).await;
    assert_eq!(
        before.iter().map(|c| (c.row, c.name.as_str())).collect::<Vec<_>>(),
        [(1, "web-01"), (2, "web-02"), (3, "web-03")]
    );
    assert!(before.iter().all(|child| child.state == RequestState::Pending && child.vm.is_none()));

    // Nobody decides on a part.
    let part = world.approver.requests().get_request(before[0].id).await.unwrap();
    assert_eq!((part.batch_id, part.may.approve, part.may.edit), (Some(batch.request.id), false, false));
    assert_eq!(code(says_yes(&world.approver, &part).await), "NOT_PENDING");

    says_yes(&world.approver, &batch.request).await.unwrap();
    let done = over(&world, batch.request.id).await;
    assert_eq!((done.request.state, done.counts), (RequestState::Succeeded, counts(0, 0, 3, 0, 0)));
    let after = children(&world.engineer, batch.request.id).await;
    let mut names: Vec<String> = after.iter().map(|child| child.vm.clone().unwrap().name).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 3);
    assert!(after.iter().zip(&before).all(|(a, b)| a.spec_hash == b.spec_hash && a.tries == 1));
    for child in &after {
        world.does(child.vm.as_ref().unwrap().id, PowerState::Running).await;
    }
    // A VM's own page shows the request it came from.
    let of_vm = ListRequestsQuery { vm_id: after[0].vm.as_ref().map(|vm| vm.id), ..Default::default() };
    let of_vm = world.engineer.requests().list_requests(&of_vm).await.unwrap().items;
    assert_eq!(of_vm.iter().map(|r| r.id).collect::<Vec<_>>(), [after[0].id]);
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_row_of_five_hundred_and_nothing_is_kept() {
    let world = World::start().await;
    let table = |bad: &str| -> String {
        let row = |n: u32| format!("vm-{n},{}\n", if n == 417 { bad } else { "small" });
        std::iter::once("name,size\n".to_owned()).chain((1..=500).map(row)).collect()
    };
    let body = RequestVms { csv: Some(table("huge")), ..many(&world) };
    let refused = problem(world.engineer.batches().request_vms(&key(), &body).await);
    assert_eq!((refused.status, refused.code.as_ref()), (422, "BATCH_ROWS_INVALID"));
    let places: Vec<_> = refused.errors.iter().map(|e| (e.pointer.as_str(), e.code.as_ref())).collect();
    assert_eq!(places, [("/csv/417/size", "UNKNOWN_REFERENCE")]);
    assert!(refused.errors[0].detail.starts_with("Row 417, column size:"), "{}", refused.errors[0].detail);
    let told = world.engineer.batches().preflight_vms(&body).await.unwrap();
    let faults: Vec<_> = told.faults.iter().map(|f| (f.row, f.column.as_str(), f.code.as_str())).collect();
    assert_eq!((faults, told.size), (vec![(417, "size", "UNKNOWN_REFERENCE")], None));
    assert!(world.engineer.batches().list_batches(&Default::default()).await.unwrap().items.is_empty());
    assert!(world.app.audited(Some("request.submit")).await.iter().all(|line| line.outcome != "success"));

    let refused = |csv: &str| {
        let body = RequestVms { csv: Some(csv.into()), ..many(&world) };
        let engineer = &world.engineer;
        async move {
            let refused = problem(engineer.batches().request_vms(&key(), &body).await);
            refused.errors.iter().map(|e| (e.pointer.clone(), e.code.to_string())).collect::<Vec<_>>()
        }
    };
    let place = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
    assert_eq!(
        refused("name,namespace,var.motd,disk\na,nowhere,,\nb,,hello,\nb,,,1\n").await,
        [place("/csv/3/name", "ROW_NAME_TWICE")],
        "what cannot be read is told first"
    );
    assert_eq!(
        refused("name,namespace,disk\na,nowhere,\nb,,1\n").await,
        [place("/csv/1/namespace", "UNKNOWN_REFERENCE")]
    );
    assert_eq!(
        refused("name,var.motd,disk\na,hello,\nb,,1\n")
            .await
            .iter()
            .map(|(p, _)| p.as_str())
            .collect::<Vec<_>>(),
        ["/csv/1/var.motd", "/csv/2/disk"]
    );
    let neither = problem(world.engineer.batches().request_vms(&key(), &many(&world)).await);
    assert_eq!(neither.code, "COUNT_OR_TABLE");

    let told = world.engineer.batches().preflight_vms(&so_many(&world, 501)).await;
    assert_eq!(code(told), "VALIDATION_FAILED");
    let dear = RequestVms { disk_bytes: Some(1), ..so_many(&world, 3) };
    let told = world.engineer.batches().preflight_vms(&dear).await.unwrap();
    assert_eq!((told.faults.len(), told.problems.len()), (0, 1), "rows of a count are alike: {told:?}");
    let neighbour = world.app.neighbour().await;
    assert_eq!(code(neighbour.batches().preflight_vms(&so_many(&world, 2)).await), "NOT_FOUND");
    let submits = world.app.audited(Some("request.submit")).await.len();

    // The same with the row put right is one batch of five hundred.
    let body = RequestVms { csv: Some(table("small@1")), ..many(&world) };
    let told = world.engineer.batches().preflight_vms(&body).await.unwrap();
    assert_eq!((told.size, told.outcome, told.faults.len()), (Some(500), Some(PolicyEffect::Require), 0));
    assert!(told.problems.is_empty() && !told.stages.is_empty(), "{:?}", told.problems);
    assert_eq!(world.app.audited(Some("request.submit")).await.len(), submits, "it keeps nothing");
    let batch = asks(&world.engineer, &body).await;
    assert_eq!(told.spec_hash.as_ref(), Some(&batch.request.spec_hash), "what people will decide on");
    assert_eq!((batch.size, batch.counts), (500, counts(500, 0, 0, 0, 0)));
    let second = ListBatchChildrenQuery { limit: Some(200), ..Default::default() };
    let first = world.engineer.batches().list_batch_children(batch.request.id, &second).await.unwrap();
    let second = ListBatchChildrenQuery { cursor: first.next_cursor, ..second };
    let second = world.engineer.batches().list_batch_children(batch.request.id, &second).await.unwrap();
    assert_eq!((first.items[199].row, second.items[0].row), (200, 201));
    let after = world.engineer.batches().cancel_batch(batch.request.id, &key()).await.unwrap();
    assert_eq!((after.request.state, after.counts), (RequestState::Cancelled, counts(0, 0, 0, 0, 500)));
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_say_what_differs_and_policy_sees_the_whole() {
    let world = World::start().await;
    let body = RequestVms { csv: Some("name,disk\nfront,2GiB\nback,\n".into()), ..many(&world) };
    let batch = asks(&world.engineer, &body).await;
    assert_eq!(batch.request.spec["disk_bytes"], 3i64 << 30);
    let rows = children(&world.engineer, batch.request.id).await;
    let disks: Vec<_> = rows.iter().map(|c| c.summary.params["disk_bytes"].as_i64().unwrap() >> 30).collect();
    assert_eq!(disks, [2, 1]);
    // Taken or left as it is.
    let hash = batch.request.spec_hash.clone();
    let changes = RequestChanges { spec_hash: hash, comment: "fewer".into() };
    let asked = world.approver.edits().request_changes(batch.request.id, &key(), &changes).await;
    assert_eq!(code(asked), "BATCH_AS_IT_IS");
    let edit = EditRequest::VmCreate(EditCreate { body: world.wish() });
    let edited = world.engineer.edits().edit_request(batch.request.id, batch.request.version, &edit).await;
    assert_eq!(code(edited), "BATCH_AS_IT_IS");
    for id in [batch.request.id, rows[0].id] {
        let body = CancelRequest { reason: None };
        assert_eq!(code(world.engineer.requests().cancel_request(id, &key(), &body).await), "PART_OF_BATCH");
    }
    let no =
        shepherd_contract::types::Reject { spec_hash: batch.request.spec_hash.clone(), reason: "no".into() };
    world.approver.requests().reject_request(batch.request.id, &key(), &no).await.unwrap();
    let refused = world.engineer.batches().get_batch(batch.request.id).await.unwrap();
    assert_eq!(refused.counts, counts(0, 0, 0, 0, 2));
    assert_eq!(
        code(world.engineer.batches().retry_batch(batch.request.id, &key()).await),
        "BATCH_NOTHING_TO_RETRY"
    );
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_is_tried_again_and_what_was_done_is_not() {
    let mut world = World::start().await;
    world.running_vm().await;
    world.rest().await;
    let batch = asks(&world.engineer, &so_many(&world, 3)).await;
    let id = batch.request.id;
    says_yes(&world.approver, &batch.request).await.unwrap();
    world.app.app.dispatch().await.unwrap();
    // Somebody else's VM is in the way of the second.
    let named = children(&world.engineer, id).await;
    let taken = named[1].vm.clone().unwrap();
    world.strange_vm(&taken.name).await;
    world.work();
    let partly = over(&world, id).await;
    assert_eq!((partly.request.state, partly.counts), (RequestState::Failed, counts(0, 0, 2, 1, 0)));
    let failure = partly.request.failure.unwrap();
    assert_eq!((failure.code.as_str(), &failure.params["failed"]), ("BATCH_PARTLY_FAILED", &1.into()));
    assert!(partly.may.retry && !partly.may.cancel);
    let only = ListBatchChildrenQuery { state: Some(RequestState::Failed), ..Default::default() };
    let failed = world.approver.batches().list_batch_children(id, &only).await.unwrap().items;
    assert_eq!(failed.iter().map(|child| child.row).collect::<Vec<_>>(), [2]);
    assert!(failed[0].failure.is_some());
    assert_eq!(code(world.engineer.batches().cancel_batch(id, &key()).await), "BATCH_NOTHING_TO_CANCEL");
    assert_eq!(code(world.approver.batches().retry_batch(id, &key()).await), "NOT_YOUR_BATCH");

    world.kubectl_delete(&taken.name).await;
    let again = key();
    world.engineer.batches().retry_batch(id, &again).await.unwrap();
    world.engineer.batches().retry_batch(id, &again).await.unwrap();
    let done = over(&world, id).await;
    assert_eq!((done.request.state, done.counts), (RequestState::Succeeded, counts(0, 0, 3, 0, 0)));
    let rows = children(&world.engineer, id).await;
    assert_eq!(rows.iter().map(|child| child.tries).collect::<Vec<_>>(), [1, 2, 1]);
    assert_eq!(rows[1].vm.clone().unwrap(), taken, "the same VM, not a second one");
    assert_eq!(done.request.decisions.len(), 1, "nobody was asked again");
    assert_eq!(code(world.engineer.batches().retry_batch(id, &key()).await), "BATCH_NOTHING_TO_RETRY");
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_not_begun_is_called_off() {
    let mut world = World::start().await;
    room(&world, 1, 1).await;
    world.rest().await;
    let batch = asks(&world.engineer, &so_many(&world, 3)).await;
    let id = batch.request.id;
    says_yes(&world.approver, &batch.request).await.unwrap();
    world.app.app.dispatch().await.unwrap();
    let under_way = world.engineer.batches().get_batch(id).await.unwrap();
    assert_eq!((under_way.request.state, under_way.counts), (RequestState::Executing, counts(2, 1, 0, 0, 0)));
    let after = world.engineer.batches().cancel_batch(id, &key()).await.unwrap();
    assert_eq!((after.request.state, after.counts), (RequestState::Executing, counts(0, 1, 0, 0, 2)));
    world.work();
    let done = over(&world, id).await;
    assert_eq!((done.request.state, done.counts), (RequestState::Succeeded, counts(0, 0, 1, 0, 2)));
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_take_turns() {
    let mut world = World::start().await;
    room(&world, 100, 6).await;
    let neighbour = world.app.neighbour().await;
    let member = SetMember { role: MemberRole::Member };
    world.engineer.systems().set_member(world.service.system.id, neighbour.id, &member).await.unwrap();
    world.rest().await;
    let large = asks(&world.engineer, &so_many(&world, 30)).await;
    let more = asks(&world.engineer, &RequestVms { another: Some(true), ..so_many(&world, 30) }).await;
    let small = asks(&neighbour, &so_many(&world, 2)).await;
    for batch in [&large, &more, &small] {
        says_yes(&world.approver, &batch.request).await.unwrap();
    }
    world.app.app.dispatch().await.unwrap();
    let begun = async |batch: &Batch| {
        world.engineer.batches().get_batch(batch.request.id).await.unwrap().counts.running
    };
    let begun = [begun(&large).await, begun(&more).await, begun(&small).await];
    assert_eq!(begun, [4, 0, 2], "the second person is served at once, however much the first has asked for");
    for batch in [&large, &more] {
        world.engineer.batches().cancel_batch(batch.request.id, &key()).await.unwrap();
    }
    world.work();
    for batch in [&large, &small] {
        assert_eq!(over(&world, batch.request.id).await.request.state, RequestState::Succeeded);
    }
    assert_eq!(over(&world, more.request.id).await.request.state, RequestState::Cancelled);
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_selection_is_stopped_and_deleted_together() {
    let world = World::start().await;
    let vms = running(&world, 2).await;
    let power = |action| PowerVms {
        action,
        vm_ids: vms.clone(),
        force: None,
        grace_seconds: None,
        reason: None,
        fields: None,
    };
    let stop = world.engineer.batches().power_vms(&key(), &power(PowerAction::VmStop)).await.unwrap();
    assert!(stop.request.automatic_rule.is_some(), "power flows by rule here, for many as for one");
    let done = over(&world, stop.request.id).await;
    assert_eq!((done.request.state, done.counts), (RequestState::Succeeded, counts(0, 0, 2, 0, 0)));
    for vm in &vms {
        world.does(*vm, PowerState::Stopped).await;
    }
    let forced = PowerVms { force: Some(true), ..power(PowerAction::VmStart) };
    assert_eq!(code(world.engineer.batches().power_vms(&key(), &forced).await), "ONLY_FOR_STOP");

    let delete =
        |name: &str| DeleteVms { vm_ids: vms.clone(), confirm_name: name.into(), reason: None, fields: None };
    assert_eq!(code(world.engineer.batches().delete_vms(&key(), &delete("shop")).await), "CONFIRM_NAME");
    let asked = world.engineer.batches().delete_vms(&key(), &delete("redis")).await.unwrap();
    assert_eq!(asked.request.state, RequestState::Pending);
    let twice = problem(world.engineer.batches().delete_vms(&key(), &delete("redis")).await);
    let places: Vec<_> = twice.errors.iter().map(|e| (e.pointer.as_str(), e.code.as_ref())).collect();
    assert_eq!(places, [("/vm_ids/0", "DUPLICATE_REQUEST"), ("/vm_ids/1", "DUPLICATE_REQUEST")]);
    says_yes(&world.approver, &asked.request).await.unwrap();
    assert_eq!(over(&world, asked.request.id).await.request.state, RequestState::Succeeded);
    for vm in &vms {
        assert_eq!(world.engineer.vms().get_vm(*vm).await.unwrap().state, VmState::Trashed);
    }
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_selection_that_does_not_fit_is_refused_whole() {
    let world = World::start().await;
    let here = running(&world, 1).await;
    let other = shepherd_contract::types::CreateService {
        system_id: world.service.system.id,
        name: "cart".into(),
        description: None,
        sample: None,
    };
    let other = world.engineer.systems().create_service(&key(), &other).await.unwrap();
    let elsewhere = RequestVms { service_id: other.id, ..so_many(&world, 1) };
    let elsewhere = asks(&world.engineer, &elsewhere).await;
    says_yes(&world.approver, &elsewhere.request).await.unwrap();
    over(&world, elsewhere.request.id).await;
    let there = children(&world.engineer, elsewhere.request.id).await[0].vm.clone().unwrap().id;
    let stop = |vm_ids: Vec<VmId>| PowerVms {
        action: PowerAction::VmStop,
        vm_ids,
        force: None,
        grace_seconds: None,
        reason: None,
        fields: None,
    };
    let apart = problem(world.engineer.batches().power_vms(&key(), &stop(vec![here[0], there])).await);
    assert_eq!((apart.code.as_ref(), apart.errors[0].pointer.as_str()), ("BATCH_SPANS", "/vm_ids/1"));
    let unknown =
        problem(world.engineer.batches().power_vms(&key(), &stop(vec![here[0], VmId::new()])).await);
    let place = (unknown.errors[0].pointer.as_str(), unknown.errors[0].code.as_ref());
    assert_eq!(place, ("/vm_ids/1", "UNKNOWN_REFERENCE"));

    // What one may not know of does not exist; what one may see and not do is refused.
    let neighbour = world.app.neighbour().await;
    assert_eq!(code(neighbour.batches().power_vms(&key(), &stop(here.clone())).await), "NOT_FOUND");
    let auditor = world.app.auditor().await;
    assert_eq!(code(auditor.batches().power_vms(&key(), &stop(here.clone())).await), "PERMISSION_MISSING");
    let id = elsewhere.request.id;
    assert_eq!(code(neighbour.batches().get_batch(id).await), "NOT_FOUND");
    assert_eq!(code(neighbour.batches().list_batch_children(id, &Default::default()).await), "NOT_FOUND");
    assert_eq!(code(neighbour.batches().retry_batch(id, &key()).await), "NOT_FOUND");
    assert_eq!(code(neighbour.batches().cancel_batch(id, &key()).await), "NOT_FOUND");
    assert!(neighbour.batches().list_batches(&Default::default()).await.unwrap().items.is_empty());
    assert_eq!(code(neighbour.batches().request_vms(&key(), &so_many(&world, 2)).await), "NOT_FOUND");
    assert_eq!(auditor.batches().get_batch(id).await.unwrap().size, 1);
    assert_eq!(code(auditor.batches().cancel_batch(id, &key()).await), "NOT_YOUR_BATCH");
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn quota_is_for_all_of_them_or_for_none() {
    let world = World::start().await;
    let system = world.service.system.id;
    let mut books = world.app.db.owner().await;
    sqlx::query(
        "insert into quota_limit (scope_kind, scope_id, dimension, amount) values ('system', $1, 'vms', 4)",
    )
    .bind(system.0)
    .execute(&mut books)
    .await
    .unwrap();
    let refused = world.engineer.batches().request_vms(&key(), &so_many(&world, 5)).await;
    assert_eq!(code(refused), "QUOTA_EXCEEDED");
    let batch = asks(&world.engineer, &so_many(&world, 4)).await;
    assert_eq!(code(world.engineer.requests().request_vm(&key(), &world.wish()).await), "QUOTA_EXCEEDED");
    world.engineer.batches().cancel_batch(batch.request.id, &key()).await.unwrap();
    world.ask().await;
    world.assert_true().await;
}

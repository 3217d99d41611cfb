//! Wishes kept for later, wishes made again, and what people say about a request.

use shepherd_contract::client::ClientError;
use shepherd_contract::types::{
    AddComment, CancelRequest, CatalogueState, DraftVm, ListCommentsQuery, ListDraftsQuery, RequestState,
};
use shepherd_test_support::app::{World, key};

use super::{code, says_yes, stop};

fn nothing_yet(world: &World) -> DraftVm {
    DraftVm {
        service_id: world.service.id,
        namespace_id: None,
        template_version_id: None,
        size_version_id: None,
        disk_bytes: None,
        variables: None,
        secret_ids: None,
        network_ids: None,
        ssh_key_ids: None,
        place: None,
        reason: None,
        another: None,
        fields: None,
    }
}

fn whole(world: &World) -> DraftVm {
    DraftVm {
        namespace_id: Some(world.namespace.id),
        template_version_id: Some(world.template),
        size_version_id: Some(world.size),
        reason: Some("thought over".into()),
        ..nothing_yet(world)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_grows_until_it_is_handed_in() {
    let world = World::start().await;
    let drafts = world.engineer.drafts();
    let kept = drafts.create_draft(&key(), &nothing_yet(&world)).await.unwrap();
    let ClientError::Problem(problem) = drafts.submit_draft(kept.id, &key()).await.unwrap_err() else {
        panic!("a problem says what is missing")
    };
    assert_eq!((&*problem.code, problem.errors.len()), ("DRAFT_INCOMPLETE", 3));

    let grown = drafts.update_draft(kept.id, kept.version, &whole(&world)).await.unwrap();
    assert_eq!(code(drafts.update_draft(kept.id, kept.version, &whole(&world)).await), "STALE");
    assert_eq!(grown.body.reason.as_deref(), Some("thought over"));
    // Nobody else's drafts exist, whatever one holds.
    for other in [&world.approver, &world.admin, &world.app.neighbour().await, &world.app.auditor().await] {
        assert_eq!(code(other.drafts().get_draft(kept.id).await), "NOT_FOUND");
        assert_eq!(code(other.drafts().discard_draft(kept.id).await), "NOT_FOUND");
        assert_eq!(code(other.drafts().submit_draft(kept.id, &key()).await), "NOT_FOUND");
        let theirs = other.drafts().list_drafts(&ListDraftsQuery::default()).await.unwrap();
        assert!(theirs.items.is_empty());
    }
    assert_eq!(
        code(world.app.neighbour().await.drafts().create_draft(&key(), &whole(&world)).await),
        "NOT_FOUND",
        "a draft for a Service that one does not see"
    );

    let again = key();
    let asked = drafts.submit_draft(kept.id, &again).await.unwrap();
    assert_eq!((asked.state, asked.reason.as_str()), (RequestState::Pending, "thought over"));
    assert_eq!(drafts.submit_draft(kept.id, &again).await.unwrap().id, asked.id, "one key, one request");
    assert_eq!(code(drafts.get_draft(kept.id).await), "NOT_FOUND");
    assert_eq!(code(drafts.submit_draft(kept.id, &key()).await), "NOT_FOUND");
    says_yes(&world.approver, &asked).await.unwrap();
    world.reaches(asked.id, RequestState::Succeeded).await;
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_stays_a_draft() {
    let world = World::start().await;
    let drafts = world.engineer.drafts();
    let kept = drafts.create_draft(&key(), &whole(&world)).await.unwrap();
    world.ask().await;
    assert_eq!(code(drafts.submit_draft(kept.id, &key()).await), "DUPLICATE_REQUEST");
    world.set_size(CatalogueState::Withdrawn).await;
    assert_eq!(code(drafts.submit_draft(kept.id, &key()).await), "WITHDRAWN");
    assert_eq!(drafts.get_draft(kept.id).await.unwrap().version, kept.version);
    drafts.discard_draft(kept.id).await.unwrap();
    assert!(drafts.list_drafts(&ListDraftsQuery::default()).await.unwrap().items.is_empty());
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn handed_in_twice_at_once_it_is_one_request() {
    let world = World::start().await;
    let drafts = world.engineer.drafts();
    let kept = drafts.create_draft(&key(), &DraftVm { another: Some(true), ..whole(&world) }).await.unwrap();
    let (one, two) = (key(), key());
    let (one, two) = tokio::join!(drafts.submit_draft(kept.id, &one), drafts.submit_draft(kept.id, &two));
    let lost = if one.is_ok() { two } else { one };
    let lost = code(lost);
    assert!(["STALE", "NOT_FOUND"].contains(&lost.as_str()), "{lost}");
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_like_this_takes_what_can_still_be_had() {
    let world = World::start().await;
    let asked = world.ask().await;
    let body = CancelRequest { reason: None };
    world.engineer.requests().cancel_request(asked.id, &key(), &body).await.unwrap();
    let newer = shepherd_contract::types::SizeContent {
        milli_vcpu: 1000,
        memory_bytes: 256 << 20,
        disk_bytes: 1 << 30,
        compute: None,
    };
    let sizes = world.admin.sizes().list_sizes(&Default::default()).await.unwrap();
    let size = &sizes.items[0];
    let size = world.admin.sizes().add_size_version(size.id, &key(), &newer).await.unwrap();
    world.set_size(CatalogueState::Withdrawn).await;

    let drafts = world.engineer.drafts();
    let draft = drafts.draft_from_request(asked.id, &key()).await.unwrap();
    let newest = size.versions.iter().max_by_key(|version| version.version).unwrap().id;
    assert_eq!(draft.from_request_id, Some(asked.id));
    assert_eq!(draft.body.template_version_id, Some(world.template));
    assert_eq!(draft.body.size_version_id, Some(newest), "the old version cannot be had any more");
    let again = drafts.submit_draft(draft.id, &key()).await.unwrap();
    assert_eq!((again.state, again.reason), (RequestState::Pending, asked.reason));
    let hidden = world.app.neighbour().await.drafts().draft_from_request(asked.id, &key()).await;
    assert_eq!(code(hidden), "NOT_FOUND");

    says_yes(&world.approver, &world.engineer.requests().get_request(again.id).await.unwrap()).await.unwrap();
    let done = world.reaches(again.id, RequestState::Succeeded).await;
    let vm = world.engineer.vms().get_vm(done.vm.unwrap().id).await.unwrap();
    let stopping = stop(&world.engineer, &vm).await.unwrap();
    assert_eq!(code(drafts.draft_from_request(stopping.id, &key()).await), "NOT_A_CREATE");
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_a_part_in_a_request_may_speak() {
    let world = World::start().await;
    let asked = world.ask().await;
    let say = |text: &str| AddComment { text: text.into() };
    for (who, text) in [(&world.approver, "why so large?"), (&world.engineer, "  it is for a database\n")] {
        who.comments().add_comment(asked.id, &key(), &say(text)).await.unwrap();
    }
    let (neighbour, blank) = (world.app.neighbour().await, say(" \n"));
    assert_eq!(code(neighbour.comments().add_comment(asked.id, &key(), &say("me too")).await), "NOT_FOUND");
    assert_eq!(code(neighbour.comments().list_comments(asked.id, &Default::default()).await), "NOT_FOUND");
    let auditor = world.app.auditor().await;
    let reads = auditor.requests().get_request(asked.id).await.expect("auditors read everything");
    assert!(!reads.may.comment && world.engineer.requests().get_request(asked.id).await.unwrap().may.comment);
    let refused = auditor.comments().add_comment(asked.id, &key(), &say("noted")).await;
    assert_eq!(code(refused), "PERMISSION_MISSING", "and change nothing");
    for refused in [
        auditor.drafts().draft_from_request(asked.id, &key()).await,
        auditor.drafts().create_draft(&key(), &whole(&world)).await,
    ] {
        assert_eq!(code(refused), "PERMISSION_MISSING", "they ask for nothing, either");
    }
    let blank = world.engineer.comments().add_comment(asked.id, &key(), &blank).await;
    assert_eq!(code(blank), "VALIDATION_FAILED");

    let first = ListCommentsQuery { limit: Some(1), cursor: None };
    let first = world.approver.comments().list_comments(asked.id, &first).await.unwrap();
    assert_eq!((first.items[0].person.name.as_str(), first.items.len()), ("approver", 1));
    let rest = ListCommentsQuery { limit: None, cursor: first.next_cursor };
    let rest = world.approver.comments().list_comments(asked.id, &rest).await.unwrap();
    assert_eq!((rest.items[0].text.as_str(), rest.items.len()), ("it is for a database", 1));
    // What was said makes nobody's view of it stale.
    let still = world.engineer.requests().get_request(asked.id).await.unwrap();
    assert_eq!(still.version, asked.version);
    let trail = world.app.audited(Some("request.comment")).await;
    assert_eq!(trail.iter().filter(|line| line.outcome == "success").count(), 2);

    says_yes(&world.approver, &asked).await.unwrap();
    let done = world.reaches(asked.id, RequestState::Succeeded).await;
    world.engineer.comments().add_comment(asked.id, &key(), &say("thanks")).await.unwrap();
    let timeline = world.engineer.vms().get_timeline(done.vm.unwrap().id, &Default::default()).await.unwrap();
    let told = timeline.items.iter().filter(|entry| entry.text.code == "TIMELINE_REQUEST_COMMENT");
    let told: Vec<_> = told.map(|entry| entry.text.params["comment"].as_str().unwrap_or_default()).collect();
    assert_eq!(told, ["thanks", "it is for a database", "why so large?"]);
    world.assert_true().await;
}

//! The sealed log: nothing is skipped, nothing is sealed twice, and whoever holds a checkpoint can check what follows.

use std::time::Duration;

use shepherd_app::audit_seal::LEASE_NAME;
use shepherd_contract::types::{
    CreateSystem, ExportAuditQuery, GetAuditConsistencyQuery, ListAuditCheckpointsQuery, ListAuditQuery,
};
use shepherd_domain::audit::{AuditRecord, seal};
use shepherd_domain::hash::LeafHash;
use shepherd_domain::merkle::{TreeHash, proof};
use shepherd_domain::note::{Checkpoint, NoteKey};
use shepherd_domain::states::AuditOutcome;
use shepherd_store::lease;
use shepherd_test_support::app::{Caller, SOON, TestApp, key};
use shepherd_test_support::{wait_for, wait_until};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::code;
use super::tampering::{exported, keys, verified};

pub async fn system(who: &Caller, name: &str) {
    let body = CreateSystem { name: name.into(), description: None, sample: None };
    who.systems().create_system(&key(), &body).await.expect("the System is made");
}

/// The actions in the order of the log, as far as it is sealed.
async fn log(app: &TestApp) -> Vec<String> {
    let order =
        "select a.action || ' ' || a.resource_name from audit_leaf l join audit_event a on a.id = l.event_id
                  order by l.position";
    sqlx::query_scalar(order).fetch_all(&mut app.db.owner().await).await.expect("the log can be read")
}

/// Seals until everything that is visible is sealed. Other tests' transactions hold it up on a server they share.
pub async fn seal_all(app: &TestApp) {
    wait_until("everything to be sealed", SOON, async || {
        app.app.seal().await.expect("it can be sealed");
        let left = "select count(*) from audit_event a where not exists
                      (select from audit_leaf l where l.event_id = a.id)";
        let left: i64 =
            sqlx::query_scalar(left).fetch_one(&mut app.db.owner().await).await.expect("it can be counted");
        left == 0
    })
    .await;
}

#[tokio::test]
async fn a_transaction_that_commits_late_is_sealed_late_and_not_skipped() {
    let app = TestApp::start().await;
    let engineer = app.engineer().await;
    seal_all(&app).await;
    // Somebody's change takes its place in the order, and then takes its time.
    let mut slow = app.app.db.begin().await.unwrap();
    let now = shepherd_store::clock::now(&mut slow).await.unwrap();
    let record = AuditRecord {
        resource_name: "slow".into(),
        ..AuditRecord::new(now, "test.slow", AuditOutcome::Success)
    };
    let slow_id = shepherd_store::audit::insert(&mut slow, &seal(record).unwrap()).await.unwrap();
    system(&engineer, "quick").await;
    app.app.seal().await.unwrap();
    let before = log(&app).await;
    assert!(
        !before.iter().any(|line| line.contains("quick")),
        "what came after waits for what is open: {before:?}"
    );
    slow.commit().await.unwrap();
    seal_all(&app).await;
    let after = log(&app).await;
    assert_eq!(after[before.len()..], ["test.slow slow", "system.create quick"]);
    let auditor = app.auditor().await;
    seal_all(&app).await;
    let proof = auditor.audit().get_audit_proof(slow_id).await.unwrap();
    assert_eq!(proof.position, i64::try_from(before.len()).unwrap());
    verified(&app, &exported(&auditor, ExportAuditQuery::default()).await).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_seal_one_log() {
    let app = TestApp::start().await;
    let (engineer, auditor) = (app.engineer().await, app.auditor().await);
    let other = app.another().await;
    let sealing = |app: shepherd_app::App| async move {
        for _ in 0..10 {
            app.seal().await.expect("it can be sealed");
        }
    };
    let making = async {
        for n in 0..10 {
            system(&engineer, &format!("s{n}")).await;
        }
    };
    tokio::join!(sealing(app.app.clone()), sealing(other.clone()), making);
    seal_all(&app).await;
    let report = verified(&app, &exported(&auditor, ExportAuditQuery::default()).await).await.unwrap();
    let made = log(&app).await.iter().filter(|line| line.starts_with("system.create")).count();
    assert_eq!(made, 10);
    assert!(report.checkpoints >= 1);

    // One that was paused past its lease finds that it is not its turn any more.
    let mut conn = app.app.db.acquire().await.unwrap();
    let held = lease::acquire(&mut conn, LEASE_NAME, Uuid::now_v7(), Duration::from_secs(5)).await.unwrap();
    let mut paused = held.expect("nobody seals now");
    app.pass(Duration::from_secs(10)).await;
    system(&engineer, "later").await;
    other.seal().await.unwrap();
    assert_eq!(app.app.seal_under(&mut paused).await.unwrap_err().code(), "INTERNAL");
    seal_all(&app).await;
    assert_eq!(log(&app).await.iter().filter(|line| line.ends_with("later")).count(), 1);
}

#[tokio::test]
async fn proofs_over_http_hold() {
    let app = TestApp::start().await;
    let (engineer, auditor) = (app.engineer().await, app.auditor().await);
    let mut sizes = Vec::new();
    for n in 0..5 {
        system(&engineer, &format!("s{n}")).await;
        seal_all(&app).await;
        sizes.push(app_size(&auditor).await);
    }
    let trusted = keys(&auditor).await;
    let audit = auditor.audit();
    let (old, new) = (&sizes[0], &sizes[4]);
    let (before, now) = (opened(&old.1, &trusted), opened(&new.1, &trusted));
    let ask = GetAuditConsistencyQuery { old_size: old.0, new_size: new.0 };
    let path = hashes(&audit.get_audit_consistency(&ask).await.unwrap().hashes);
    assert!(proof::verify_consistency((before.size, before.root), (now.size, now.root), &path));
    let ask = GetAuditConsistencyQuery { old_size: 1, new_size: new.0 + 1000 };
    assert_eq!(code(audit.get_audit_consistency(&ask).await), "SIZE_NOT_SEALED");

    let of = ListAuditQuery { action: Some("system.create".into()), ..Default::default() };
    for event in audit.list_audit(&of).await.unwrap().items {
        let answer = audit.get_audit_proof(event.id).await.unwrap();
        let root = opened(&answer.checkpoint.note, &trusted);
        let leaf: LeafHash = answer.leaf_hash.parse().unwrap();
        let (node, position) = (TreeHash::leaf(leaf.as_bytes()), answer.position.unsigned_abs());
        assert!(proof::verify_inclusion(node, position, root.size, &hashes(&answer.hashes), root.root));
    }
    assert_eq!(code(audit.get_audit_proof(i64::MAX).await), "NOT_FOUND");
    assert_eq!(code(engineer.audit().seal_audit().await), "PERMISSION_MISSING");
}

async fn app_size(auditor: &Caller) -> (i64, String) {
    let ask = ListAuditCheckpointsQuery { limit: Some(1), cursor: None };
    let newest =
        auditor.audit().list_audit_checkpoints(&ask).await.expect("they can be listed").items.remove(0);
    (newest.size, newest.note)
}

fn opened(note: &str, trusted: &[NoteKey]) -> Checkpoint {
    Checkpoint::open(note, trusted).expect("it is signed")
}

fn hashes(texts: &[String]) -> Vec<TreeHash> {
    let hash = |text: &String| text.parse::<LeafHash>().map(|hash| TreeHash::from_bytes(hash.0));
    texts.iter().map(hash).collect::<Result<_, _>>().expect("they are hashes")
}

#[tokio::test]
async fn whoever_trusts_the_old_key_can_come_to_trust_the_new_one() {
    let app = TestApp::start().await;
    let (engineer, auditor) = (app.engineer().await, app.auditor().await);
    system(&engineer, "before").await;
    seal_all(&app).await;
    let old = keys(&auditor).await;
    let new: NoteKey = app.app.rotate_audit_key().await.unwrap().parse().unwrap();
    seal_all(&app).await;
    system(&engineer, "after").await;
    seal_all(&app).await;
    let all = keys(&auditor).await;
    assert_eq!(all, [vec![new.clone()], old.clone()].concat(), "the old key's public half stays");
    let page = auditor.audit().list_audit_checkpoints(&Default::default()).await.unwrap();
    let signed = |trusted: &[NoteKey]| {
        page.items.iter().map(|row| Checkpoint::open(&row.note, trusted).is_ok()).collect::<Vec<_>>()
    };
    let (by_old, by_new) = (signed(&old), signed(&[new]));
    assert!(by_old.iter().zip(&by_new).any(|(old, new)| *old && *new), "one checkpoint is signed by both");
    assert_eq!((by_old[0], by_new[0]), (false, true), "the newest by the new one only");
    assert!(by_old.iter().zip(&by_new).all(|(old, new)| *old || *new));
    let left: i64 = sqlx::query_scalar("select count(*) from audit_key where sealed is not null")
        .fetch_one(&mut app.db.owner().await)
        .await
        .unwrap();
    assert_eq!(left, 1, "the secret half of the old key is gone");
    let report = verified(&app, &exported(&auditor, ExportAuditQuery::default()).await).await.unwrap();
    assert_eq!(report.keys.len(), 2);
    assert_eq!(app.audited(Some("audit.rotate_key")).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_is_told_every_checkpoint_and_refuses_another_history() {
    let app = TestApp::start().await;
    let engineer = app.engineer().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("witness.jsonl");
    system(&engineer, "one").await;
    seal_all(&app).await;
    let (stop, files) = (CancellationToken::new(), vec![file.clone()]);
    let task = tokio::spawn(app.app.clone().seal_forever(files.clone(), stop.clone()));
    let lines = || std::fs::read_to_string(&file).unwrap_or_default().lines().count();
    let checkpoints = async || -> usize {
        let count = sqlx::query_scalar("select count(*) from audit_checkpoint");
        let count: i64 = count.fetch_one(&mut app.db.owner().await).await.unwrap();
        usize::try_from(count).unwrap()
    };
    wait_for("the witness to be told", SOON, async || {
        let all = checkpoints().await;
        if lines() == all && all > 0 { Ok(()) } else { Err(lines()) }
    })
    .await;
    stop.cancel();
    task.await.unwrap();

    // The last line broke off with the machine; the next process goes on.
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{text}{{\"time\":\"20")).unwrap();
    system(&engineer, "two").await;
    seal_all(&app).await;
    let newest = |text: &str| text.lines().last().unwrap_or_default().contains("checkpoint");
    let (stop, task) = {
        let stop = CancellationToken::new();
        (stop.clone(), tokio::spawn(app.app.clone().seal_forever(files.clone(), stop)))
    };
    let expected = checkpoints().await + 1;
    wait_until("the witness to be told of the rest", SOON, async || {
        lines() >= expected && newest(&std::fs::read_to_string(&file).unwrap())
    })
    .await;
    stop.cancel();
    task.await.unwrap();

    // Somebody makes another history, with the log's own key.
    let told = lines();
    let mut owner = app.db.owner().await;
    for statement in [
        "alter table audit_event disable trigger audit_event_guard",
        "delete from audit_checkpoint",
        "delete from audit_leaf",
        "update audit_event set leaf_hash = decode(repeat('00', 32), 'hex') where action = 'system.create'",
    ] {
        sqlx::query(statement).execute(&mut owner).await.unwrap();
    }
    system(&engineer, "three").await;
    seal_all(&app).await;
    let stop = CancellationToken::new();
    let task = tokio::spawn(app.app.clone().seal_forever(files, stop.clone()));
    // It has looked when it has sealed what came meanwhile: that comes first in its round.
    app.pass(Duration::from_secs(120)).await;
    system(&engineer, "four").await;
    wait_until("another round", SOON, async || log(&app).await.iter().any(|line| line.ends_with("four")))
        .await;
    stop.cancel();
    task.await.unwrap();
    assert_eq!(lines(), told, "the witness keeps what it has seen");
}

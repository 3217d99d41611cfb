//! An export in the hands of somebody who would like it to say something else, and a database in theirs.

use shepherd_contract::types::{AuditOutcome, ExportAuditQuery, ListAuditQuery};
use shepherd_domain::audit::export::{LineFault, Reader};
use shepherd_domain::audit::verify::{Expectations, Finding, Report, Verifier};
use shepherd_domain::merkle::TreeHash;
use shepherd_domain::note::{Checkpoint, NoteKey};
use shepherd_test_support::app::{Caller, TestApp};

use super::code;
use super::sealing::{seal_all, system};

/// The lines of an export, read in pages.
pub async fn exported(auditor: &Caller, mut ask: ExportAuditQuery) -> Vec<u8> {
    let mut lines = Vec::new();
    loop {
        ask.limit = Some(7);
        let page = auditor.audit().export_audit(&ask).await.expect("the log can be exported");
        let next = page
            .headers()
            .get("shepherd-next-cursor")
            .map(|value| value.to_str().expect("it is text").to_owned());
        lines.extend_from_slice(&page.bytes().await.expect("it comes to its end"));
        match next {
            Some(cursor) => ask = ExportAuditQuery { cursor: Some(cursor), ..Default::default() },
            None => return lines,
        }
    }
}

/// The keys the log says it has.
pub async fn keys(auditor: &Caller) -> Vec<NoteKey> {
    let keys = auditor.audit().list_audit_keys().await.expect("they can be listed").items;
    keys.iter().map(|row| row.key.parse().expect("it is a key")).collect()
}

fn judge(lines: &[u8], keys: &[NoteKey], witnessed: &[(u64, TreeHash)]) -> Result<Report, Finding> {
    let mut reader = Reader::new(keys[0].name());
    let expected =
        Expectations { keys: Some(keys.to_vec()), witnessed: witnessed.to_vec(), ..Default::default() };
    let mut verifier = Verifier::new(expected);
    for line in lines.split_inclusive(|byte| *byte == b'\n') {
        verifier.take(if line.ends_with(b"\n") { reader.read(line) } else { Err(LineFault::Torn) })?;
    }
    verifier.finish()
}

/// What a verifier with the log's keys says.
pub async fn verified(app: &TestApp, lines: &[u8]) -> Result<Report, Finding> {
    judge(lines, &keys(&app.auditor().await).await, &[])
}

fn first_bad(result: Result<Report, Finding>) -> (u64, &'static str) {
    let finding = result.expect_err("it is not what was sealed");
    (finding.leaf.expect("a leaf is named"), finding.what.code())
}

/// Twelve leaves and more, in several checkpoints.
async fn some_history(app: &TestApp) -> Caller {
    let (engineer, auditor) = (app.engineer().await, app.auditor().await);
    for n in 0..12 {
        system(&engineer, &format!("s{n}")).await;
        if n % 4 == 3 {
            seal_all(app).await;
        }
    }
    auditor
}

#[tokio::test]
async fn whatever_is_done_to_an_export_its_first_bad_leaf_is_named() {
    let app = TestApp::start().await;
    let auditor = some_history(&app).await;
    let (keys, whole) = (keys(&auditor).await, exported(&auditor, ExportAuditQuery::default()).await);
    let witness: Vec<_> = auditor.audit().list_audit_checkpoints(&Default::default()).await.unwrap().items;
    let witness: Vec<_> = witness.iter().map(|row| Checkpoint::peek(&row.note).unwrap()).collect();
    let witness: Vec<_> = witness.iter().map(|seen| (seen.size, seen.root)).collect();
    judge(&whole, &keys, &witness).expect("nothing was done to it");
    let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    let at = |leaf: &str| {
        let id = format!("\"id\":\"{leaf}\"");
        lines.iter().position(|line| String::from_utf8_lossy(line).contains(&id)).expect("it is there")
    };
    let case = |change: &dyn Fn(&mut Vec<Vec<u8>>)| {
        let mut changed: Vec<Vec<u8>> = lines.iter().map(|line| line.to_vec()).collect();
        change(&mut changed);
        first_bad(judge(&changed.concat(), &keys, &witness))
    };
    let (four, six) = (at("4"), at("6"));
    for byte in [20, 60, 130, 250, 500, 900] {
        assert_eq!(case(&|l| l[six][byte] ^= 1).0, 6, "byte {byte}");
    }
    assert_eq!(case(&|l| drop(l.remove(six))), (6, "AUDIT_LEAF_MISSING"));
    assert_eq!(case(&|l| l.swap(four, six)), (4, "AUDIT_LEAF_MISSING"));
    assert_eq!(case(&|l| l.insert(six, l[four].clone())), (6, "AUDIT_OUT_OF_ORDER"));
    assert_eq!(case(&|l| l.truncate(six)), (6, "AUDIT_TRUNCATED"));
    assert_eq!(case(&|l| l[six].truncate(100)).0, 6);
    assert_eq!(
        case(&|l| {
            l.truncate(six + 1);
            l[six].truncate(100)
        }),
        (6, "AUDIT_TRUNCATED")
    );
    // Cut off at an older checkpoint: only the witness knows that there was more.
    let older = at(&format!("checkpoint-{}", witness.last().unwrap().0)) + 1;
    assert_eq!(case(&|l| l.truncate(older)).1, "AUDIT_TRUNCATED");
    // A line of another place, with that place's number written over.
    let forged = |l: &mut Vec<Vec<u8>>| {
        let text = String::from_utf8(l[four].clone()).unwrap();
        l[six] = text
            .replace("\"id\":\"4\"", "\"id\":\"6\"")
            .replace("\"uid\":\"4\"", "\"uid\":\"6\"")
            .into_bytes();
    };
    assert_eq!(case(&forged), (6, "AUDIT_REPLACED"));
}

#[tokio::test]
async fn what_is_changed_in_the_database_shows_in_the_next_export() {
    let app = TestApp::start().await;
    let auditor = some_history(&app).await;
    let mut owner = app.db.owner().await;
    let was = exported(&auditor, ExportAuditQuery::default()).await;
    verified(&app, &was).await.unwrap();
    let changed = sqlx::query("update audit_event set code = 'X' where id = 1").execute(&mut owner).await;
    assert!(changed.unwrap_err().to_string().contains("audit events are kept"), "the owner has to mean it");
    sqlx::query("alter table audit_event disable trigger audit_event_guard")
        .execute(&mut owner)
        .await
        .unwrap();
    for (position, change, named) in [
        (
            8,
            "canonical = convert_to(replace(convert_from(canonical, 'utf8'), 'success', 'denied'), 'utf8')",
            "AUDIT_CHANGED",
        ),
        (7, "canonical = 'nonsense'", "AUDIT_CHANGED"),
        (6, "canonical = 'x', leaf_hash = sha256('x')", "AUDIT_CHANGED"),
    ] {
        let update = format!(
            "update audit_event set {change} where id = (select event_id from audit_leaf where position = {position})"
        );
        sqlx::query(sqlx::AssertSqlSafe(update)).execute(&mut owner).await.unwrap();
        let now = exported(&auditor, ExportAuditQuery::default()).await;
        assert_eq!(first_bad(verified(&app, &now).await), (position, named));
    }
    // One event told as another, with its own right hash: the checkpoint knows which stood there.
    let swap =
        "update audit_event set (canonical, leaf_hash) = (select o.canonical, o.leaf_hash from audit_event o
                  join audit_leaf l on l.event_id = o.id where l.position = 2)
                 where id = (select event_id from audit_leaf where position = 5)";
    sqlx::query(swap).execute(&mut owner).await.unwrap();
    let now = exported(&auditor, ExportAuditQuery::default()).await;
    assert_eq!(first_bad(verified(&app, &now).await), (5, "AUDIT_REPLACED"));
}

#[tokio::test]
async fn an_export_is_read_in_pages_and_recorded_once() {
    let app = TestApp::start().await;
    let auditor = some_history(&app).await;
    let whole = exported(&auditor, ExportAuditQuery::default()).await;
    assert_eq!(app.audited(Some("audit.export")).await.len(), 1, "one event for all pages");
    let first =
        auditor.audit().list_audit_checkpoints(&Default::default()).await.unwrap().items.pop().unwrap();
    let from = ExportAuditQuery { from: Some(first.size), start: Some(true), to: None, ..Default::default() };
    let rest = exported(&auditor, from).await;
    assert!(whole.ends_with(&rest), "it begins with the checkpoint before");
    let bare = ExportAuditQuery { from: Some(first.size), ..Default::default() };
    assert!(rest.ends_with(&exported(&auditor, bare).await));

    let wrong = |from, to, start| ExportAuditQuery { from, to, start, ..Default::default() };
    for ask in [
        wrong(None, Some(first.size - 1), None),
        wrong(Some(1), None, Some(true)),
        wrong(Some(99_999), None, None),
    ] {
        assert_eq!(code(auditor.audit().export_audit(&ask).await), "NOT_A_CHECKPOINT");
    }
    // Nobody goes on with what another has begun: that would be a read without a trace.
    let ask = ExportAuditQuery { limit: Some(2), ..Default::default() };
    let page = auditor.audit().export_audit(&ask).await.unwrap();
    let cursor = Some(page.headers()["shepherd-next-cursor"].to_str().unwrap().to_owned());
    let second = app.person("second", "auditor").await;
    let ask = ExportAuditQuery { cursor, ..Default::default() };
    assert_eq!(code(second.audit().export_audit(&ask).await), "CURSOR_INVALID");
    let ask = ListAuditQuery { limit: Some(2), outcome: Some(AuditOutcome::Success), ..Default::default() };
    let cursor = auditor.audit().list_audit(&ask).await.unwrap().next_cursor;
    let ask = ListAuditQuery { cursor, ..ask };
    assert_eq!(code(second.audit().list_audit(&ask).await), "CURSOR_INVALID");
    assert!(auditor.audit().list_audit(&ask).await.is_ok());

    let engineer = app.engineer().await;
    assert_eq!(code(engineer.audit().export_audit(&Default::default()).await), "PERMISSION_MISSING");
    app.only_in("second", app.test).await;
    assert_eq!(code(second.audit().export_audit(&Default::default()).await), "AUDIT_EXPORT_IS_WHOLE");
}

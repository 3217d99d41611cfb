use chrono::DateTime;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::audit::{AuditRecord, seal};
use crate::ids::{PrincipalId, VmId};
use crate::states::AuditOutcome;

const LOG: &str = "shepherd/log";

fn sealed(action: &str, outcome: AuditOutcome) -> crate::audit::SealedAudit {
    let at = DateTime::from_timestamp(1_700_000_000, 123_456_000).unwrap();
    seal(AuditRecord {
        actor_id: Some(PrincipalId(Uuid::from_u128(1))),
        actor_name: "eve \"the\" \u{7f51}".into(),
        source_address: Some("127.0.0.1".into()),
        code: (outcome == AuditOutcome::Denied).then(|| "PERMISSION_MISSING".into()),
        after: Some(json!({"name": "shop", "text": "a\nb"})),
        ..AuditRecord::new(at, action, outcome).about("vm", VmId(Uuid::nil()), "prod-shop-01")
    })
    .unwrap()
}

fn line(position: u64, action: &str, outcome: AuditOutcome) -> Vec<u8> {
    let (event, mut out) = (sealed(action, outcome), Vec::new());
    let raw = std::str::from_utf8(event.canonical()).unwrap();
    leaf_line(&mut out, LOG, position, event.leaf(), Some(raw)).unwrap();
    out
}

#[test]
fn lines_of_version_one_are_pinned() {
    let shown: Vec<String> = [
        line(7, "vm.update", AuditOutcome::Success),
        line(8, "session.sign_in", AuditOutcome::Denied),
        line(9, "user.create", AuditOutcome::Failed),
    ]
    .map(|line| serde_json::to_string_pretty(&serde_json::from_slice::<Value>(&line).unwrap()).unwrap())
    .into();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn a_line_reads_back() {
    let mut reader = Reader::new(LOG);
    let text = line(41, "vm.update", AuditOutcome::Success);
    assert_eq!(text.last(), Some(&b'\n'));
    assert_eq!(Reader::origin_of(&text).as_deref(), Some(LOG));
    let leaf = sealed("vm.update", AuditOutcome::Success).leaf();
    let node = crate::merkle::TreeHash::leaf(leaf.as_bytes());
    assert_eq!(reader.read(&text), Ok(Line::Leaf { position: 41, leaf, node, expired: false }));
    let mut gone = Vec::new();
    leaf_line(&mut gone, LOG, 42, leaf, None).unwrap();
    assert_eq!(reader.read(&gone), Ok(Line::Leaf { position: 42, leaf, node, expired: true }));
    let checkpoint = CheckpointLine {
        origin: LOG.into(),
        size: 43,
        previous: 41,
        note: "a\n1\n\n\u{2014} x y\n".into(),
        keys: vec!["k".into()],
        frontier: vec![1; 96],
        leaves: vec![leaf, leaf],
    };
    let mut text = Vec::new();
    checkpoint_line(&mut text, &checkpoint).unwrap();
    assert_eq!(reader.read(&text), Ok(Line::Checkpoint(Box::new(checkpoint))));
    assert_eq!(Reader::new("shepherd/other").read(&text), Err(LineFault::OtherLog));
}

#[test]
fn no_byte_of_a_line_can_be_changed_unseen() {
    let (mut reader, text) = (Reader::new(LOG), line(41, "vm.update", AuditOutcome::Success));
    let right = reader.read(&text).unwrap();
    for at in 0..text.len() - 1 {
        for bit in 0..8 {
            let mut changed = text.clone();
            changed[at] ^= 1 << bit;
            let read = reader.read(&changed);
            // Another position alone may be told only in two places at once.
            assert!(read.is_err(), "bit {bit} of byte {at}: {read:?}, not {right:?}");
        }
        let mut shorter = text.clone();
        shorter.remove(at);
        assert!(reader.read(&shorter).is_err(), "without byte {at}");
    }
    assert!(reader.read(&[text.as_slice(), b" "].concat()).is_err());
    assert!(reader.read(b"").is_err());
}

#[test]
fn what_cannot_be_rendered_is_not_written_half() {
    let leaf = LeafHash::of(b"x");
    for raw in ["", "{}", "not json", r#"{"v":2}"#] {
        let mut out = b"before".to_vec();
        assert!(leaf_line(&mut out, LOG, 1, leaf, Some(raw)).is_err(), "{raw}");
        assert_eq!(out, b"before");
    }
}

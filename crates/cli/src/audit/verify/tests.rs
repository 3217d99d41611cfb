//! `audit verify` on files, as somebody left them.

use chrono::DateTime;
use shepherd_domain::audit::export::{CheckpointLine, checkpoint_line, leaf_line};
use shepherd_domain::audit::{AuditRecord, SealedAudit, seal};
use shepherd_domain::merkle::{Frontier, TreeHash};
use shepherd_domain::note::NoteSigner;
use shepherd_domain::states::AuditOutcome;
use tempfile::TempDir;

use super::*;

const LOG: &str = "shepherd/log";
/// Leaves under each checkpoint.
const EVERY: u64 = 4;
const LEAVES: u64 = 12;

fn event(actor: &str) -> SealedAudit {
    let at = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
    let record =
        AuditRecord { actor_name: actor.to_owned(), ..AuditRecord::new(at, "a.b", AuditOutcome::Success) };
    seal(record).unwrap()
}

fn leaf(log: &str, position: u64, event: &SealedAudit) -> Vec<u8> {
    let (mut out, content) = (Vec::new(), std::str::from_utf8(event.canonical()).unwrap());
    leaf_line(&mut out, log, position, event.leaf(), Some(content)).unwrap();
    out
}

/// An export, and what a witness has of its last checkpoint.
fn export(signer: &NoteSigner) -> (Vec<Vec<u8>>, String) {
    let (mut lines, mut tree, mut leaves) = (Vec::new(), Frontier::default(), Vec::new());
    let mut note = String::new();
    for position in 0..LEAVES {
        let event = event(&format!("n{position}"));
        lines.push(leaf(LOG, position, &event));
        tree.append(TreeHash::leaf(event.leaf().as_bytes()), |_, _| {});
        leaves.push(event.leaf());
        if tree.size() % EVERY == 0 {
            note = Checkpoint { origin: LOG.into(), size: tree.size(), root: tree.root() }.sign(&[signer]);
            let line = CheckpointLine {
                origin: LOG.into(),
                size: tree.size(),
                previous: tree.size() - EVERY,
                note: note.clone(),
                keys: vec![signer.key().to_string()],
                frontier: tree.to_bytes(),
                leaves: std::mem::take(&mut leaves),
            };
            let mut text = Vec::new();
            checkpoint_line(&mut text, &line).unwrap();
            lines.push(text);
        }
    }
    (lines, serde_json::json!({ "checkpoint": note }).to_string())
}

/// Where a leaf's line is.
fn at(leaf: u64) -> usize {
    usize::try_from(leaf + leaf / EVERY).unwrap()
}

struct Files {
    home: TempDir,
    lines: Vec<Vec<u8>>,
}

impl Files {
    fn new() -> Self {
        let (home, signer) = (tempfile::tempdir().unwrap(), NoteSigner::from_seed(LOG, &[1; 32]).unwrap());
        let (lines, witness) = export(&signer);
        std::fs::write(home.path().join("key"), signer.key().to_string()).unwrap();
        std::fs::write(home.path().join("witness"), witness + "\n").unwrap();
        Self { home, lines }
    }

    /// What the command says of the export after somebody had it in their hands.
    fn verified(&self, meddle: impl FnOnce(&mut Vec<Vec<u8>>)) -> Result<(), Failure> {
        let mut lines = self.lines.clone();
        meddle(&mut lines);
        let path = |name: &str| self.home.path().join(name);
        std::fs::write(path("export"), lines.concat()).unwrap();
        let (key, witness) = (Some(path("key")), Some(path("witness")));
        let args = Args { export: path("export"), key, witness, from: 0, may_be_older: false };
        run(&args, &Output::new(Format::Json))
    }

    /// The code and the leaf that it names.
    fn told(&self, meddle: impl FnOnce(&mut Vec<Vec<u8>>)) -> (String, u64) {
        let told = self.verified(meddle).expect_err("it is not what was sealed");
        assert_eq!(told.code(), Failure::Tampered(String::new()).code());
        let text = told.to_string();
        let (code, rest) = text.split_once(": the first bad leaf is ").expect("it names a code and a leaf");
        let leaf = rest.split(':').next().unwrap().parse().expect("it is a position");
        (code.to_owned(), leaf)
    }
}

#[test]
fn the_first_bad_leaf_is_named_whatever_was_done() {
    let files = Files::new();
    files.verified(|_| {}).expect("nothing was done to it");
    let (five, seven) = (at(5), at(7));
    let told = |code: &str, leaf: u64| (code.to_owned(), leaf);
    assert_eq!(files.told(|l| l[five][90] ^= 1), told("AUDIT_CHANGED", 5), "flipped");
    assert_eq!(files.told(|l| drop(l.remove(five))), told("AUDIT_LEAF_MISSING", 5), "dropped");
    assert_eq!(files.told(|l| l.swap(five, seven)), told("AUDIT_LEAF_MISSING", 5), "reordered");
    let repeated = |l: &mut Vec<Vec<u8>>| l.insert(seven, l[five].clone());
    assert_eq!(files.told(repeated), told("AUDIT_OUT_OF_ORDER", 7), "told once more");
    let replaced = |l: &mut Vec<Vec<u8>>| l[five] = leaf(LOG, 5, &event("somebody else"));
    assert_eq!(files.told(replaced), told("AUDIT_REPLACED", 5), "spliced with another event");
    let spliced = |l: &mut Vec<Vec<u8>>| l.insert(five, leaf("another/log", 5, &event("n5")));
    assert_eq!(files.told(spliced), told("AUDIT_SPLICED", 5), "spliced with another log");
}

#[test]
fn wherever_an_export_is_cut_off_the_first_leaf_that_is_missing_is_named() {
    let files = Files::new();
    let whole: usize = files.lines.iter().map(Vec::len).sum();
    for kept in (0..whole).step_by(37).chain([whole - 1]) {
        let mut left = kept;
        let leaves = files.lines.iter().filter(|line| {
            let fits = line.len() <= left;
            left = if fits { left - line.len() } else { 0 };
            fits && !String::from_utf8_lossy(line).contains("\"id\":\"checkpoint-")
        });
        let leaves = leaves.count() as u64;
        let cut = |lines: &mut Vec<Vec<u8>>| {
            let mut all = lines.concat();
            all.truncate(kept);
            *lines = vec![all];
        };
        assert_eq!(files.told(cut), ("AUDIT_TRUNCATED".to_owned(), leaves), "{kept} of {whole} bytes");
    }
}

//! `audit verify`: reads an export in blocks, looks at the lines on all cores, and lets the verifier judge them in order.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use shepherd_domain::audit::export::{Line, LineFault, Reader};
use shepherd_domain::audit::verify::{Expectations, Finding, Report, Verifier};
use shepherd_domain::note::{Checkpoint, NoteKey};

use crate::output::{Column, Format, card};
use crate::{Failure, Output};

/// What one thread takes at a time.
const BLOCK: usize = 2 << 20;
/// No line of an export is longer than this.
const LONGEST: usize = 64 << 20;

#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The export
    pub export: PathBuf,
    /// A file with the keys that are trusted, one a line, as `audit key` showed them
    #[arg(long)]
    pub key: Option<PathBuf>,
    /// What a witness has kept
    #[arg(long)]
    pub witness: Option<PathBuf>,
    /// The leaf at which the export should begin
    #[arg(long, default_value_t = 0)]
    pub from: u64,
    /// The witness may have seen more than the export has
    #[arg(long)]
    pub may_be_older: bool,
}

/// What is told of an export that is what was sealed.
#[derive(Serialize)]
struct Verdict {
    log: String,
    from: u64,
    to: u64,
    leaves: u64,
    expired: u64,
    checkpoints: u64,
    witnessed: u64,
    root: String,
    key_trusted: bool,
    seconds: f64,
}

const VERDICT: [Column<Verdict>; 7] = [
    ("Log", |v| v.log.clone()),
    ("Leaves", |v| match v.leaves {
        0 => "none".into(),
        _ => format!("{} to {}, {} in all: every one is as it was sealed", v.from, v.to - 1, v.leaves),
    }),
    ("Expired", |v| format!("{}: content no longer kept, hash proven", v.expired)),
    ("Checkpoints", |v| v.checkpoints.to_string()),
    ("Witness", |v| format!("{} checkpoints compared", v.witnessed)),
    ("Root", |v| v.root.clone()),
    ("Key", |v| if v.key_trusted { "given and matching".into() } else { "the export's own".into() }),
];

pub(super) fn run(args: &Args, out: &Output) -> Result<(), Failure> {
    let (verdict, anchored) = judge(args, out)?;
    out.one(&verdict, &VERDICT)?;
    if anchored {
        return Ok(());
    }
    Err(Failure::Unanchored(
        "The export agrees with itself, but whoever made it may have made all of it: compare it with a key or a \
         witness that were kept elsewhere (--key, --witness)."
            .into(),
    ))
}

/// What `audit verify --key --witness` says, for people.
pub(crate) fn told(export: PathBuf, key: PathBuf, witness: Option<PathBuf>) -> Result<String, Failure> {
    let args = Args { export, key: Some(key), witness, from: 0, may_be_older: false };
    let (verdict, _) = judge(&args, &Output::new(Format::Table))?;
    Ok(card(&verdict, &VERDICT))
}

/// The verdict, and whether anything from elsewhere vouches for it.
fn judge(args: &Args, out: &Output) -> Result<(Verdict, bool), Failure> {
    let begun = Instant::now();
    let keys = args.key.as_deref().map(read_keys).transpose()?;
    let witnessed = match args.witness.as_deref() {
        Some(path) => read_witness(path, keys.as_deref(), out)?,
        None => Vec::new(),
    };
    let anchored = keys.is_some() || !witnessed.is_empty();
    let expected =
        Expectations { keys: keys.clone(), witnessed, from: args.from, may_be_older: args.may_be_older };
    let (log, result) = verify(&args.export, keys.as_deref(), expected)?;
    let report = result.map_err(|finding| tampered(&finding))?;
    Ok((verdict(log, &report, keys.is_some(), begun.elapsed()), anchored))
}

fn verdict(log: String, report: &Report, key_trusted: bool, took: Duration) -> Verdict {
    Verdict {
        log,
        from: report.from,
        to: report.to,
        leaves: report.to - report.from,
        expired: report.expired,
        checkpoints: report.checkpoints,
        witnessed: report.witnessed,
        root: report.root.to_string(),
        key_trusted,
        seconds: took.as_secs_f64(),
    }
}

fn tampered(finding: &Finding) -> Failure {
    let (code, line) = (finding.what.code(), finding.line);
    Failure::Tampered(match finding.leaf {
        Some(leaf) => format!("{code}: the first bad leaf is {leaf}: {} (line {line})", finding.what),
        None => format!("{code}: {} (line {line})", finding.what),
    })
}

/// Judges a file. The outer error is this machine's, the inner one the export's.
fn verify(
    path: &Path,
    keys: Option<&[NoteKey]>,
    expected: Expectations,
) -> Result<(String, Result<Report, Finding>), Failure> {
    let file = File::open(path).map_err(|error| Failure::local(path.display(), error))?;
    let mut blocks = Blocks { input: BufReader::with_capacity(BLOCK, file), path };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut verifier = Verifier::new(expected);
    let mut origin = keys.and_then(|keys| keys.first()).map(|key| key.name().to_owned());
    loop {
        let round = (0..threads).map_while(|_| blocks.next().transpose()).collect::<Result<Vec<_>, _>>()?;
        if round.is_empty() {
            return Ok((origin.unwrap_or_default(), verifier.finish()));
        }
        let first = round.first().and_then(|block| block.split(|byte| *byte == b'\n').next());
        let log = origin.get_or_insert_with(|| first.and_then(Reader::origin_of).unwrap_or_default()).clone();
        for line in read_all(&round, &log).into_iter().flatten() {
            if let Err(finding) = verifier.take(line) {
                return Ok((log, Err(finding)));
            }
        }
    }
}

/// The lines of each block, one thread each.
fn read_all(blocks: &[Vec<u8>], log: &str) -> Vec<Vec<Result<Line, LineFault>>> {
    std::thread::scope(|scope| {
        let read = |block: &Vec<u8>| {
            let mut reader = Reader::new(log);
            let lines = block.split_inclusive(|byte| *byte == b'\n');
            lines
                .map(|line| if line.ends_with(b"\n") { reader.read(line) } else { Err(LineFault::Torn) })
                .collect()
        };
        let threads: Vec<_> = blocks.iter().map(|block| scope.spawn(move || read(block))).collect();
        let joined = threads.into_iter().map(std::thread::ScopedJoinHandle::join);
        joined.map(|done| done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

/// Whole lines, many at a time.
struct Blocks<'a> {
    input: BufReader<File>,
    path: &'a Path,
}

impl Blocks<'_> {
    fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let failed = |error: std::io::Error| Failure::local(self.path.display(), error);
        let mut block = Vec::with_capacity(BLOCK + BLOCK / 4);
        self.input.by_ref().take(BLOCK as u64).read_to_end(&mut block).map_err(failed)?;
        if block.last().is_some_and(|byte| *byte != b'\n') {
            self.input.by_ref().take(LONGEST as u64).read_until(b'\n', &mut block).map_err(failed)?;
        }
        Ok((!block.is_empty()).then_some(block))
    }
}

fn read_keys(path: &Path) -> Result<Vec<NoteKey>, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure::local(path.display(), error))?;
    // The last word of a line, so that the table of `audit key` is such a file.
    let words = text.lines().filter_map(|line| line.split_whitespace().last());
    let keys: Vec<NoteKey> = words.filter_map(|word| word.parse().ok()).collect();
    let other = keys.iter().any(|key| key.name() != keys[0].name());
    match keys.is_empty() || other {
        true => Err(Failure::Usage(format!(
            "{} holds no keys of one log, as `audit key` shows them",
            path.display()
        ))),
        false => Ok(keys),
    }
}

#[derive(Deserialize)]
struct Witnessed {
    checkpoint: String,
}

/// The checkpoints of a witness. With keys only those count that a key has signed.
fn read_witness(
    path: &Path,
    keys: Option<&[NoteKey]>,
    out: &Output,
) -> Result<Vec<(u64, shepherd_domain::merkle::TreeHash)>, Failure> {
    let failed = |error| Failure::local(path.display(), error);
    let (mut seen, mut passed_over) = (Vec::new(), 0);
    for line in BufReader::new(File::open(path).map_err(failed)?).lines() {
        let line = line.map_err(failed)?;
        let note = serde_json::from_str::<Witnessed>(&line).ok().and_then(|line| match keys {
            Some(keys) => Checkpoint::open(&line.checkpoint, keys).ok(),
            None => Checkpoint::peek(&line.checkpoint).ok(),
        });
        match note {
            Some(checkpoint) => seen.push((checkpoint.size, checkpoint.root)),
            None => passed_over += usize::from(!line.is_empty()),
        }
    }
    if passed_over > 0 {
        out.remark(&format!(
            "{passed_over} lines of {} were passed over: no checkpoint of this log.",
            path.display()
        ));
    }
    if seen.is_empty() {
        return Err(Failure::Usage(format!("{} holds no checkpoint of this log", path.display())));
    }
    Ok(seen)
}

#[cfg(test)]
mod tests;

//! `audit export`: the sealed log into a file, resumable, or to standard output.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use shepherd_contract::client::{Client, ClientError};
use shepherd_contract::types::ExportAuditQuery;

use crate::{Failure, Output};

/// The end of a file in which its last whole line is looked for: longer than any line.
const TAIL: u64 = 16 << 20;

#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The file; where it exists the export goes on behind its last line. Standard output if left out
    #[arg(long)]
    pub file: Option<PathBuf>,
    /// The first leaf: the size of a checkpoint
    #[arg(long, default_value_t = 0)]
    pub from: i64,
    /// Take what is sealed already, and do not seal what happened since
    #[arg(long)]
    pub no_seal: bool,
}

pub(super) async fn run(args: Args, client: &Client, out: &Output) -> Result<(), Failure> {
    let told = match export(&args, client).await? {
        0 => "There is nothing new to export.".to_owned(),
        bytes => match &args.file {
            Some(file) => format!("{bytes} bytes were added to {}.", file.display()),
            None => format!("{bytes} bytes."),
        },
    };
    out.remark(&told);
    Ok(())
}

/// Exports what is not in the file yet; answers how many bytes that was.
async fn export(args: &Args, client: &Client) -> Result<usize, Failure> {
    let mut target = Target::open(args.file.as_deref(), args.from)?;
    let to = match args.no_seal {
        true => None,
        false => Some(client.audit().seal_audit().await?.size),
    };
    if to.is_some_and(|to| to <= target.next) {
        return Ok(0);
    }
    let start = Some(target.fresh && target.next > 0);
    let mut query = ExportAuditQuery { from: Some(target.next), to, start, limit: Some(5000), cursor: None };
    let mut bytes = 0;
    loop {
        let response = client.audit().export_audit(&query).await?;
        let next = response.headers().get("shepherd-next-cursor").and_then(|value| value.to_str().ok());
        let next = next.map(str::to_owned);
        let lines = response.bytes().await.map_err(|error| Failure::from(ClientError::Transport(error)))?;
        target.write(&lines)?;
        bytes += lines.len();
        let Some(cursor) = next else { break };
        query = ExportAuditQuery { cursor: Some(cursor), limit: query.limit, ..Default::default() };
    }
    target.finish()?;
    Ok(bytes)
}

/// What `audit export --file` does.
pub(crate) async fn to_file(client: &Client, file: PathBuf) -> Result<usize, Failure> {
    export(&Args { file: Some(file), from: 0, no_seal: false }, client).await
}

/// Where lines go.
struct Target {
    file: Option<File>,
    /// The next leaf.
    next: i64,
    /// Nothing is there yet.
    fresh: bool,
}

impl Target {
    fn open(path: Option<&Path>, from: i64) -> Result<Self, Failure> {
        let Some(path) = path else { return Ok(Self { file: None, next: from, fresh: true }) };
        let failed = |error| Failure::local(path.display(), error);
        let mut options = OpenOptions::new();
        let mut file =
            options.read(true).write(true).create(true).truncate(false).open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let tail = length.saturating_sub(TAIL);
        file.seek(SeekFrom::Start(tail)).map_err(failed)?;
        let mut end = Vec::new();
        file.read_to_end(&mut end).map_err(failed)?;
        // What broke off in the middle of a line is fetched again.
        let whole = end.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let Some(last) = end[..whole].split(|byte| *byte == b'\n').rfind(|line| !line.is_empty()) else {
            if length > 0 && tail > 0 {
                return Err(Failure::Usage(format!("{} is not an export", path.display())));
            }
            file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0))).map_err(failed)?;
            return Ok(Self { file: Some(file), next: from, fresh: true });
        };
        let next =
            after(last).ok_or_else(|| Failure::Usage(format!("{} is not an export", path.display())))?;
        let keep = tail + whole as u64;
        file.set_len(keep).and_then(|()| file.seek(SeekFrom::Start(keep))).map_err(failed)?;
        Ok(Self { file: Some(file), next, fresh: false })
    }

    fn write(&mut self, lines: &[u8]) -> Result<(), Failure> {
        let written = match &mut self.file {
            Some(file) => file.write_all(lines),
            None => std::io::stdout().lock().write_all(lines),
        };
        written.map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => Failure::Local("whoever read the export has stopped".into()),
            _ => Failure::local("the export", error),
        })
    }

    fn finish(self) -> Result<(), Failure> {
        self.file.map_or(Ok(()), |file| file.sync_all()).map_err(|error| Failure::local("the export", error))
    }
}

/// The leaf that follows on a line.
fn after(line: &[u8]) -> Option<i64> {
    #[derive(Deserialize)]
    struct Line<'a> {
        id: &'a str,
    }
    let id = serde_json::from_slice::<Line<'_>>(line).ok()?.id;
    match id.strip_prefix("checkpoint-") {
        Some(size) => size.parse().ok(),
        None => Some(id.parse::<i64>().ok()? + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begins(content: &[u8]) -> (i64, bool, Vec<u8>) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        let target = Target::open(Some(file.path()), 7).unwrap();
        (target.next, target.fresh, std::fs::read(file.path()).unwrap())
    }

    #[test]
    fn an_export_goes_on_behind_its_last_whole_line() {
        assert_eq!(begins(b""), (7, true, vec![]));
        assert_eq!(begins(b"{\"id\":\"3\"}\n"), (4, false, b"{\"id\":\"3\"}\n".to_vec()));
        assert_eq!(begins(b"{\"id\":\"3\"}\n{\"id\":\"checkpoint-4\"}\n").0, 4);
        assert_eq!(begins(b"{\"id\":\"3\"}\n{\"id\":\"4"), (4, false, b"{\"id\":\"3\"}\n".to_vec()));
        assert_eq!(begins(b"{\"id\":"), (7, true, vec![]));
    }

    #[test]
    fn another_file_is_left_alone() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "my diary\nday one\n").unwrap();
        assert!(matches!(Target::open(Some(file.path()), 0), Err(Failure::Usage(_))));
        assert_eq!(std::fs::read_to_string(file.path()).unwrap(), "my diary\nday one\n");
    }
}

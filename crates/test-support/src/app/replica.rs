//! The test's side of a replica in a process of its own: start it, arm it, see it die, call it.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use shepherd_contract::client::ClientError;

use super::{Caller, SOON, TestApp};
use crate::wait_for;

/// More than any lease lasts, and than the reconciler leaves an operation alone: what a dead process held is free.
pub const LEASES_END: Duration = Duration::from_secs(20);

/// A replica that is started again when it has died.
pub struct Replica<'a> {
    test: &'a TestApp,
    program: PathBuf,
    process: Process,
    /// How often it has died.
    pub deaths: usize,
}

struct Process {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
    origin: String,
}

impl<'a> Replica<'a> {
    /// Starts `program` (of this package: `env!("CARGO_BIN_EXE_replica")`) on the database of a test.
    pub fn start(test: &'a TestApp, program: &str) -> Self {
        let program = PathBuf::from(program);
        let process = Process::start(test, &program);
        Self { test, program, process, deaths: 0 }
    }

    /// It dies the `nth` time from now that it passes `point`.
    pub fn arm(&mut self, point: &str, nth: usize) {
        self.process.order(&format!("arm {point} {nth}"));
    }

    /// It lives on; one that has died just now is started again.
    pub async fn disarm(&mut self) {
        self.revive().await;
        self.process.order("disarm");
    }

    /// Starts it again if it has died; time passes until nothing is held by the dead.
    pub async fn revive(&mut self) {
        if self.process.child.try_wait().expect("it is our child").is_none() {
            return;
        }
        self.deaths += 1;
        self.test.pass(LEASES_END).await;
        self.process = Process::start(self.test, &self.program);
    }

    /// Calls it as someone who does not give up: what got no answer is said again, in the same words.
    pub async fn insist<T>(
        &mut self,
        who: &Caller,
        call: impl AsyncFn(&Caller) -> Result<T, ClientError>,
    ) -> T {
        wait_for("an answer", SOON, async || {
            self.revive().await;
            match call(&who.at(&self.process.origin)).await {
                Ok(answer) => Ok(answer),
                Err(error @ ClientError::Transport(_)) => Err(error.to_string()),
                // The cluster's new watcher has not heard from it yet.
                Err(error) if error.code() == Some("CLUSTER_UNREACHABLE") => Err(error.to_string()),
                Err(error) => panic!("refused: {error}"),
            }
        })
        .await
    }

    /// The process, to send it signals.
    pub fn pid(&self) -> u32 {
        self.process.child.id()
    }
}

impl Process {
    fn start(test: &TestApp, program: &Path) -> Self {
        let mut child = Command::new(program)
            .arg(&test.db.app_url)
            .arg(test.key_file.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the replica starts");
        let orders = child.stdin.take().expect("it is piped");
        let answers = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut process = Self { child, orders, answers, origin: String::new() };
        process.origin = process.answer().expect("it says where it serves");
        process
    }

    /// The process may have died meanwhile, which the next call finds out.
    fn order(&mut self, order: &str) {
        if writeln!(self.orders, "{order}").is_ok() {
            self.answer();
        }
    }

    fn answer(&mut self) -> Option<String> {
        let mut line = String::new();
        let length = self.answers.read_line(&mut line).unwrap_or_default();
        (length > 0).then(|| line.trim_end().to_owned())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

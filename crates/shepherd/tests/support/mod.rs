//! Running the real program and reading what it says.

#![allow(dead_code, clippy::unwrap_used, reason = "each test program uses a part of it")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The program, in an environment that says nothing about Shepherd.
pub fn shepherd() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shepherd"));
    command.env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A good root key.
pub fn root_key(dir: &Path) -> PathBuf {
    let path = dir.join("root.key");
    // 32 bytes in base64.
    let mut file = std::fs::File::create(&path).unwrap();
    writeln!(file, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").unwrap();
    path
}

/// Runs it to its end, which must come soon.
pub fn end_of(command: &mut Command) -> Output {
    let mut child = command.spawn().unwrap();
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > Duration::from_secs(60) {
            child.kill().unwrap();
            panic!("it runs on: {:?}", child.wait_with_output().unwrap());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.wait_with_output().unwrap()
}

/// It ended with this exit code and one line that begins with this code and does not hold a secret.
pub fn refused(command: &mut Command, exit: i32, code: &str) -> String {
    let output = end_of(command);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(exit), "{said}");
    let line = said
        .lines()
        .find(|line| line.starts_with("error: "))
        .unwrap_or_else(|| panic!("no error in: {said}"));
    assert!(line.starts_with(&format!("error: {code}: ")), "{line}");
    assert!(!said.contains("hunter2"), "a password was printed: {said}");
    line.to_owned()
}

//! `shepherd serve` refuses to start rather than to run half: one line, a code, an exit code of its own, nothing left.

#![allow(clippy::unwrap_used, reason = "a test may fail anywhere")]

mod support;

use std::net::TcpListener;

use shepherd_test_support::TestDb;
use support::{refused, root_key, shepherd};

const FREE: &str = "127.0.0.1:0";

#[test]
fn without_a_root_key() {
    let line = refused(shepherd().args(["serve", "--listen", FREE]), 10, "ROOT_KEY_MISSING");
    assert!(line.contains("--root-key-file"), "{line}");
}

#[test]
fn with_a_root_key_that_is_none() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("root.key");
    std::fs::write(&path, "hunter2\n").unwrap();
    let mut serve = shepherd();
    let line = refused(
        serve.args(["serve", "--listen", FREE, "--root-key-file"]).arg(&path),
        11,
        "ROOT_KEY_INVALID",
    );
    assert!(line.contains("line 1"), "{line}");
}

#[test]
fn without_a_database() {
    let dir = tempfile::tempdir().unwrap();
    let mut serve = shepherd();
    let serve = serve.args(["serve", "--listen", FREE, "--root-key-file"]).arg(root_key(dir.path()));
    let line = refused(serve, 20, "DATABASE_UNAVAILABLE");
    assert!(line.contains("DATABASE_URL"), "{line}");
}

#[test]
fn with_a_database_that_does_not_answer() {
    let dir = tempfile::tempdir().unwrap();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut serve = shepherd();
    let serve = serve.args(["serve", "--listen", FREE, "--root-key-file"]).arg(root_key(dir.path()));
    serve.env("DATABASE_URL", format!("postgres://u:hunter2@{closed}/shepherd"));
    refused(serve, 20, "DATABASE_UNAVAILABLE");
}

#[tokio::test]
async fn with_a_schema_that_is_not_there_yet() {
    let (dir, db) = (tempfile::tempdir().unwrap(), TestDb::empty().await);
    let mut serve = shepherd();
    let serve = serve.args(["serve", "--listen", FREE, "--root-key-file"]).arg(root_key(dir.path()));
    serve.env("DATABASE_URL", &db.owner_url);
    let line = refused(serve, 22, "SCHEMA_TOO_OLD");
    assert!(line.contains("shepherd migrate"), "{line}");

    // It says what to do, and that is enough.
    let migrated = support::end_of(shepherd().arg("migrate").env("DATABASE_URL", &db.owner_url));
    assert!(migrated.status.success(), "{migrated:?}");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut serve = shepherd();
    let serve =
        serve.args(["serve", "--listen", &taken.local_addr().unwrap().to_string(), "--root-key-file"]);
    let serve = serve.arg(root_key(dir.path())).env("DATABASE_URL", &db.app_url);
    refused(serve, 30, "PORT_TAKEN");
}

#[tokio::test]
async fn on_a_port_that_is_taken() {
    let (dir, db) = (tempfile::tempdir().unwrap(), TestDb::new().await);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut serve = shepherd();
    let serve = serve.args(["serve", "--listen", &address, "--root-key-file"]).arg(root_key(dir.path()));
    let line = refused(serve.env("DATABASE_URL", &db.app_url), 30, "PORT_TAKEN");
    assert!(line.contains(&address) && line.contains("--listen"), "{line}");
}

#[tokio::test]
async fn for_sample_people_on_an_address_that_others_reach() {
    let (dir, db) = (tempfile::tempdir().unwrap(), TestDb::new().await);
    let mut serve = shepherd();
    let serve = serve.args(["serve", "--sample", "--listen", "0.0.0.0:0", "--root-key-file"]);
    refused(serve.arg(root_key(dir.path())).env("DATABASE_URL", &db.app_url), 1, "SAMPLE_NOT_LOOPBACK");
}

#[test]
fn up_on_a_port_that_is_taken() {
    let dir = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let line = refused(
        shepherd().args(["up", "--listen", &address, "--data"]).arg(dir.path().join("run")),
        30,
        "PORT_TAKEN",
    );
    assert!(line.contains(&address) && line.contains("--listen"), "{line}");
}

#[test]
fn a_rehearsal_whose_faults_are_none_or_whose_world_is_another() {
    let dir = tempfile::tempdir().unwrap();
    let (file, data) = (dir.path().join("faults.toml"), dir.path().join("sim"));
    std::fs::write(&file, "[[fault]]\nkind = \"hang\"\nfro = \"1s\"\nfor = \"1s\"\n").unwrap();
    let line = refused(shepherd().args(["sim", "--faults"]).arg(&file), 1, "SIM_FAULTS_INVALID");
    assert!(line.contains("faults.toml: line 3: unknown field `fro`"), "{line}");
    let none = support::end_of(shepherd().args(["sim", "--clusters", "0"]));
    assert_eq!(none.status.code(), Some(2), "{none:?}");

    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("world"), "3 clusters, 300 VMs, seed 8").unwrap();
    let line = refused(shepherd().args(["sim", "--seed", "9", "--data"]).arg(&data), 1, "SIM_OTHER_WORLD");
    assert!(line.contains("seed 8") && line.contains("--data"), "{line}");
}

#[test]
fn a_client_that_is_not_signed_in_or_reaches_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = shepherd();
    let output = support::end_of(client.args(["vm", "list", "--config-dir"]).arg(dir.path()));
    assert_eq!(output.status.code(), Some(3), "{output:?}");

    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let token = dir.path().join("token");
    std::fs::write(&token, "shp_nothing\n").unwrap();
    let mut client = shepherd();
    let client =
        client.args(["vm", "list", "--server", &format!("http://{closed}"), "--config-dir"]).arg(dir.path());
    let output = support::end_of(client.arg("--token-file").arg(token));
    assert_eq!(output.status.code(), Some(5), "{output:?}");
}

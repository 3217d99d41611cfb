//! `shepherd serve` as a process: it serves what it should, says when it is ready, and stops when told to.

#![allow(clippy::unwrap_used, reason = "a test may fail anywhere")]

mod support;

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::Duration;

use shepherd_test_support::{TestDb, wait_until};
use support::{root_key, shepherd};

struct Serving {
    child: Child,
    url: String,
    _dir: tempfile::TempDir,
}

impl Serving {
    fn start(db: &TestDb) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), db, &["--sample"])
    }

    /// Starts it on a free port and reads from its log which one that is.
    fn start_in(dir: tempfile::TempDir, db: &TestDb, more: &[&str]) -> Self {
        let mut serve = shepherd();
        let serve = serve
            .args(["serve", "--listen", "127.0.0.1:0", "--until-stdin-closes"])
            .args(more)
            .arg("--root-key-file");
        let serve = serve.arg(root_key(dir.path())).env("DATABASE_URL", &db.app_url).stdin(Stdio::piped());
        let mut child = serve.spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let line =
            log.find(|line| line.as_ref().unwrap().contains("\"message\":\"serving\"")).unwrap().unwrap();
        let address = line.split("\"address\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        // Somebody must read on, or the process waits for a full pipe.
        std::thread::spawn(move || log.for_each(drop));
        Self { child, url: format!("http://{address}"), _dir: dir }
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        reqwest::get(format!("{}{path}", self.url)).await.unwrap()
    }

    async fn ended(&mut self) -> Option<i32> {
        let child = &mut self.child;
        wait_until("the process to end", Duration::from_secs(40), async || {
            child.try_wait().unwrap().is_some()
        })
        .await;
        self.child.wait().unwrap().code()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn it_serves_the_console_the_api_and_its_health_and_stops_on_a_signal() {
    let db = TestDb::new().await;
    let mut serving = Serving::start(&db);
    assert_eq!(serving.get("/livez").await.status(), 200);
    assert_eq!(serving.get("/readyz").await.status(), 200);
    let metrics = serving.get("/metrics").await.text().await.unwrap();
    assert!(metrics.contains("shepherd_build_info{version="), "{metrics}");
    let page = serving.get("/").await;
    assert!(page.headers()["content-security-policy"].to_str().unwrap().contains("frame-ancestors 'none'"));
    assert!(page.text().await.unwrap().contains("<html"));
    assert_eq!(serving.get("/api/v1/systems").await.status(), 401);
    assert_eq!(serving.get("/api/reference").await.status(), 200);

    let pid = rustix::process::Pid::from_child(&serving.child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(serving.ended().await, Some(0));
}

#[tokio::test]
async fn it_stops_when_whoever_started_it_is_gone() {
    let db = TestDb::new().await;
    let mut serving = Serving::start(&db);
    drop(serving.child.stdin.take());
    assert_eq!(serving.ended().await, Some(0));
}

#[tokio::test]
async fn a_database_that_goes_away_makes_it_unready_and_not_dead() {
    let db = TestDb::new().await;
    let serving = Serving::start(&db);
    assert_eq!(serving.get("/readyz").await.status(), 200);
    drop(db);
    wait_until("the server to be unready", Duration::from_secs(30), async || {
        serving.get("/readyz").await.status() == 503
    })
    .await;
    assert_eq!(serving.get("/livez").await.status(), 200);
    let problem: serde_json::Value = serving.get("/readyz").await.json().await.unwrap();
    assert_eq!(problem["code"], "NOT_READY");
}

#[tokio::test]
async fn it_speaks_tls_and_reads_a_new_certificate_without_a_restart() {
    let db = TestDb::new().await;
    let dir = tempfile::tempdir().unwrap();
    let (cert, key) = (dir.path().join("tls.crt"), dir.path().join("tls.key"));
    let renew = || {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        std::fs::write(&cert, made.cert.pem()).unwrap();
        reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap()
    };
    let first = renew();
    let args = ["--tls-cert", cert.to_str().unwrap(), "--tls-key", key.to_str().unwrap()].map(str::to_owned);
    let serving = Serving::start_in(dir, &db, &args.each_ref().map(String::as_str));
    let url = serving.url.replace("http://127.0.0.1", "https://localhost");
    let trusting = |ca| reqwest::Client::builder().tls_certs_only([ca]).build().unwrap();

    let body = serde_json::json!({ "name": "nobody", "password": "wrong" });
    let answer = trusting(first).post(format!("{url}/api/v1/session")).json(&body).send().await.unwrap();
    // The peer's address arrived, or nobody could even try to sign in.
    assert_eq!(answer.status(), 401);
    assert!(answer.headers().contains_key("strict-transport-security"));

    let second = renew();
    wait_until("the new certificate", Duration::from_secs(40), async || {
        trusting(second.clone()).get(format!("{url}/livez")).send().await.is_ok()
    })
    .await;
}

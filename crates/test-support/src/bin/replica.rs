//! A replica of Shepherd in a process of its own, which dies when a test wants it to.
//!
//! Serves, works and watches on a given database. It says where it serves in one line; then it obeys lines on its
//! standard input, each answered by one: `arm POINT N` ends the process, without a word to anybody, the Nth time from now
//! that POINT is passed (see `shepherd_store::failpoint`); `disarm` takes that back. The end of the input is an orderly
//! end, so that no replica outlives its test.

use std::io::{self, BufRead, Write};
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};

use shepherd_app::Settings;
use shepherd_auth::session::SessionLimits;
use shepherd_store::failpoint::{CLUSTER_ACTED, COMMIT_AFTER, COMMIT_BEFORE};
use shepherd_test_support::app::{Engine, Served, open};

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [database, key_file] = arguments.as_slice() else { panic!("replica DATABASE_URL KEY_FILE") };
    let settings = Settings { sessions: SessionLimits::default(), sample: true, checks: Default::default() };
    let app = open(database, Path::new(key_file), settings).await;
    let served = Served::start(&app).await;
    let engine = Engine::start(&app);
    say(served.base.as_str());
    tokio::task::spawn_blocking(obey).await.expect("orders can be read");
    engine.stop().await;
}

fn obey() {
    for line in io::stdin().lock().lines() {
        let line = line.expect("orders are text");
        match line.split(' ').collect::<Vec<_>>().as_slice() {
            ["arm", point, count] => arm(point, count.parse().expect("N is a number")),
            ["disarm"] => POINTS.iter().for_each(fail::remove),
            _ => panic!("no such order: {line}"),
        }
        say("done");
    }
}

const POINTS: [&str; 3] = [COMMIT_BEFORE, COMMIT_AFTER, CLUSTER_ACTED];

fn arm(point: &str, count: i64) {
    assert!(POINTS.contains(&point), "no such point: {point}");
    let left = AtomicI64::new(count);
    let die = move || {
        if left.fetch_sub(1, Ordering::Relaxed) == 1 {
            std::process::abort();
        }
    };
    fail::cfg_callback(point, die).expect("a point can be armed");
}

fn say(line: &str) {
    println!("{line}");
    io::stdout().flush().expect("the test listens");
}

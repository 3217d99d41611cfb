//! `shepherd up` and `shepherd demo` as processes: what a newcomer runs.

#![allow(clippy::unwrap_used, reason = "a test may fail anywhere")]

mod support;

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use shepherd_test_support::wait_until;
use support::{refused, shepherd};

const PATIENCE: Duration = Duration::from_secs(120);

/// The program with what set-up has made in this clone.
fn with_set_up(command: &str, data: &Path) -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let guest =
        std::env::var_os("SHEPHERD_GUEST_IMAGE").map_or_else(|| root.join(".dev/guest"), PathBuf::from);
    // By its own path: the guest's account may not be able to follow a link in root's folders.
    let guest = guest.canonicalize().unwrap_or(guest);
    let mut program = shepherd();
    let path = std::env::var_os("PATH").unwrap_or_default();
    program.arg(command).arg("--data").arg(data).env("PATH", path);
    program.env("SHEPHERD_GUEST_IMAGE", guest).env("SHEPHERD_POSTGRES_DIR", root.join(".dev/postgres"));
    program
}

/// A running `up`, with the address it says.
struct Up {
    child: Child,
    url: String,
}

impl Up {
    fn start(data: &Path) -> Self {
        let mut child = with_set_up("up", data).args(["--vms", "2", "--listen", &free()]).spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut heard = Vec::new();
        let url = loop {
            let line = said.next().unwrap_or_else(|| panic!("it ended: {heard:?}")).unwrap();
            if let Some((_, url)) = line.split_once("ready: ") {
                break url.trim_end_matches('/').to_owned();
            }
            heard.push(line);
        };
        std::thread::spawn(move || said.for_each(drop));
        Self { child, url }
    }

    async fn ready(&self) -> bool {
        reqwest::get(format!("{}/readyz", self.url)).await.is_ok_and(|answer| answer.status() == 200)
    }

    async fn end(mut self) -> Option<i32> {
        kill_process(Pid::from_child(&self.child), Signal::INT).unwrap();
        let child = &mut self.child;
        wait_until("up to end", PATIENCE, async || child.try_wait().unwrap().is_some()).await;
        child.wait().unwrap().code()
    }
}

fn free() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// Processes that have all of these words on their command lines.
fn processes(words: &[&str]) -> Vec<Pid> {
    let all = std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let entry = entry.ok()?;
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let mut line = String::new();
        std::fs::File::open(entry.path().join("cmdline")).ok()?.read_to_string(&mut line).ok()?;
        words.iter().all(|word| line.contains(word)).then(|| Pid::from_raw(pid))?
    });
    all.collect()
}

#[tokio::test]
async fn up_survives_the_death_of_its_parts_and_leaves_nothing_running() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("run");
    let up = Up::start(&data);
    assert!(up.ready().await);
    let text = data.to_str().unwrap();
    refused(with_set_up("up", &data).args(["--listen", &free()]), 40, "ALREADY_RUNNING");

    let server = processes(&["serve", "--root-key-file", text]);
    assert_eq!(server.len(), 1, "{server:?}");
    kill_process(server[0], Signal::KILL).unwrap();
    wait_until("another server to serve", PATIENCE, async || {
        processes(&["serve", "--root-key-file", text]).iter().any(|pid| *pid != server[0]) && up.ready().await
    })
    .await;
    assert_eq!(up.end().await, Some(0));
    assert_eq!(processes(&[text]), Vec::<Pid>::new(), "something runs on");

    // The next one finds everything, and whoever kills it finds no orphans.
    let mut again = Up::start(&data);
    let people: serde_json::Value =
        reqwest::get(format!("{}/api/v1/session/options", again.url)).await.unwrap().json().await.unwrap();
    assert_eq!(people["sample_people"].as_array().unwrap().len(), 4, "{people}");
    again.child.kill().unwrap();
    again.child.wait().unwrap();
    wait_until("the children to end", PATIENCE, async || {
        processes(&["--until-stdin-closes", text]).is_empty()
    })
    .await;
    let last = Up::start(&data);
    assert_eq!(last.end().await, Some(0));
    assert_eq!(processes(&[text]), Vec::<Pid>::new(), "something runs on");
}

/// The VMs of a simulated cluster, as `kubectl` would list them; `None` where nobody answers.
async fn simulated(data: &Path, cluster: &str) -> Option<Vec<String>> {
    let read = |name: &str| std::fs::read_to_string(data.join(cluster).join(name)).unwrap();
    let kubeconfig: serde_json::Value = serde_json::from_str(&read("kubeconfig")).unwrap();
    let text = |at: &str| kubeconfig.pointer(at).unwrap().as_str().unwrap().to_owned();
    let ca = reqwest::Certificate::from_pem(read("ca.crt").as_bytes()).unwrap();
    let http = reqwest::Client::builder().tls_certs_only([ca]).build().unwrap();
    let url = text("/clusters/0/cluster/server") + "/apis/kubevirt.io/v1/virtualmachines";
    let answer = http.get(url).bearer_auth(text("/users/0/user/token")).send().await.ok()?;
    let list: serde_json::Value = answer.json().await.unwrap();
    let name = |vm: &serde_json::Value| format!("{}/{}", vm["metadata"]["namespace"], vm["metadata"]["name"]);
    Some(list["items"].as_array().unwrap().iter().map(name).collect())
}

#[tokio::test]
async fn a_rehearsal_is_what_its_seed_and_its_file_say() {
    let mut worlds = Vec::new();
    for _ in 0..2 {
        let dir = tempfile::tempdir().unwrap();
        let (file, data) = (dir.path().join("faults.toml"), dir.path().join("sim"));
        std::fs::write(&file, "[[fault]]\nkind = \"unreachable\"\npick = 1\nfor = \"1h\"\n").unwrap();
        let mut sim = shepherd();
        let sim = sim.args(["sim", "--clusters", "2", "--vms", "31", "--seed", "7", "--faults"]).arg(file);
        let mut child = sim.arg("--data").arg(&data).spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut line = |part: &str| {
            let found = said.by_ref().map(Result::unwrap).find(|line| line.contains(part));
            found.unwrap_or_else(|| panic!("it never said {part}"))
        };
        line("the clusters stand");
        let sick = line("unreachable, for 3600s").split(" s  ").nth(1).unwrap()[..6].to_owned();
        let well = if sick == "sim-01" { "sim-02" } else { "sim-01" };
        assert_eq!(simulated(&data, &sick).await, None);
        worlds.push((sick, simulated(&data, well).await.unwrap()));
        kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        wait_until("sim to end", PATIENCE, async || child.try_wait().unwrap().is_some()).await;
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
    assert_eq!(worlds[0], worlds[1]);
    assert!(matches!(worlds[0].1.len(), 15 | 16), "{worlds:?}");
}

#[test]
fn the_demo_finds_everything_as_it_should_be() {
    let dir = tempfile::tempdir().unwrap();
    let output = with_set_up("demo", dir.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    for seen in
        ["SELF_APPROVAL", "SPEC_CHANGED", "sum=42", "exactly one such VM", "Everything is as it should be"]
    {
        assert!(said.contains(seen), "{seen} is missing in: {said}");
    }
    let picture = std::fs::read(dir.path().join("screen.png")).unwrap();
    assert!(picture.starts_with(b"\x89PNG"));
}

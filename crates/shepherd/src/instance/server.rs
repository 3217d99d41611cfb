//! The server as a child: the same `shepherd serve` that production runs.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::ExposeSecret;
use url::Url;

use super::child::{Child, Spec};
use super::database::Database;
use super::{Directory, Plan};
use crate::failure::Failure;

/// Refuses early and clearly: the child would say the same into its log.
pub(super) fn check_port(listen: SocketAddr) -> Result<(), Failure> {
    let bind = || std::net::TcpListener::bind(listen);
    let start = std::time::Instant::now();
    let mut bound = bind();
    // The server of an `up` that was killed a moment ago is still ending.
    while bound.is_err() && start.elapsed() < Duration::from_secs(3) {
        std::thread::sleep(Duration::from_millis(20));
        bound = bind();
    }
    bound.map(drop).map_err(|error| {
        Failure::port(listen, &error, "--listen, such as make run ARGS=\"--listen 127.0.0.1:8899\"")
    })
}

pub(super) fn start(
    directory: &Directory,
    plan: &Plan,
    database: &Database,
    root_key: &Path,
) -> Result<Child, Failure> {
    let mut arguments: Vec<OsString> =
        ["serve", "--until-stdin-closes", "--log-format", "json", "--listen"].map(Into::into).into();
    arguments.push(plan.listen.to_string().into());
    arguments.extend(["--root-key-file".into(), root_key.into()]);
    arguments.extend(["--audit-witness-file".into(), witness(directory).into()]);
    if plan.sample {
        arguments.push("--sample".into());
    }
    // By environment: arguments can be read by everybody on the machine.
    let environment = vec![("DATABASE_URL", database.app_url().expose_secret().into())];
    let log = directory.logs().join("server.log");
    Child::start(Spec { name: "server", arguments, environment, log, announce: plan.announce })
}

/// What remembers the checkpoints of the audit log. On the same disk it proves little; it shows how one is used.
pub(super) fn witness(directory: &Directory) -> PathBuf {
    directory.path().join("audit-witness.jsonl")
}

/// The address for programs on this machine.
pub(super) fn url(listen: SocketAddr) -> Url {
    let ip = if listen.ip().is_unspecified() { [127, 0, 0, 1].into() } else { listen.ip() };
    Url::parse(&format!("http://{}", SocketAddr::new(ip, listen.port())))
        .expect("a socket's address makes a URL")
}

/// Waits until it can serve.
pub(super) async fn ready(server: &Child, url: &Url) -> Result<(), Failure> {
    let http = shepherd_cli::connect::http(url, None)?;
    let probe = url.join("/readyz").map_err(|error| Failure::io("the server's address", error))?;
    let answers = async || {
        let asked = http.get(probe.clone()).timeout(Duration::from_secs(3)).send().await;
        asked.is_ok_and(|answer| answer.status().is_success())
    };
    server.ready(answers).await
}

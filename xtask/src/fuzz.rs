//! `cargo xtask fuzz`: Schemathesis against the debug build, from the contract that it serves.
//!
//! It signs in as somebody who may do nearly everything, in an organisation that has one of everything: what is refused
//! at the door is soon found, what lies behind it is not. `scripts/schemathesis.sh` installs and builds what this needs.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use shepherd_local_postgres::Durability;

use crate::stage::cluster::{Cluster, Runtime};
use crate::stage::http::{Connection, Credential, text};
use crate::stage::organisation::{Organisation, api, hire, until};
use crate::stage::{Serving, Stage};

/// What an answer must keep to. Every status that an operation may answer is in the contract.
const CHECKS: &str = "not_a_server_error,response_schema_conformance,status_code_conformance,content_type_conformance,\
                      negative_data_rejection";

#[derive(clap::Args)]
pub struct Args {
    /// The debug build
    #[arg(long)]
    shepherd: PathBuf,
    /// Seconds it may take
    #[arg(long, default_value_t = 180)]
    seconds: u32,
    /// Repeat a run
    #[arg(long)]
    seed: Option<u64>,
    /// Further arguments of Schemathesis
    #[arg(last = true)]
    more: Vec<String>,
}

pub fn run(root: &Path, args: &Args) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(fuzz(root, args))
}

async fn fuzz(root: &Path, args: &Args) -> Result<()> {
    let stage = Stage::prepare(root, args.shepherd.canonicalize()?, "fuzz", Durability::Throwaway).await?;
    let mut serving = stage.serve().await?;
    let cluster = Cluster::start(&stage, "simulated", &Runtime::Simulated).await?;
    let people = Organisation::make(&stage, &serving).await?;
    let token = fuzzer(&people, &serving, &cluster).await?;

    let mut command = Command::new(root.join(".dev/schemathesis/bin/schemathesis"));
    let url = format!("http://{}{}", serving.address, api(""));
    command
        .current_dir(stage.dir.path())
        .env("SCHEMATHESIS_HOOKS", "hooks")
        .env("PYTHONPATH", root.join("scripts/schemathesis"))
        .env("SHEPHERD_URL", &url)
        .env("SHEPHERD_TOKEN", &token)
        .arg("run")
        .arg(format!("{url}/openapi.json"))
        .args(["--checks", CHECKS, "--max-time", &args.seconds.to_string(), "--workers", "2"])
        // One never ends, the other speaks WebSocket.
        .args(["--exclude-operation-id", "streamEvents", "--exclude-operation-id", "streamConsole"])
        .args(["--continue-on-failure", "--header"])
        .arg(format!("Authorization: Bearer {token}"));
    if let Some(seed) = args.seed {
        command.args(["--seed", &seed.to_string()]);
    }
    let status = command.args(&args.more).status().context("Schemathesis does not start")?;
    serving.child.check()?;
    // A run whose token stopped working would prove nothing.
    let mut caller = Connection::open(serving.address, Credential::Token(token)).await?;
    caller.fetch(&api("/me")).await.context("the fuzzer's token did not last")?;
    serving.child.stop()?;
    drop(cluster);
    stage.postgres.stop()?;
    ensure!(status.success(), "the API does not keep to its contract");
    Ok(())
}

/// Somebody's token who may do nearly everything, in an organisation with a running VM and a request that waits.
async fn fuzzer(people: &Organisation, serving: &Serving, cluster: &Cluster) -> Result<String> {
    let address = serving.address;
    let mut boss = Connection::open(address, people.admin.clone()).await?;
    let (credential, _) =
        hire(&mut boss, address, "fuzzer", &["platform-admin", "engineer", "approver"]).await?;
    let place = people.place(serving, "fuzz", &cluster.kubeconfig).await?;
    let mut engineer = Connection::open(address, people.engineer.clone()).await?;
    let mut approver = Connection::open(address, people.approver.clone()).await?;
    for number in 0..3 {
        let request = engineer.post(&api("/requests"), &people.wish(&place, number)?).await?;
        let (id, hash) = (text(&request, "/id")?, text(&request, "/spec_hash")?);
        if number == 0 {
            approver.post(&api(&format!("/requests/{id}/approve")), &json!({"spec_hash": hash})).await?;
            let done = |request: &serde_json::Value| request["state"] == "succeeded";
            until(&mut engineer, &api(&format!("/requests/{id}")), done).await?;
        }
    }
    let Credential::Token(token) = credential else { anyhow::bail!("no token") };
    let mut caller = Connection::open(address, Credential::Token(token.clone())).await?;
    let me = text(&caller.get(&api("/me")).await?, "/id")?;
    let systems = engineer.get(&api("/systems")).await?;
    let path = format!("/systems/{}/members/{me}", text(&systems, "/items/0/id")?);
    engineer.put(&api(&path), &json!({"role": "owner"})).await?;
    Ok(token)
}

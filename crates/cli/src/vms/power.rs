//! `vm start`, `stop`, `restart`, `pause`, `unpause`, `delete`, `restore`, `purge`.

use std::io::{BufRead, IsTerminal};

use clap::Args;
use shepherd_contract::client::Client;
use shepherd_contract::types::{DeleteVm, PowerVm, StopVm};

use crate::connect::key;
use crate::fields::Answers;
use crate::requests::FIELDS;
use crate::wait::Wait;
use crate::{Failure, Output, resolve};

#[derive(Debug, Clone, Args)]
pub struct PowerArgs {
    /// The VM's full name
    vm: String,
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    answers: Answers,
    #[command(flatten)]
    wait: Wait,
}

#[derive(Debug, Clone, Args)]
pub struct StopArgs {
    #[command(flatten)]
    power: PowerArgs,
    /// Do not wait for the guest to shut down
    #[arg(long, conflicts_with = "grace")]
    force: bool,
    /// Seconds the guest has to shut down, at most 30
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(i32).range(1..=30))]
    grace: Option<i32>,
}

#[derive(Debug, Clone, Args)]
pub struct DeleteArgs {
    #[command(flatten)]
    power: PowerArgs,
    /// The VM's full name again; asked for if left out
    #[arg(long)]
    confirm: Option<String>,
}

pub(super) async fn start(args: PowerArgs, client: &Client, out: &Output) -> Result<(), Failure> {
    let id = resolve::vm(client, &args.vm).await?;
    let body = PowerVm { reason: args.reason, fields: args.answers.values(client).await? };
    let request = client.vms().start_vm(id, &key(), &body).await?;
    out.one(&args.wait.finish(client, request, out).await?, &FIELDS)
}

pub(super) async fn restart(args: PowerArgs, client: &Client, out: &Output) -> Result<(), Failure> {
    let id = resolve::vm(client, &args.vm).await?;
    let body = PowerVm { reason: args.reason, fields: args.answers.values(client).await? };
    let request = client.vms().restart_vm(id, &key(), &body).await?;
    out.one(&args.wait.finish(client, request, out).await?, &FIELDS)
}

pub(super) async fn pause(args: PowerArgs, client: &Client, out: &Output) -> Result<(), Failure> {
    let id = resolve::vm(client, &args.vm).await?;
    let body = PowerVm { reason: args.reason, fields: args.answers.values(client).await? };
    let request = client.lifecycle().pause_vm(id, &key(), &body).await?;
    out.one(&args.wait.finish(client, request, out).await?, &FIELDS)
}

pub(super) async fn unpause(args: PowerArgs, client: &Client, out: &Output) -> Result<(), Failure> {
    let id = resolve::vm(client, &args.vm).await?;
    let body = PowerVm { reason: args.reason, fields: args.answers.values(client).await? };
    let request = client.lifecycle().unpause_vm(id, &key(), &body).await?;
    out.one(&args.wait.finish(client, request, out).await?, &FIELDS)
}

pub(super) async fn stop(args: StopArgs, client: &Client, out: &Output) -> Result<(), Failure> {
    let id = resolve::vm(client, &args.power.vm).await?;
    let body = StopVm {
        reason: args.power.reason,
        force: args.force.then_some(true),
        grace_seconds: args.grace,
        fields: args.power.answers.values(client).await?,
    };
    let request = client.vms().stop_vm(id, &key(), &body).await?;
    out.one(&args.power.wait.finish(client, request, out).await?, &FIELDS)
}

pub(super) async fn restore(args: PowerArgs, client: &Client, out: &Output) -> Result<(), Failure> {
    let id = resolve::vm(client, &args.vm).await?;
    let body = PowerVm { reason: args.reason, fields: args.answers.values(client).await? };
    let request = client.lifecycle().restore_vm(id, &key(), &body).await?;
    out.one(&args.wait.finish(client, request, out).await?, &FIELDS)
}

pub(super) async fn purge(args: DeleteArgs, client: &Client, out: &Output) -> Result<(), Failure> {
    let id = resolve::vm(client, &args.power.vm).await?;
    let confirm_name = match args.confirm {
        Some(name) => name,
        None => ask_name(&args.power.vm, out)?,
    };
    let fields = args.power.answers.values(client).await?;
    let body = DeleteVm { reason: args.power.reason, confirm_name, fields };
    let request = client.lifecycle().purge_vm(id, &key(), &body).await?;
    out.one(&args.power.wait.finish(client, request, out).await?, &FIELDS)
}

pub(super) async fn delete(args: DeleteArgs, client: &Client, out: &Output) -> Result<(), Failure> {
    let id = resolve::vm(client, &args.power.vm).await?;
    let confirm_name = match args.confirm {
        Some(name) => name,
        None => ask_name(&args.power.vm, out)?,
    };
    let body = DeleteVm {
        reason: args.power.reason,
        confirm_name,
        fields: args.power.answers.values(client).await?,
    };
    let request = client.vms().delete_vm(id, &key(), &body).await?;
    out.one(&args.power.wait.finish(client, request, out).await?, &FIELDS)
}

fn ask_name(vm: &str, out: &Output) -> Result<String, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::Usage(format!("confirm with --confirm {vm}")));
    }
    out.remark("Type the VM's full name to confirm:");
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).map_err(|error| Failure::local("the terminal", error))?;
    Ok(answer.trim().to_owned())
}

//! `vm console`: the serial console in this terminal.

use std::time::Duration;

use clap::Args;
use shepherd_contract::client::Client;
use shepherd_contract::types::{ConsoleKind, ConsoleTicket, OpenConsole, RequestState};

use crate::fields::Answers;
use crate::wait::until_closed;
use crate::{Failure, Output, resolve, stream, terminal};

/// A person who approves takes longer than a machine.
const PATIENCE: Duration = Duration::from_secs(3600);

#[derive(Debug, Clone, Args)]
pub struct ConsoleArgs {
    /// The VM's full name
    vm: String,
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    answers: Answers,
    /// Use this approved console request instead of asking anew
    #[arg(long)]
    request: Option<String>,
}

pub(super) async fn run(args: ConsoleArgs, client: &Client, out: &Output) -> Result<(), Failure> {
    let ticket = match &args.request {
        Some(number) => {
            let id = resolve::request(client, number).await?;
            client.requests().create_console_ticket(id).await?
        }
        None => ask(&args, client, out).await?,
    };
    let socket = stream::open(client.connection(), &ticket).await?;
    out.remark(&format!("Connected to {}. Ctrl-] leaves.", args.vm));
    terminal::attach(socket, out).await
}

async fn ask(args: &ConsoleArgs, client: &Client, out: &Output) -> Result<ConsoleTicket, Failure> {
    let id = resolve::vm(client, &args.vm).await?;
    let fields = args.answers.clone().values(client).await?;
    let body = OpenConsole { kind: ConsoleKind::Serial, reason: args.reason.clone(), fields };
    let access = client.vms().open_console(id, &body).await?;
    if let Some(ticket) = access.ticket {
        return Ok(ticket);
    }
    out.remark(&format!(
        "R-{} must be approved first; waiting. Ctrl-C stops waiting.",
        access.request.number
    ));
    let request = until_closed(client, access.request.id, PATIENCE, |line| out.remark(line)).await?;
    match request.state {
        RequestState::Succeeded => Ok(client.requests().create_console_ticket(request.id).await?),
        state => Err(Failure::Ended(format!("R-{} is {state}", request.number))),
    }
}

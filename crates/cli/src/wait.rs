//! Waiting for a request to end, saying what happens meanwhile.
//!
//! It asks again twice a second. A stream of events would be quicker by that half second and would need a second way for
//! when it breaks; a person who waits for a boot does not see the difference.

use std::time::{Duration, Instant};

use shepherd_contract::client::Client;
use shepherd_contract::types::{Request, RequestState, StepState};
use shepherd_domain::ids::RequestId;

use crate::{Failure, Output};

const INTERVAL: Duration = Duration::from_millis(500);

/// `--wait` and its limit.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Wait {
    /// Wait until the request has ended, and fail if it did not succeed
    #[arg(long)]
    pub wait: bool,
    /// Stop waiting after so many seconds; the request goes on
    #[arg(long, default_value_t = 600, requires = "wait")]
    pub timeout: u64,
}

impl Wait {
    /// Waits if asked to; what did not succeed is an error.
    pub async fn finish(self, client: &Client, request: Request, out: &Output) -> Result<Request, Failure> {
        if !self.wait {
            return Ok(request);
        }
        let limit = Duration::from_secs(self.timeout);
        let request = until_closed(client, request.id, limit, |line| out.remark(line)).await?;
        match request.state {
            RequestState::Succeeded => Ok(request),
            state => {
                let why = request
                    .failure
                    .as_ref()
                    .map(|f| format!(": {} ({})", f.text, f.code))
                    .unwrap_or_default();
                Err(Failure::Ended(format!("R-{} is {state}{why}", request.number)))
            }
        }
    }
}

/// Looks until the request has ended; `say` gets each new state and step, with the seconds since the beginning.
pub async fn until_closed(
    client: &Client,
    id: RequestId,
    limit: Duration,
    say: impl Fn(&str),
) -> Result<Request, Failure> {
    let start = Instant::now();
    let mut last = String::new();
    loop {
        let request = client.requests().get_request(id).await?;
        let now = describe(client, &request).await?;
        if now != last {
            say(&format!("{:>7.1} s  R-{} {now}", start.elapsed().as_secs_f64(), request.number));
            last = now;
        }
        if closed(request.state) {
            return Ok(request);
        }
        if start.elapsed() >= limit {
            let text =
                format!("R-{} is still {last} after {} s; it goes on", request.number, limit.as_secs());
            return Err(Failure::Ended(text));
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// Whether nothing more will happen to it.
pub fn closed(state: RequestState) -> bool {
    use RequestState as S;
    match state {
        S::Draft | S::Pending | S::ChangesRequested | S::Approved | S::Executing => false,
        S::Succeeded | S::Failed | S::Rejected | S::Cancelled | S::Expired | S::Unknown => true,
    }
}

async fn describe(client: &Client, request: &Request) -> Result<String, Failure> {
    let state = request.state.to_string();
    let Some(operation) = request.operation_id.filter(|_| request.state == RequestState::Executing) else {
        return Ok(state);
    };
    let operation = client.vms().get_operation(operation).await?;
    let step =
        operation.steps.iter().find(|step| matches!(step.state, StepState::Running | StepState::Waiting));
    Ok(step.map_or(state.clone(), |step| format!("{state}: {}", step.name)))
}

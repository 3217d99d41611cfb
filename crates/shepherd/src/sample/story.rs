//! Requests in every state, so that each page has something on it.

use std::time::{Duration, Instant};

use shepherd_contract::types::{
    CancelRequest, DeleteVm, ListVmsQuery, PowerState, PowerVm, Reject, RequestVm, StopVm, VmSummary,
};

use super::Crew;
use super::catalogue::Catalogue;
use super::fleet::{body, body_of};
use super::journal::Journal;
use crate::failure::Failure;

/// How long the fleet may take to run before the story goes on without it.
const PATIENCE: Duration = Duration::from_secs(120);

/// The one real guest: `test-shop-web-01`.
pub async fn real_guest(crew: &Crew, catalogue: &Catalogue, journal: &Journal) -> Result<(), Failure> {
    let greeting = "A real guest, booted by QEMU on your machine";
    let ask = body(
        catalogue,
        "web",
        catalogue.platform.test,
        "small",
        greeting,
        "Sample: try the new checkout page",
    )?;
    once(journal, "real-guest", async || crew.ask_and_approve("real-guest", &ask).await.map(drop)).await
}

/// In the test environment: one waits, one was rejected, one was withdrawn.
pub async fn test_requests(crew: &Crew, catalogue: &Catalogue, journal: &Journal) -> Result<(), Failure> {
    let asks = |service: &str, size: &str, greeting: &str, reason: &str| -> Result<RequestVm, Failure> {
        body(catalogue, service, catalogue.platform.test, size, greeting, reason)
    };
    let waiting = asks("api", "small", "Load test", "Sample: load test of the payment API before the sale")?;
    once(journal, "waiting", async || {
        crew.engineer.requests().request_vm("sample-ask-waiting", &waiting).await?;
        Ok(())
    })
    .await?;
    let large = asks("redis", "medium", "Bigger cache", "Sample: a bigger cache, to be on the safe side")?;
    once(journal, "rejected", async || {
        let request = crew.engineer.requests().request_vm("sample-ask-rejected", &large).await?;
        let reason = "Sample: the cache is a tenth full; please show that it is too small.".to_owned();
        let body = Reject { spec_hash: request.spec_hash, reason };
        crew.approver.requests().reject_request(request.id, "sample-no-rejected", &body).await?;
        Ok(())
    })
    .await?;
    let mistaken = asks("web", "medium", "Mistaken", "Sample: wrong service, sorry")?;
    once(journal, "withdrawn", async || {
        let request = crew.engineer.requests().request_vm("sample-ask-withdrawn", &mistaken).await?;
        let body = CancelRequest { reason: Some("Sample: wrong service".into()) };
        crew.engineer.requests().cancel_request(request.id, "sample-back-withdrawn", &body).await?;
        Ok(())
    })
    .await
}

/// In production, once its VMs run: one stopped, one restarted, a stop and a deletion that wait, and one VM that crashes.
pub async fn production(crew: &Crew, catalogue: &Catalogue, journal: &Journal) -> Result<(), Failure> {
    let crash = body_of(
        catalogue,
        "legacy-linux",
        "api",
        catalogue.platform.prod,
        "small",
        "Old",
        "Sample: the old price feed, until it is rewritten",
    )?;
    once(journal, "crash", async || crew.ask_and_approve("crash", &crash).await.map(drop)).await?;
    let vms = running(crew, catalogue).await?;
    let [stop, restart, wait, delete, ..] = vms.as_slice() else { return Ok(()) };
    once(journal, "stop", async || {
        let body = StopVm {
            reason: Some("Sample: not needed at night".into()),
            force: None,
            grace_seconds: None,
            fields: None,
        };
        let request = crew.engineer.vms().stop_vm(stop.id, "sample-ask-stop", &body).await?;
        crew.approve("stop", &request).await.map(drop)
    })
    .await?;
    once(journal, "restart", async || {
        let body = PowerVm { reason: Some("Sample: takes up the new kernel".into()), fields: None };
        let request = crew.engineer.vms().restart_vm(restart.id, "sample-ask-restart", &body).await?;
        crew.approve("restart", &request).await.map(drop)
    })
    .await?;
    once(journal, "stop-waits", async || {
        let body = StopVm {
            reason: Some("Sample: maintenance tonight".into()),
            force: None,
            grace_seconds: None,
            fields: None,
        };
        crew.engineer.vms().stop_vm(wait.id, "sample-ask-stop-waits", &body).await?;
        Ok(())
    })
    .await?;
    once(journal, "delete-waits", async || {
        let body = DeleteVm {
            reason: Some("Sample: replaced by a newer one".into()),
            confirm_name: delete.name.clone(),
            fields: None,
        };
        let request = crew.engineer.vms().delete_vm(delete.id, "sample-ask-delete-waits", &body).await?;
        // The first of two; the administrator may be the second.
        crew.approve("delete-waits", &request).await.map(drop)
    })
    .await
}

/// A few VMs of production that run, the same ones each time.
async fn running(crew: &Crew, catalogue: &Catalogue) -> Result<Vec<VmSummary>, Failure> {
    let start = Instant::now();
    loop {
        let query = ListVmsQuery {
            namespace_id: Some(catalogue.platform.prod),
            service_id: catalogue.services.get("web").copied(),
            limit: Some(10),
            ..Default::default()
        };
        let mut vms = crew.engineer.vms().list_vms(&query).await?.items;
        vms.sort_by(|a, b| a.name.cmp(&b.name));
        if vms.iter().all(|vm| vm.power == PowerState::Running) || start.elapsed() > PATIENCE {
            return Ok(vms.into_iter().filter(|vm| vm.power == PowerState::Running).collect());
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

async fn once(
    journal: &Journal,
    step: &str,
    act: impl AsyncFnOnce() -> Result<(), Failure>,
) -> Result<(), Failure> {
    if journal.has(step) {
        return Ok(());
    }
    act().await?;
    journal.note(step)
}

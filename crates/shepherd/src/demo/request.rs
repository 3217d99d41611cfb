//! From the wish to a running VM, with the two refusals on the way.

use shepherd_contract::types::{PolicyEffect, PowerState, RequestState, Vm};

use super::stage::Stage;
use super::steps::{Steps, expect, expect_refusal};
use crate::failure::Failure;
use crate::sample::crew::approval;

/// Asks, is refused, is approved, and waits until it runs.
pub async fn first_vm(steps: &Steps, stage: &Stage) -> Result<Vm, Failure> {
    let body = stage.body(stage.small, "Hello from the demo");
    let preflight = steps.step("Preflight: what would happen", async || {
        let preflight = stage.engineer.requests().preflight_vm(&body).await?;
        expect(preflight.problems.is_empty(), || format!("problems: {:?}", preflight.problems))?;
        expect(preflight.outcome == PolicyEffect::Require, || "nobody would have to agree".to_owned())?;
        Ok(preflight)
    });
    let preflight = preflight.await?;
    let cluster =
        preflight.placement.iter().find(|c| c.eligible).map(|c| c.cluster.name.as_str()).unwrap_or_default();
    let needs: Vec<_> = preflight.stages.iter().map(|stage| stage.requirement.text.as_str()).collect();
    steps.note(&format!("{} on the cluster {cluster}. {}", preflight.name, needs.join(" ")));

    let request = steps.step("Ask for it", async || {
        let request = stage.engineer.requests().request_vm("demo-ask-first", &body).await?;
        expect(request.state == RequestState::Pending, || format!("it is {}", request.state))?;
        expect(request.spec_hash == preflight.spec_hash, || {
            "it is not what the preflight judged".to_owned()
        })?;
        Ok(request)
    });
    let request = request.await?;
    steps.note(&format!("R-{}, hash {}...", request.number, &request.spec_hash[..16]));

    let refusal = steps.step("Approve it as its requester: refused", async || {
        let own = approval(&request, "I need it");
        let answer = stage.engineer.requests().approve_request(request.id, "demo-approve-own", &own).await;
        expect_refusal(answer, "SELF_APPROVAL")
    });
    steps.note(&refusal.await?);

    let refusal = steps.step("Approve a hash that is not the request's any more: refused", async || {
        // What the approver may have seen on another page: the same VM, larger.
        let other =
            stage.engineer.requests().preflight_vm(&stage.body(stage.medium, "Hello from the demo")).await?;
        let mut stale = approval(&request, "");
        stale.spec_hash = other.spec_hash;
        let answer =
            stage.approver.requests().approve_request(request.id, "demo-approve-stale", &stale).await;
        expect_refusal(answer, "SPEC_CHANGED")
    });
    steps.note(&refusal.await?);

    steps
        .step("Approve it as the approver", async || {
            let body = approval(&request, "Fine.");
            let request =
                stage.approver.requests().approve_request(request.id, "demo-approve-first", &body).await?;
            let taken = matches!(
                request.state,
                RequestState::Approved | RequestState::Executing | RequestState::Succeeded
            );
            expect(taken, || format!("it is {}", request.state))
        })
        .await?;

    let vm = steps.step("Watch it boot", async || {
        let request = stage.succeeded(steps, &request).await?;
        let id = request.vm.map(|vm| vm.id).ok_or_else(|| Failure::new("DEMO", "the request names no VM"))?;
        let vm = stage.engineer.vms().get_vm(id).await?;
        expect(vm.power == PowerState::Running, || format!("{} is {}", vm.name, vm.power))?;
        Ok(vm)
    });
    let vm = vm.await?;
    steps.note(&format!("{} runs, address {}", vm.name, vm.address.as_deref().unwrap_or("not known yet")));
    Ok(vm)
}

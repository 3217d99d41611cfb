//! Power, a server that dies at the wrong moment, deletion, and the trail of it all.

use std::time::{Duration, Instant};

use shepherd_contract::types::{
    AuditEvent, DeleteVm, ListAuditQuery, ListVmsQuery, ModifyVm, PowerState, PowerVm, Request, RequestState,
    StopVm, Vm,
};

use super::cluster;
use super::stage::{PATIENCE, Stage};
use super::steps::{Steps, expect};
use crate::failure::Failure;
use crate::instance::Instance;
use crate::sample::crew::approval;

/// Stops the VM and starts it again; both flow by rule in an environment that is not protected.
pub async fn stop_and_start(steps: &Steps, stage: &Stage, vm: &Vm) -> Result<(), Failure> {
    let vms = stage.engineer.vms();
    steps
        .step("Stop it", async || {
            let request = vms.stop_vm(vm.id, "demo-stop-first", &StopVm::default()).await?;
            stage.succeeded(steps, &request).await?;
            power(stage, vm, PowerState::Stopped).await
        })
        .await?;
    steps
        .step("Start it again", async || {
            let request = vms.start_vm(vm.id, "demo-start-first", &PowerVm::default()).await?;
            stage.succeeded(steps, &request).await?;
            power(stage, vm, PowerState::Running).await
        })
        .await
}

/// Makes it larger, which needs an approver and tells before what it would mean; it runs on with the new size.
pub async fn modify(steps: &Steps, stage: &Stage, vm: &Vm) -> Result<(), Failure> {
    steps
        .step("Ask for a larger size, see what it means, approve it", async || {
            let lifecycle = stage.engineer.lifecycle();
            let now = stage.engineer.vms().get_vm(vm.id).await?;
            let body = ModifyVm {
                base_revision: now.spec_revision,
                size_version_id: Some(stage.medium),
                disk_bytes: None,
                template_version_id: None,
                variables: None,
                labels: None,
                reason: Some("More visitors".into()),
                fields: None,
            };
            let told = lifecycle.preflight_modify(vm.id, &body).await?;
            expect(!told.changes.is_empty(), || "nothing would change".to_owned())?;
            for change in &told.changes {
                steps.note(&format!("{}: {}", change.field, change.effect));
            }
            let request = lifecycle.modify_vm(vm.id, "demo-modify-first", &body).await?;
            let body = approval(&request, "Fine.");
            stage.approver.requests().approve_request(request.id, "demo-approve-modify", &body).await?;
            stage.succeeded(steps, &request).await?;
            let after = stage.engineer.vms().get_vm(vm.id).await?;
            expect(after.spec_revision > now.spec_revision && after.size.id == stage.medium, || {
                format!("{} is still {}", vm.name, after.size.name)
            })
        })
        .await
}

async fn power(stage: &Stage, vm: &Vm, wanted: PowerState) -> Result<(), Failure> {
    let start = Instant::now();
    loop {
        let now = stage.engineer.vms().get_vm(vm.id).await?.power;
        if now == wanted {
            return Ok(());
        }
        expect(start.elapsed() < PATIENCE, || format!("{} is {now}, not {wanted}", vm.name))?;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Kills the server in the middle of a create: nothing may be lost, nothing doubled.
pub async fn killed_server(steps: &Steps, stage: &Stage, instance: &Instance) -> Result<(), Failure> {
    let request = steps.step("Ask for a second VM, approve it, kill -9 the server at once", async || {
        let body = stage.body(stage.small, "The second");
        let request = stage.engineer.requests().request_vm("demo-ask-second", &body).await?;
        let body = approval(&request, "Fine.");
        let request =
            stage.approver.requests().approve_request(request.id, "demo-approve-second", &body).await?;
        instance.server.kill()?;
        expect(request.state != RequestState::Succeeded, || "the create was over already".to_owned())?;
        Ok(request)
    });
    let request: Request = request.await?;
    let took = steps.step("The server is started again", async || {
        let start = Instant::now();
        while instance.server.ends() == 0 {
            expect(start.elapsed() < PATIENCE, || "the server was not killed".to_owned())?;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        instance.server_ready().await
    });
    took.await?;
    let name = steps
        .step("The create goes on to its end", async || {
            let request = stage.succeeded(steps, &request).await?;
            Ok(request.vm.map(|vm| vm.name).unwrap_or_default())
        })
        .await?;
    let found = steps
        .step("There is exactly one such VM, in Shepherd and in the cluster", async || {
            let query = ListVmsQuery { limit: Some(200), ..Default::default() };
            let known = stage.engineer.vms().list_vms(&query).await?.items;
            let there = cluster::vm_names(instance).await?;
            let once =
                |count: usize, place: &str| expect(count == 1, || format!("{count} times {name} in {place}"));
            once(known.iter().filter(|vm| vm.name == name).count(), "Shepherd")?;
            once(there.iter().filter(|other| **other == name).count(), "the cluster")?;
            expect(known.len() == 2 && there.len() == 2, || {
                format!("{} VMs known, {} there", known.len(), there.len())
            })?;
            Ok(there)
        })
        .await?;
    steps.note(&found.join(", "));
    Ok(())
}

/// Deletes the first VM, which needs an approver again, and then empties the trash of it.
pub async fn delete(steps: &Steps, stage: &Stage, instance: &Instance, vm: &Vm) -> Result<(), Failure> {
    steps
        .step("Ask to delete the first VM, approve it, see it halted in the trash", async || {
            let body = DeleteVm {
                reason: Some("The demo is over".into()),
                confirm_name: vm.name.clone(),
                fields: None,
            };
            let request = stage.engineer.vms().delete_vm(vm.id, "demo-delete-first", &body).await?;
            expect(request.state == RequestState::Pending, || {
                format!("R-{} is {}", request.number, request.state)
            })?;
            let body = approval(&request, "Fine.");
            stage.approver.requests().approve_request(request.id, "demo-approve-delete", &body).await?;
            stage.succeeded(steps, &request).await?;
            let trash = ListVmsQuery { trashed: Some(true), ..Default::default() };
            let trash = stage.engineer.vms().list_vms(&trash).await?.items;
            expect(trash.iter().any(|kept| kept.id == vm.id), || format!("{} is not in the trash", vm.name))?;
            let left = cluster::vm_names(instance).await?;
            expect(left.contains(&vm.name), || format!("{} is not kept in the cluster", vm.name))
        })
        .await?;
    steps
        .step("Ask to remove it from the trash, approve it, see it gone", async || {
            let body = DeleteVm {
                reason: Some("Nobody needs it".into()),
                confirm_name: vm.name.clone(),
                fields: None,
            };
            let request = stage.engineer.lifecycle().purge_vm(vm.id, "demo-purge-first", &body).await?;
            let body = approval(&request, "Fine.");
            stage.approver.requests().approve_request(request.id, "demo-approve-purge", &body).await?;
            stage.succeeded(steps, &request).await?;
            let left = cluster::vm_names(instance).await?;
            expect(!left.contains(&vm.name), || format!("{} is still in the cluster", vm.name))
        })
        .await
}

/// The auditor reads what happened to the first VM.
pub async fn audit(steps: &Steps, stage: &Stage, vm: &Vm) -> Result<(), Failure> {
    let trail = steps.step("Read the audit trail as the auditor", async || {
        let query = ListAuditQuery { vm_id: Some(vm.id), limit: Some(200), ..Default::default() };
        let mut trail = stage.auditor.audit().list_audit(&query).await?.items;
        let query =
            ListAuditQuery { request_id: Some(vm.request_id), limit: Some(200), ..Default::default() };
        trail.extend(stage.auditor.audit().list_audit(&query).await?.items);
        trail.sort_by_key(|event| event.id);
        trail.dedup_by_key(|event| event.id);
        for action in ["request.submit", "request.approve", "console.open"] {
            expect(trail.iter().any(|event| event.action == action), || {
                format!("{action} is not in the trail")
            })?;
        }
        Ok(trail)
    });
    let trail: Vec<AuditEvent> = trail.await?;
    steps.note(&shepherd_cli::audit_table(&trail));
    Ok(())
}

//! What the end of an operation means for its VM and for the quota, in the transaction of that end.
//!
//! After it the ledger says of the VM exactly what its spec and its state say, and nothing is reserved any more.

use serde_json::Value;
use shepherd_domain::ids::RequestId;
use shepherd_domain::quota::{self, Amount};
use shepherd_domain::spec::{self, CreateSpec, ModifySpec, Spec, canonical};
use shepherd_domain::states::RequestOperation;
use shepherd_store::operations::{self, Work};
use shepherd_store::vm_changes::{self, Applied};
use shepherd_store::{Conn, pools, requests, trash, vms};

use super::act::sealed_setup;
use super::finish::End;
use crate::change::Change;
use crate::{Error, Result};

/// A VM whose way out of the trash failed stays there for so long at least.
const KEPT_HOURS: i32 = 24;
/// A purge that failed is tried again after so long.
const PURGE_AGAIN_HOURS: i32 = 1;

pub(super) async fn settle(change: &mut Change<'_>, work: &Work, end: End<'_>) -> Result<()> {
    let vm = work.vm_id;
    let done = matches!(end, End::Succeeded | End::Absent);
    match RequestOperation::from(work.operation.as_str()) {
        RequestOperation::Create => {
            // It may be there also when it failed, so it counts until it is deleted.
            vms::set_state(change.tx(), vm, if done { "active" } else { "failed" }, None).await?;
            shepherd_store::quota::make_live(change.tx(), RequestId(work.cause_id), vm).await?;
        }
        RequestOperation::Modify => modified(change, work, done).await?,
        RequestOperation::Delete if matches!(end, End::Absent) => gone(change, work).await?,
        RequestOperation::Delete if done => {
            trash::put(change.tx(), vm).await?;
            let spec = spec_of(change.tx(), work).await?;
            account(change, work, &quota::trashed(&spec)).await?;
        }
        RequestOperation::Delete => {
            vms::set_state(change.tx(), vm, was(work).unwrap_or("active"), None).await?;
        }
        RequestOperation::Restore => {
            // Once it is no longer halted it is out of the trash, whether its guest came up or not.
            if done || operations::step_acted(change.tx(), work.id, "restore").await? {
                trash::take_out(change.tx(), vm).await?;
                let spec = spec_of(change.tx(), work).await?;
                account(change, work, &quota::amounts(&spec)).await?;
            } else {
                trash::keep(change.tx(), vm, KEPT_HOURS).await?;
            }
            shepherd_store::quota::release_request(change.tx(), RequestId(work.cause_id)).await?;
        }
        RequestOperation::Purge if done => gone(change, work).await?,
        // A member that could not be removed is a member still.
        RequestOperation::Purge if was(work) != Some("trashed") => {
            vms::set_state(change.tx(), vm, was(work).unwrap_or("active"), None).await?;
        }
        RequestOperation::Purge => {
            trash::keep(change.tx(), vm, PURGE_AGAIN_HOURS).await?;
        }
        RequestOperation::Start
        | RequestOperation::Stop
        | RequestOperation::Restart
        | RequestOperation::Pause
        | RequestOperation::Unpause
        | RequestOperation::Console
        | RequestOperation::Join
        | RequestOperation::PoolCreate
        | RequestOperation::PoolChange
        | RequestOperation::PoolDelete
        | RequestOperation::Unknown => {}
    }
    Ok(())
}

/// The state of the books a VM was in before this operation took it up.
pub(super) fn was(work: &Work) -> Option<&str> {
    work.params.get("was").and_then(Value::as_str)
}

async fn gone(change: &mut Change<'_>, work: &Work) -> Result<()> {
    vms::set_state(change.tx(), work.vm_id, "deleted", None).await?;
    account(change, work, &[]).await
}

async fn modified(change: &mut Change<'_>, work: &Work, done: bool) -> Result<()> {
    let request = RequestId(work.cause_id);
    let modify = modify_of(change.tx(), request).await?;
    if done {
        let to = Spec::Create(Box::new(modify.to.clone()));
        let stored = canonical(&to).map_err(|error| Error::Internal(Box::new(error)))?;
        let sealed_setup = sealed_setup(&work.params);
        let applied = Applied {
            vm: work.vm_id,
            template_version: modify.to.template_version_id,
            size_version: modify.to.size_version_id,
            spec: &stored.json,
            manifest: &work.params["manifest"],
            sealed_setup: sealed_setup.as_deref(),
        };
        vm_changes::applied(change.tx(), &applied).await?;
        account(change, work, &quota::amounts(&modify.to)).await?;
    } else if operations::step_acted(change.tx(), work.id, "disk").await? {
        // What has grown stays so; nothing else came of it.
        let disk_bytes = modify.to.disk_bytes;
        vm_changes::disk_grew(change.tx(), work.vm_id, disk_bytes).await?;
        account(change, work, &quota::amounts(&CreateSpec { disk_bytes, ..modify.from })).await?;
    }
    Ok(shepherd_store::quota::release_request(change.tx(), request).await?)
}

async fn account(change: &mut Change<'_>, work: &Work, amounts: &[Amount]) -> Result<()> {
    // What a member takes is reserved with its pool, as long as that lives.
    if pools::of_vm(change.tx(), work.vm_id).await?.is_some() {
        return Ok(());
    }
    let amounts: Vec<(&str, i64)> = amounts.iter().map(|a| (a.dimension.as_str(), a.amount)).collect();
    Ok(shepherd_store::quota::settle_vm(change.tx(), work.vm_id, &amounts).await?)
}

async fn modify_of(conn: &mut Conn, request: RequestId) -> Result<ModifySpec> {
    let row = requests::load(conn, request).await?;
    match spec::from_bytes(&row.spec) {
        Ok(Spec::Modify(modify)) => Ok(*modify),
        Ok(_) => Err(Error::Internal("a change without what it changes".into())),
        Err(error) => Err(Error::Internal(Box::new(error))),
    }
}

async fn spec_of(conn: &mut Conn, work: &Work) -> Result<CreateSpec> {
    let row = vms::load(conn, work.vm_id).await?;
    match spec::from_json(row.spec) {
        Ok(Spec::Create(create)) => Ok(*create),
        Ok(_) => Err(Error::Internal("the spec of a VM is not that of a VM".into())),
        Err(error) => Err(Error::Internal(Box::new(error))),
    }
}

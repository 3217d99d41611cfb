//! The one thing a step does in the cluster. Each may be done twice: the process can die before it is written down.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use shepherd_domain::manifest::Manifest;
use shepherd_domain::plan::ClusterAction;
use shepherd_kubevirt::VmRef;
use shepherd_kubevirt::views::RunStrategy;
use shepherd_store::failpoint;
use shepherd_store::operations::Work;
use shepherd_store::vms::{self, Target};

use crate::links::{ClusterFault, Link};
use crate::{App, Error, Result};

impl App {
    /// The outer error is ours, the inner one the cluster's.
    pub(super) async fn act(
        &self,
        work: &Work,
        target: &Target,
        action: &ClusterAction,
    ) -> Result<Result<(), ClusterFault>> {
        let link = self.link(target.cluster).await?;
        tracing::info!(operation.number = work.number, vm.name = %target.name, ?action, "acting on a cluster");
        let at = |uid: &str| VmRef::new(target.namespace.as_str(), target.name.as_str(), uid);
        let cluster = &link.cluster;
        let done = match action {
            ClusterAction::EnsureNamespace => {
                link.try_call(cluster.ensure_namespace(&target.namespace)).await.map(drop)
            }
            ClusterAction::CreateVm => return self.create(&link, work, target).await,
            ClusterAction::Start { uid } => link.try_call(cluster.start(&at(uid))).await.map(drop),
            ClusterAction::Stop { uid, grace_seconds } => {
                link.try_call(cluster.stop(&at(uid), *grace_seconds)).await.map(drop)
            }
            ClusterAction::Restart { uid } => {
                let instance = work.params.get("instance_uid").and_then(|v| v.as_str());
                link.try_call(cluster.restart(&at(uid), instance, false)).await.map(drop)
            }
            ClusterAction::Pause { uid } => link.try_call(cluster.pause(&at(uid))).await.map(drop),
            ClusterAction::Unpause { uid } => link.try_call(cluster.unpause(&at(uid))).await.map(drop),
            ClusterAction::GrowDisk { uid } => {
                let (claim, bytes) = disk(work)?;
                link.try_call(cluster.grow_claim(&at(uid), &claim, bytes)).await.map(drop)
            }
            ClusterAction::Apply { uid } => {
                let mut manifest: Manifest = serde_json::from_value(work.params["manifest"].clone())?;
                if let Some(sealed) = sealed_setup(&work.params) {
                    manifest.fill(&self.links.open_value(vms::setup_slot(target.id), &sealed)?);
                }
                let both = async {
                    // Before the VM that will read it when it next starts.
                    if let Some(secret) = manifest.owned_secret(uid) {
                        cluster.write_secret(&secret).await?;
                    }
                    cluster.apply_vm(&at(uid), &manifest.vm).await
                };
                link.try_call(both).await.map(drop)
            }
            ClusterAction::Halt { uid } => link.try_call(cluster.power_off_spec(&at(uid))).await.map(drop),
            ClusterAction::Unhalt { uid } => {
                let strategy = RunStrategy::RerunOnFailure;
                link.try_call(cluster.set_run_strategy(&at(uid), &strategy)).await.map(drop)
            }
            ClusterAction::DeleteVm { uid } => link.try_call(cluster.delete_vm(&at(uid))).await.map(drop),
        };
        if done.is_ok() {
            failpoint::pass(failpoint::CLUSTER_ACTED);
        }
        Ok(done)
    }

    /// Creates or finds the VM, keeps its UID, then makes what belongs to it.
    async fn create(&self, link: &Link, work: &Work, target: &Target) -> Result<Result<(), ClusterFault>> {
        let mut manifest: Manifest = serde_json::from_value(target.manifest.clone())?;
        if let Some(sealed) = &target.sealed_setup {
            manifest.fill(&self.links.open_value(vms::setup_slot(target.id), sealed)?);
        }
        let id = target.id.to_string();
        let created = match link.try_call(link.cluster.create_vm(&manifest.vm, &id)).await {
            Ok(created) => created,
            Err(fault) => return Ok(Err(fault)),
        };
        failpoint::pass(failpoint::CLUSTER_ACTED);
        let uid = created.vm().metadata.uid.clone();
        if target.cluster_uid.as_deref() != Some(uid.as_str()) {
            let mut change = self.system_change().await?;
            vms::hold(change.tx(), target.id).await?;
            shepherd_store::operations::still_mine(change.tx(), work).await?;
            vms::set_uid(change.tx(), target.id, &uid).await?;
            change.commit_progress().await?;
        }
        match manifest.owned_secret(&uid) {
            Some(secret) => Ok(link.try_call(link.cluster.ensure_secret(&secret)).await),
            None => Ok(Ok(())),
        }
    }
}

/// What the guest is set up by once it is changed, sealed, where secrets are part of it.
pub(super) fn sealed_setup(params: &Value) -> Option<Vec<u8>> {
    STANDARD.decode(params.get("sealed_setup")?.as_str()?).ok()
}

/// The claim that has to grow, and to how many bytes.
fn disk(work: &Work) -> Result<(String, u64)> {
    let disk = &work.params["disk"];
    match (disk["claim"].as_str(), disk["bytes"].as_u64()) {
        (Some(claim), Some(bytes)) => Ok((claim.to_owned(), bytes)),
        _ => Err(Error::Internal("an operation that grows a disk does not say which".into())),
    }
}

//! What is known of the VM: from the cluster itself where the step is about to act on it, else from the inventory.

use shepherd_domain::plan::{Observed, ObservedVm, Step};
use shepherd_domain::states::PowerState;
use shepherd_store::vms::Target;

use crate::{App, Result};

impl App {
    pub(super) async fn observe(&self, target: &Target, step: Step) -> Result<Observed> {
        match step.reads_cluster() {
            true => self.read_cluster(target).await,
            false => Ok(inventory(target)),
        }
    }

    /// A cluster that does not answer is `Unknown`, and never taken for one without the VM.
    async fn read_cluster(&self, target: &Target) -> Result<Observed> {
        let link = self.link(target.cluster).await?;
        let (namespace, name) = (target.namespace.as_str(), target.name.as_str());
        let both = async {
            let vm = link.cluster.get_vm(namespace, name).await?;
            let instance = match &vm {
                Some(_) => link.cluster.get_vmi(namespace, name).await?,
                None => None,
            };
            Ok((vm, instance))
        };
        let (vm, instance) = match link.try_call(both).await {
            Ok(found) => found,
            Err(_) => return Ok(Observed::Unknown),
        };
        let Some(vm) = vm else { return Ok(Observed::Missing) };
        if vm.metadata.vm_id() != Some(target.id.to_string().as_str()) {
            return Ok(Observed::Foreign);
        }
        let seen = shepherd_kubevirt::observed(Some(&vm), instance.as_ref());
        Ok(Observed::Present(ObservedVm {
            uid: vm.metadata.uid.clone(),
            power: PowerState::from(seen.power.as_str()),
            instance_uid: instance.map(|i| i.metadata.uid.clone()),
            message: seen.message.or_else(|| seen.reason.clone()),
            reason: seen.reason,
        }))
    }
}

fn inventory(target: &Target) -> Observed {
    match (&target.power, &target.seen_uid) {
        (Some(power), Some(uid)) => Observed::Present(ObservedVm {
            uid: uid.clone(),
            power: PowerState::from(power.as_str()),
            instance_uid: target.instance_uid.clone(),
            message: target.message.clone().or_else(|| target.reason.clone()),
            reason: target.reason.clone(),
        }),
        _ if target.watched => Observed::Missing,
        _ => Observed::Unknown,
    }
}

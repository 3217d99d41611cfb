//! Deleting into the trash, and out of it: back into use, or gone for good.

use shepherd_contract::types::{DeleteVm, PowerVm, Request};
use shepherd_domain::authz;
use shepherd_domain::ids::VmId;
use shepherd_domain::spec::{Spec, VmSpec};

use super::asked::Words;
use super::power::typed;
use crate::{App, Cx, Result};

impl App {
    /// Asks to delete a VM: it is stopped and kept in the trash for a time. The name must be typed, and the protection
    /// lifted first.
    pub async fn delete_vm(&self, cx: &Cx, id: VmId, body: DeleteVm) -> Result<Request> {
        let vm = self.vm_for::<authz::DeleteVm>(cx, id).await?;
        typed(&vm, &body.confirm_name)?;
        self.ask(cx, &vm, Spec::Delete(VmSpec { vm_id: id }), Words::new(body.reason, body.fields)).await
    }

    /// Asks to take a VM out of the trash. It takes its share of CPU and memory again; its disks never gave theirs up.
    pub async fn restore_vm(&self, cx: &Cx, id: VmId, body: PowerVm) -> Result<Request> {
        let vm = self.vm_for::<authz::RestoreVm>(cx, id).await?;
        self.ask(cx, &vm, Spec::Restore(VmSpec { vm_id: id }), Words::new(body.reason, body.fields)).await
    }

    /// Asks to remove a VM from the trash before its time. The name must be typed.
    pub async fn purge_vm(&self, cx: &Cx, id: VmId, body: DeleteVm) -> Result<Request> {
        let vm = self.vm_for::<authz::DeleteVm>(cx, id).await?;
        typed(&vm, &body.confirm_name)?;
        self.ask(cx, &vm, Spec::Purge(VmSpec { vm_id: id }), Words::new(body.reason, body.fields)).await
    }
}

//! What a VM goes through after it was made, over HTTP.

use shepherd_app::Cx;
use shepherd_contract::server::lifecycle::LifecycleApi;
use shepherd_contract::types::{DeleteVm, ModifyPreflight, ModifyVm, PowerVm, Request};
use shepherd_domain::ids::VmId;

use crate::Server;
use crate::problems::Fault;

impl LifecycleApi for Server {
    async fn pause_vm(&self, cx: Cx, id: VmId, body: PowerVm) -> Result<Request, Fault> {
        Ok(self.app.pause_vm(&cx, id, body).await?)
    }

    async fn preflight_modify(&self, cx: Cx, id: VmId, body: ModifyVm) -> Result<ModifyPreflight, Fault> {
        Ok(self.app.preflight_modify(&cx, id, body).await?)
    }

    async fn modify_vm(&self, cx: Cx, id: VmId, body: ModifyVm) -> Result<Request, Fault> {
        Ok(self.app.modify_vm(&cx, id, body).await?)
    }

    async fn restore_vm(&self, cx: Cx, id: VmId, body: PowerVm) -> Result<Request, Fault> {
        Ok(self.app.restore_vm(&cx, id, body).await?)
    }

    async fn purge_vm(&self, cx: Cx, id: VmId, body: DeleteVm) -> Result<Request, Fault> {
        Ok(self.app.purge_vm(&cx, id, body).await?)
    }

    async fn unpause_vm(&self, cx: Cx, id: VmId, body: PowerVm) -> Result<Request, Fault> {
        Ok(self.app.unpause_vm(&cx, id, body).await?)
    }
}

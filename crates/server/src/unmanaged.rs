//! VMs that nobody governs, over HTTP.

use shepherd_app::Cx;
use shepherd_app::unmanaged::ListUnmanaged;
use shepherd_contract::server::unmanaged::UnmanagedApi;
use shepherd_contract::types::{ListUnmanagedVmsQuery, UnmanagedVmPage};

use crate::Server;
use crate::problems::Fault;

impl UnmanagedApi for Server {
    async fn list_unmanaged_vms(
        &self,
        cx: Cx,
        query: ListUnmanagedVmsQuery,
    ) -> Result<UnmanagedVmPage, Fault> {
        let ask = ListUnmanaged {
            search: query.q.as_deref(),
            cluster: query.cluster_id,
            environment: query.environment_id,
            namespace: query.namespace.as_deref(),
            power: query.power,
            born_before: query.born_before,
            cursor: query.cursor.as_deref(),
            limit: query.limit,
        };
        Ok(self.app.list_unmanaged_vms(&cx, ask).await?)
    }
}

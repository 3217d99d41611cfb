//! What a request is about and where it belongs, from the columns that say so.

use shepherd_domain::authz::RequestScope;
use shepherd_domain::ids::{EnvironmentId, NamespaceId, PrincipalId, RequestId, ServiceId, SystemId, VmId};
use shepherd_domain::target::{Target, VmPlace};
use sqlx::PgConnection;

use crate::Result;
use crate::request_lists::RequestListRow;
use crate::requests::RequestRow;

/// Where a request belongs, for a check before anything of it is read.
pub async fn scope(conn: &mut PgConnection, id: RequestId) -> Result<(RequestScope, PrincipalId)> {
    let row = sqlx::query!(
        r#"select system_id as "system: SystemId", service_id as "service: ServiceId", vm_id as "vm: VmId",
                  environment_id as "environment: EnvironmentId", namespace_id as "namespace: NamespaceId",
                  requester_id as "requester: PrincipalId"
             from request where id = $1"#,
        id.0,
    )
    .fetch_one(conn)
    .await?;
    let target = target(row.system, row.service, row.environment, row.namespace);
    Ok((RequestScope { request: id, target, vm: row.vm }, row.requester))
}

/// What a row is about: the constraint `request_target` has all of these for a VM, and none but the System otherwise.
fn target(
    system: Option<SystemId>,
    service: Option<ServiceId>,
    environment: Option<EnvironmentId>,
    namespace: Option<NamespaceId>,
) -> Target {
    match (system, service, environment, namespace) {
        (Some(system), Some(service), Some(environment), Some(namespace)) => {
            Target::Vm(VmPlace { system, service, environment, namespace })
        }
        _ => Target::System(system),
    }
}

impl RequestRow {
    /// What it is about.
    pub fn target(&self) -> Target {
        target(self.system_id, self.service_id, self.environment_id, self.namespace_id)
    }
}

/// Where a request that was read belongs.
pub fn place(row: &RequestRow) -> RequestScope {
    RequestScope { request: row.id, target: row.target(), vm: row.vm_id }
}

impl RequestListRow {
    /// What it is about.
    pub fn target(&self) -> Target {
        target(self.system_id, self.service_id, self.environment_id, self.namespace_id)
    }
}

//! Governed VMs as people see them: Shepherd's books joined with what the cluster last said.

use shepherd_contract::types::{
    ClusterRef, NamespaceRef, OperationState, OperationSummary, PersonRef, PoolRef, PowerState,
    RequestOperation, RootDisk, ServiceRef, SizeRef, SystemRef, TemplateVersionRef, UpdateVm, Vm, VmMay,
    VmPage, VmState, VmSummary,
};
use shepherd_domain::authz::{self, Permission, VmScope};
use shepherd_domain::ids::{ClusterId, EnvironmentId, NamespaceId, ServiceId, SystemId, VmId};
use shepherd_domain::names;
use shepherd_store::events::Event;
use shepherd_store::vm_changes;
use shepherd_store::vm_lists::{self, VmFilter};
use shepherd_store::vms::{self as store, VmRow};

use crate::change::{Audit, Begun};
use crate::page::Ask;
use crate::requests::environment_ref;
use crate::{App, Cx, Error, Result};

/// Which VMs.
#[derive(Default)]
pub struct ListVms<'a> {
    pub search: Option<&'a str>,
    pub environment: Option<EnvironmentId>,
    pub system: Option<SystemId>,
    pub service: Option<ServiceId>,
    pub cluster: Option<ClusterId>,
    pub namespace: Option<NamespaceId>,
    pub power: Option<PowerState>,
    pub deleted: bool,
    pub trashed: bool,
    pub cursor: Option<&'a str>,
    pub limit: Option<i32>,
}

impl App {
    /// The VMs the caller may see, by name.
    pub async fn list_vms(&self, cx: &Cx, ask: ListVms<'_>) -> Result<VmPage> {
        let page: Ask<(String, VmId)> = Ask::new("vms", ask.cursor, ask.limit)?;
        let visible = cx.grants.visible(Permission::VmRead);
        let filter = VmFilter {
            system: ask.system,
            service: ask.service,
            environment: ask.environment,
            cluster: ask.cluster,
            namespace: ask.namespace,
            power: ask.power.map(PowerState::as_str),
            search: ask.search,
            deleted: ask.deleted,
            trashed: ask.trashed,
            after: page.after.as_ref().map(|(name, id)| (name.as_str(), *id)),
            ..VmFilter::all(&visible, page.fetch())
        };
        let rows = vm_lists::list(&mut *self.db.acquire().await?, &filter).await?;
        let (rows, next_cursor) = page.cut("vms", rows, |row| (row.name.clone(), row.id))?;
        Ok(VmPage { items: rows.into_iter().map(vm_summary).collect(), next_cursor })
    }

    /// One VM, also a deleted one.
    pub async fn get_vm(&self, cx: &Cx, id: VmId) -> Result<Vm> {
        let scope = store::scope(&mut *self.db.acquire().await?, id).await?;
        let auth = self.authorize::<authz::ReadVm, _>(cx, scope).await?;
        Ok(vm(cx, store::get(&mut *self.db.acquire().await?, &auth).await?))
    }

    /// Sets or lifts the delete protection, and what is written beside the VM.
    pub async fn update_vm(&self, cx: &Cx, id: VmId, version: i64, body: UpdateVm) -> Result<Vm> {
        let scope = store::scope(&mut *self.db.acquire().await?, id).await?;
        let auth = self.authorize::<authz::UpdateVm, _>(cx, scope).await?;
        let before = self.get_vm(cx, id).await?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Ok(before) };
        let text = body.description.as_deref().map(str::trim);
        let new = vm_changes::set(change.tx(), &auth, version, body.delete_protected, text).await?;
        let new = new.ok_or(Error::Stale)?;
        change.event(
            Event::new("vm", id, new)
                .system(scope.system)
                .service(scope.service)
                .environment(scope.environment),
        );
        let entry = Audit::of("vm", id, &before.name)
            .system(scope.system)
            .environment(scope.environment)
            .vm(id)
            .before(serde_json::json!({
                "delete_protected": before.delete_protected, "description": before.description,
            }));
        let after = Vm {
            delete_protected: body.delete_protected.unwrap_or(before.delete_protected),
            description: text.map_or_else(|| before.description.clone(), str::to_owned),
            version: new,
            ..before
        };
        let entry = entry.after(serde_json::json!({
            "delete_protected": after.delete_protected, "description": after.description,
        }));
        change.commit(entry, after).await
    }
}

/// What a VM does: nothing can be said of one the cluster has not listed yet, or does not list any more.
fn power(row: &VmRow) -> PowerState {
    match (&row.power, row.state.as_str()) {
        (Some(power), _) => power.parse().unwrap_or(PowerState::Unknown),
        (None, "creating") => PowerState::Starting,
        (None, "deleted") => PowerState::Missing,
        (None, _) if row.stale => PowerState::Unknown,
        (None, _) => PowerState::Missing,
    }
}

fn short_name(row: &VmRow) -> String {
    names::short_name(&row.name, &row.namespace_name, &row.system_name).to_owned()
}

fn operation(row: &VmRow) -> Option<OperationSummary> {
    let operation: RequestOperation = row.op_operation.as_ref()?.parse().ok()?;
    Some(OperationSummary {
        id: row.op_id?,
        number: row.op_number?,
        operation,
        state: row.op_state.as_ref()?.parse().unwrap_or(OperationState::Unknown),
        step: row.op_step.clone(),
        started_at: row.op_started_at,
    })
}

fn size(row: &VmRow) -> SizeRef {
    SizeRef {
        id: row.size_version_id,
        size_id: row.size_id,
        name: row.size_name.clone(),
        version: row.size_version,
        milli_vcpu: row.milli_vcpu,
        memory_bytes: row.memory_bytes,
        disk_bytes: row.disk_bytes,
    }
}

pub(crate) fn vm_summary(row: VmRow) -> VmSummary {
    VmSummary {
        short_name: short_name(&row),
        power: power(&row),
        size: size(&row),
        operation: operation(&row),
        environment: environment_ref(
            row.environment_id,
            &row.environment_name,
            &row.environment_title,
            row.protected,
            &row.colour,
        ),
        id: row.id,
        name: row.name,
        system: SystemRef { id: row.system_id, name: row.system_name },
        service: ServiceRef { id: row.service_id, name: row.service_name },
        cluster: Some(ClusterRef { id: row.cluster_id, name: row.cluster_name }),
        state: row.state.parse().unwrap_or(VmState::Unknown),
        status_reason: row.status_reason,
        address: row.address,
        observed_at: row.cluster_observed_at,
        stale: row.stale,
        restart_required: row.restart_required,
        purge_at: row.purge_at,
        created_at: row.created_at,
        sample: row.sample,
        version: row.version,
    }
}

fn vm(cx: &Cx, row: VmRow) -> Vm {
    Vm {
        short_name: short_name(&row),
        power: power(&row),
        size: size(&row),
        operation: operation(&row),
        pool: row.pool_id.zip(row.pool_name.clone()).map(|(id, name)| PoolRef { id, name }),
        may: may(cx, &row),
        environment: environment_ref(
            row.environment_id,
            &row.environment_name,
            &row.environment_title,
            row.protected,
            &row.colour,
        ),
        id: row.id,
        name: row.name,
        system: SystemRef { id: row.system_id, name: row.system_name },
        service: ServiceRef { id: row.service_id, name: row.service_name },
        namespace: NamespaceRef { id: row.namespace_id, name: row.namespace_name },
        cluster: Some(ClusterRef { id: row.cluster_id, name: row.cluster_name }),
        template: TemplateVersionRef {
            id: row.template_version_id,
            template_id: row.template_id,
            name: row.template_name,
            version: row.template_version,
        },
        state: row.state.parse().unwrap_or(VmState::Unknown),
        status_reason: row.status_reason,
        status_message: row.status_message,
        address: row.address,
        node: row.node,
        observed_at: row.cluster_observed_at,
        stale: row.stale,
        delete_protected: row.delete_protected,
        restart_required: row.restart_required,
        description: row.description,
        labels: labels(&row.spec),
        spec_revision: row.spec_revision,
        trashed_at: row.trashed_at,
        purge_at: row.purge_at,
        root: row.root.parse().unwrap_or(RootDisk::Persistent),
        created_by: PersonRef {
            id: row.created_by,
            name: row.created_by_name,
            display_name: row.created_by_display,
        },
        created_at: row.created_at,
        deleted_at: row.deleted_at,
        request_id: row.request_id,
        spec: row.spec.as_object().cloned().unwrap_or_default(),
        sample: row.sample,
        version: row.version,
    }
}

fn labels(spec: &serde_json::Value) -> std::collections::BTreeMap<String, String> {
    spec.get("labels").and_then(|labels| serde_json::from_value(labels.clone()).ok()).unwrap_or_default()
}

/// What would be taken up now; the call judges again.
fn may(cx: &Cx, row: &VmRow) -> VmMay {
    let scope = VmScope {
        vm: row.id,
        service: row.service_id,
        system: row.system_id,
        environment: row.environment_id,
    };
    let allowed = |permission| cx.grants.check(permission, &scope).is_ok();
    let active = row.state == "active";
    let power = power(row);
    let up = matches!(
        power,
        PowerState::Running | PowerState::Paused | PowerState::Starting | PowerState::CrashLoop
    );
    // While a VM starts there is nothing yet that a cluster could connect to.
    let there = up && power != PowerState::Starting;
    VmMay {
        start: active && !up && power != PowerState::Stopping && allowed(Permission::VmStart),
        stop: active && up && allowed(Permission::VmStop),
        restart: active && power == PowerState::Running && allowed(Permission::VmRestart),
        pause: active && power == PowerState::Running && allowed(Permission::VmPause),
        unpause: active && power == PowerState::Paused && allowed(Permission::VmPause),
        delete: (active || row.state == "failed") && !row.delete_protected && allowed(Permission::VmDelete),
        modify: active && row.pool_id.is_none() && allowed(Permission::VmUpdate),
        restore: row.state == "trashed" && allowed(Permission::VmRestore),
        purge: row.state == "trashed" && !row.delete_protected && allowed(Permission::VmDelete),
        console: (active || row.state == "creating") && there && allowed(Permission::VmConsole),
        update: row.deleted_at.is_none() && allowed(Permission::VmUpdate),
    }
}

//! Which VMs: a page of a list, by name.
//!
//! What may be seen and what was asked for are decided on few columns, so that a filter that passes over many VMs
//! passes over them quickly; only what is on the page is read whole. Tables whose condition was not asked for drop out
//! of the plan, because PostgreSQL plans this statement with its values.

use shepherd_domain::authz::Visible;
use shepherd_domain::ids::{ClusterId, EnvironmentId, NamespaceId, ServiceId, SystemId, VmId};
use sqlx::PgConnection;

use crate::Result;
use crate::vms::{VmRow, rows};

/// Which VMs.
#[derive(Clone, Debug)]
pub struct VmFilter<'a> {
    pub visible: &'a Visible,
    /// Only these.
    pub ids: Option<&'a [VmId]>,
    pub system: Option<SystemId>,
    pub service: Option<ServiceId>,
    pub environment: Option<EnvironmentId>,
    pub cluster: Option<ClusterId>,
    pub namespace: Option<NamespaceId>,
    pub power: Option<&'a str>,
    pub search: Option<&'a str>,
    pub deleted: bool,
    /// Those in the trash instead of those in use.
    pub trashed: bool,
    /// Only where this principal has a place, and not as they should be.
    pub broken: bool,
    /// The last (name, id) of the page before.
    pub after: Option<(&'a str, VmId)>,
    pub limit: i64,
}

impl<'a> VmFilter<'a> {
    /// Everything visible, one page.
    pub fn all(visible: &'a Visible, limit: i64) -> Self {
        Self {
            visible,
            ids: None,
            system: None,
            service: None,
            environment: None,
            cluster: None,
            namespace: None,
            power: None,
            search: None,
            deleted: false,
            trashed: false,
            broken: false,
            after: None,
            limit,
        }
    }
}

/// By name.
pub async fn list(conn: &mut PgConnection, f: &VmFilter<'_>) -> Result<Vec<VmRow>> {
    let page = page(conn, f).await?;
    if page.is_empty() {
        return Ok(Vec::new());
    }
    rows(conn, &page).await
}

async fn page(conn: &mut PgConnection, f: &VmFilter<'_>) -> Result<Vec<VmId>> {
    let ids = |ids: &[EnvironmentId]| ids.iter().map(|id| id.0).collect::<Vec<_>>();
    let systems: Vec<_> = f.visible.systems.iter().map(|id| id.0).collect();
    let services: Vec<_> = f.visible.services.iter().map(|id| id.0).collect();
    let vms: Vec<_> = f.visible.vms.iter().map(|id| id.0).collect();
    let only = f.ids.map(|ids| ids.iter().map(|id| id.0).collect::<Vec<_>>());
    let page = sqlx::query_scalar!(
        r#"select m.id as "id: VmId"
             from vm m
             left join inventory_vm i on i.vm_id = m.id
            where ($1 or m.environment_id = any($2)
                   or ((m.system_id = any($3) or m.service_id = any($4) or m.id = any($5))
                       and ($6 or m.environment_id = any($7))))
              and $8 = (m.deleted_at is not null)
              and ($8 or $9 = (m.trashed_at is not null))
              and ($10::uuid is null or m.system_id = $10)
              and ($11::uuid is null or m.service_id = $11)
              and ($12::uuid is null or m.environment_id = $12)
              and ($13::uuid is null or m.cluster_id = $13)
              and ($14::uuid is null or m.namespace_id = $14)
              and ($15::text is null or i.power = $15 or ($15 = 'missing' and i.power is null))
              and ($16::text is null or strpos(m.name, lower($16)) > 0
                   or m.id in (select a.vm_id from inventory_vm a where a.address = $16 and a.vm_id is not null))
              and (not $17 or ((m.system_id = any($3) or m.service_id = any($4) or m.id = any($5)) and (m.state = 'failed'
                   or i.power in ('failed', 'crash_loop')
                   or (m.state = 'active' and m.wanted_power = 'running' and coalesce(i.power, 'missing') in ('stopped', 'missing')
                       and not exists (select from operation o where o.vm_id = m.id and o.state in ('queued', 'running', 'waiting'))))))
              and ($18::text is null or (m.name, m.id) > ($18, $19))
              and ($21::uuid[] is null or m.id = any($21))
            order by m.name, m.id
            limit $20"#,
        f.visible.everything,
        &ids(&f.visible.environments),
        &systems,
        &services,
        &vms,
        f.visible.member_everywhere,
        &ids(&f.visible.member_environments),
        f.deleted,
        f.trashed,
        f.system.map(|id| id.0),
        f.service.map(|id| id.0),
        f.environment.map(|id| id.0),
        f.cluster.map(|id| id.0),
        f.namespace.map(|id| id.0),
        f.power,
        f.search,
        f.broken,
        f.after.map(|a| a.0),
        f.after.map(|a| a.1.0),
        f.limit,
        only as Option<Vec<uuid::Uuid>>,
    )
    .fetch_all(conn)
    .await?;
    Ok(page)
}

//! Instance sizes. A version's numbers are never changed: a new version takes its place.
//!
//! What KubeVirt would not take is refused when a version is published; what no cluster could hold is said, because
//! the cluster for it may come later.

use serde_json::json;
use shepherd_contract::types::{
    CreateSize, Gpu, SetCatalogueState, Size, SizeCompute, SizeContent, SizePage, SizeVersion,
    SizeVersionRef, UpdateSize,
};
use shepherd_domain::authz::{self, Platform};
use shepherd_domain::compute::{self, Compute};
use shepherd_domain::ids::{EnvironmentId, SizeId, SizeVersionId};
use shepherd_domain::placement::{ClusterFacts, Demand, fits_nowhere};
use shepherd_domain::reason::Reason;
use shepherd_store::Conn;
use shepherd_store::catalogue::ItemEdit;
use shepherd_store::events::Event;
use shepherd_store::sizes::{self as store, SizeFilter, SizeNumbers, SizeRow, SizeVersionRow};

use crate::catalogue::{environment_of, new_state, scope, state};
use crate::change::{Audit, Begun};
use crate::error::FieldFault;
use crate::page::Ask;
use crate::requests::cluster_facts;
use crate::{App, Cx, Error, Result};

/// Which sizes.
pub struct ListSizes<'a> {
    pub environment: Option<EnvironmentId>,
    pub search: Option<&'a str>,
    pub cursor: Option<&'a str>,
    pub limit: Option<i32>,
}

impl App {
    /// The sizes, by name.
    pub async fn list_sizes(&self, _cx: &Cx, ask: ListSizes<'_>) -> Result<SizePage> {
        let page: Ask<String> = Ask::new("sizes", ask.cursor, ask.limit)?;
        let after = page.after.as_deref();
        let filter = SizeFilter {
            search: ask.search,
            environment: ask.environment,
            after,
            limit: page.fetch(),
            ..SizeFilter::default()
        };
        let rows = store::list(&mut *self.db.acquire().await?, &filter).await?;
        let (rows, next_cursor) = page.cut("sizes", rows, |row| row.name.clone())?;
        Ok(SizePage { items: rows.into_iter().map(size).collect(), next_cursor })
    }

    /// One size with its versions.
    pub async fn get_size(&self, _cx: &Cx, id: SizeId) -> Result<Size> {
        load(&mut *self.db.acquire().await?, id).await
    }

    /// Adds a size with its first version.
    pub async fn create_size(&self, cx: &Cx, body: CreateSize) -> Result<Size> {
        let auth = self.authorize::<authz::ManageCatalogue, _>(cx, Platform).await?;
        let numbers = numbers(&body.content, "/content")?;
        let mut change = match self.change(cx).await? {
            Begun::Fresh(change) => change,
            Begun::Replay(answer) => return Ok(answer),
        };
        let environments = scope(change.tx(), body.environment_ids.as_deref()).await?;
        let item = ItemEdit {
            title: None,
            description: body.description.as_deref(),
            environments: environments.as_deref(),
        };
        let id = store::create(change.tx(), &auth, &body.name, &item).await.map_err(|error| {
            Error::from(error).taken("size_name_key", || {
                Error::field("/name", "NAME_TAKEN", format!("There is a size named {} already.", body.name))
            })
        })?;
        let version = store::publish(change.tx(), &auth, id, &numbers).await?;
        let made = published(change.tx(), id, &numbers).await?;
        change.event(Event::new("size", id, version));
        change.commit(Audit::of("size", id, &made.name).after(&made), made).await
    }

    /// Publishes new numbers.
    pub async fn add_size_version(&self, cx: &Cx, id: SizeId, body: SizeContent) -> Result<Size> {
        let auth = self.authorize::<authz::ManageCatalogue, _>(cx, Platform).await?;
        let numbers = numbers(&body, "")?;
        let mut change = match self.change(cx).await? {
            Begun::Fresh(change) => change,
            Begun::Replay(answer) => return Ok(answer),
        };
        let version = store::publish(change.tx(), &auth, id, &numbers).await?;
        let made = published(change.tx(), id, &numbers).await?;
        change.event(Event::new("size", id, version));
        let entry =
            Audit::of("size", id, &made.name).before(made.versions.get(1)).after(made.versions.first());
        change.commit(entry, made).await
    }

    /// Changes what is said of it and where it may be used.
    pub async fn update_size(&self, cx: &Cx, id: SizeId, version: i64, body: UpdateSize) -> Result<Size> {
        let auth = self.authorize::<authz::ManageCatalogue, _>(cx, Platform).await?;
        let before = self.get_size(cx, id).await?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Ok(before) };
        let environments = scope(change.tx(), body.environment_ids.as_deref()).await?;
        let edit = ItemEdit {
            title: None,
            description: body.description.as_deref(),
            environments: environments.as_deref(),
        };
        let new = store::update(change.tx(), &auth, id, version, &edit).await?.ok_or(Error::Stale)?;
        let after = load(change.tx(), id).await?;
        change.event(Event::new("size", id, new));
        change.commit(Audit::of("size", id, &after.name).before(&before).after(&after), after).await
    }

    /// Deprecates, withdraws or brings back a version.
    pub async fn set_size_version_state(
        &self,
        cx: &Cx,
        id: SizeVersionId,
        body: SetCatalogueState,
    ) -> Result<Size> {
        let auth = self.authorize::<authz::ManageCatalogue, _>(cx, Platform).await?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Err(Error::Stale) };
        let replacement = match body.replacement_id {
            Some(id) => store::version_state(change.tx(), SizeVersionId(id)).await?,
            None => None,
        };
        let new = new_state(&body, id.0, replacement.as_deref())?;
        let done = store::set_state(change.tx(), &auth, id, &new).await?;
        let after = load(change.tx(), done.of).await?;
        change.event(Event::new("size", done.of, done.version));
        let entry = Audit::of("size", done.of, &after.name)
            .before(json!({ "version": done.number, "state": done.before }))
            .after(json!({ "version": done.number, "state": body.state, "message": body.message,
                "replacement_id": body.replacement_id }));
        change.commit(entry, after).await
    }
}

/// Numbers that may be published; faults are at their fields below `at`.
fn numbers(content: &SizeContent, at: &str) -> Result<SizeNumbers> {
    let compute = content.compute.as_ref().map(compute_of).transpose()?.unwrap_or_default();
    let faults = compute.check(content.milli_vcpu, content.memory_bytes);
    if let Some(first) = faults.first() {
        let reason = Reason::new(first.code, first.text.clone());
        let field = |fault: compute::SizeFault| {
            let inside = matches!(fault.pointer.as_str(), "/milli_vcpu" | "/memory_bytes");
            let below = if inside { "" } else { "/compute" };
            FieldFault {
                pointer: format!("{at}{below}{}", fault.pointer),
                code: fault.code,
                text: fault.text,
            }
        };
        return Err(Error::Invalid { reason, fields: faults.into_iter().map(field).collect() });
    }
    Ok(SizeNumbers {
        milli_vcpu: content.milli_vcpu,
        memory_bytes: content.memory_bytes,
        disk_bytes: content.disk_bytes,
        compute,
    })
}

fn compute_of(body: &SizeCompute) -> Result<Compute> {
    let pages = body.hugepages.as_deref().map(str::parse).transpose();
    let gpu = |gpu: &Gpu| compute::Gpu { device: gpu.device.clone(), count: gpu.count };
    Ok(Compute {
        dedicated_cpu: body.dedicated_cpu.unwrap_or_default(),
        request_milli_cpu: body.request_milli_cpu,
        request_memory_bytes: body.request_memory_bytes,
        hugepages: pages.map_err(|_| Error::Internal("pages only the contract knows".into()))?,
        gpus: body.gpus.iter().flatten().map(gpu).collect(),
    })
}

/// The size as it was just published, with what speaks against it.
async fn published(conn: &mut Conn, id: SizeId, numbers: &SizeNumbers) -> Result<Size> {
    let mut made = load(conn, id).await?;
    let scope: Vec<EnvironmentId> = made.environments.iter().map(|environment| environment.id).collect();
    let clusters: Vec<ClusterFacts> = shepherd_store::request_facts::clusters(conn)
        .await?
        .into_iter()
        .map(cluster_facts)
        .filter(|cluster| scope.is_empty() || scope.contains(&cluster.environment_id))
        .collect();
    let demand = Demand {
        environment_id: EnvironmentId(uuid::Uuid::nil()),
        milli_vcpu: numbers.milli_vcpu,
        memory_bytes: numbers.memory_bytes,
        compute: numbers.compute.clone(),
        advanced: Default::default(),
        needs: Default::default(),
        zone: None,
        neighbours: Vec::new(),
        storage: None,
    };
    let mut reasons = fits_nowhere(&demand, &clusters);
    if !reasons.is_empty() {
        reasons.truncate(20);
        let text = "No cluster could hold this size as they are now; requests for it will be refused.";
        let warning = Reason::new("SIZE_FITS_NOWHERE", text).with("reasons", serde_json::to_value(reasons)?);
        made.warnings.push(crate::requests::shown_reason(warning));
    }
    Ok(made)
}

async fn load(conn: &mut Conn, id: SizeId) -> Result<Size> {
    let filter = SizeFilter { id: Some(id), limit: 1, ..SizeFilter::default() };
    store::list(conn, &filter).await?.pop().map(size).ok_or(Error::NotFound)
}

fn size(row: SizeRow) -> Size {
    let version = |row: SizeVersionRow| SizeVersion {
        id: row.id,
        version: row.version,
        state: state(&row.state),
        message: row.message,
        replacement: row.replacement.map(|other| SizeVersionRef {
            id: SizeVersionId(other.id),
            size_id: SizeId(other.of),
            name: other.name,
            version: other.version,
        }),
        milli_vcpu: row.milli_vcpu,
        memory_bytes: row.memory_bytes,
        disk_bytes: row.disk_bytes,
        compute: shown_compute(row.compute),
        created_at: row.created_at,
    };
    Size {
        id: row.id,
        name: row.name,
        description: row.description,
        environments: row.environments.0.into_iter().map(environment_of).collect(),
        versions: row.versions.0.into_iter().map(version).collect(),
        warnings: Vec::new(),
        created_at: row.created_at,
        version: row.version,
    }
}

fn shown_compute(compute: Compute) -> SizeCompute {
    let gpu = |gpu: compute::Gpu| Gpu { device: gpu.device, count: gpu.count };
    SizeCompute {
        dedicated_cpu: Some(compute.dedicated_cpu),
        request_milli_cpu: compute.request_milli_cpu,
        request_memory_bytes: compute.request_memory_bytes,
        hugepages: compute.hugepages.map(|pages| pages.as_str().to_owned()),
        gpus: Some(compute.gpus.into_iter().map(gpu).collect()),
    }
}

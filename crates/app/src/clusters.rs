//! Clusters: register, look at, close to new VMs, give other credentials, remove.
//!
//! A kubeconfig is parsed, allow-listed and rebuilt, and the cluster is asked whether it answers, before any
//! transaction begins. What is kept is its address and one sealed column; the audit gets fingerprints.

use shepherd_contract::types::{
    BreakerState, Capacity, Cluster, ClusterHealth, ClusterMode as Mode, ClusterPage, ClusterPolicy,
    ClusterSignIn, RegisterCluster, RotateCluster, UpdateCluster,
};
use shepherd_domain::authz::{self, Action, Authorized, InEnvironment, Permission, Platform};
use shepherd_domain::ids::{ClusterId, EnvironmentId};
use shepherd_domain::placement;
use shepherd_domain::states::ClusterMode;
use shepherd_jobs::Breaker;
use shepherd_store::Conn;
use shepherd_store::clusters::{self as store, ClusterEdit, ClusterFilter, ClusterRow, NewCluster};
use shepherd_store::events::Event;

use crate::change::{Audit, Begun};
use crate::intake::{Offered, SignIn};
use crate::page::Ask;
use crate::requests::{environment_ref, volume_mode};
use crate::{App, Cx, Error, Result};

/// Which clusters.
pub struct ListClusters<'a> {
    pub environment: Option<EnvironmentId>,
    pub search: Option<&'a str>,
    pub cursor: Option<&'a str>,
    pub limit: Option<i32>,
}

impl App {
    /// The clusters the caller may see, by name.
    pub async fn list_clusters(&self, cx: &Cx, ask: ListClusters<'_>) -> Result<ClusterPage> {
        self.authorize::<authz::ReadCluster, _>(cx, Platform).await?;
        let page: Ask<String> = Ask::new("clusters", ask.cursor, ask.limit)?;
        let filter = ClusterFilter {
            visible: &cx.grants.visible(Permission::ClusterRead),
            id: None,
            environment: ask.environment,
            search: ask.search,
            unwell: false,
            after: page.after.as_deref(),
            limit: page.fetch(),
        };
        let rows = store::list(&mut *self.db.acquire().await?, &filter).await?;
        let (rows, next_cursor) = page.cut("clusters", rows, |row| row.name.clone())?;
        Ok(ClusterPage { items: rows.into_iter().map(|row| self.show_cluster(row)).collect(), next_cursor })
    }

    /// One cluster.
    pub async fn get_cluster(&self, cx: &Cx, id: ClusterId) -> Result<Cluster> {
        self.on_cluster::<authz::ReadCluster>(cx, id).await?;
        self.cluster_seen(&mut *self.db.acquire().await?, cx, id).await
    }

    /// Registers a cluster that answers.
    pub async fn register_cluster(&self, cx: &Cx, body: RegisterCluster) -> Result<Cluster> {
        let auth = self.authorize::<authz::ManageCluster, _>(cx, InEnvironment(body.environment_id)).await?;
        let namespace = {
            let mut conn = self.db.acquire().await?;
            self.known_environment(&mut conn, body.environment_id).await?;
            store::probe_namespace(&mut conn, body.environment_id).await?
        };
        let mode = mode(body.mode.unwrap_or(Mode::Govern));
        let offered =
            Offered::new(&body.name, &SignIn::from(&body), mode, self.links.around(), &namespace).await?;
        let id = ClusterId::new();
        let sealed = self.links.seal(id, &offered.config)?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Err(Error::Stale) };
        let new = NewCluster {
            id,
            name: &body.name,
            mode,
            connection: offered.connection(&sealed),
            sample: body.sample.unwrap_or_default(),
        };
        store::create(change.tx(), &auth, &new).await.map_err(|error| {
            Error::from(error).taken("cluster_name", || {
                Error::field(
                    "/name",
                    "NAME_TAKEN",
                    format!("There is a cluster named {} already.", body.name),
                )
            })
        })?;
        offered.findings.keep(change.tx(), id, None).await?;
        let made = self.cluster_inside(change.tx(), id, body.environment_id).await?;
        change.event(Event::new("cluster", id, made.version).environment(body.environment_id));
        let entry = Audit::of("cluster", id, &made.name).environment(body.environment_id);
        change.commit(entry.after(offered.audited(&made)?), made).await
    }

    /// Opens or closes it to new VMs, says what sizes may ask of it, begins or ends to govern it.
    pub async fn update_cluster(
        &self,
        cx: &Cx,
        id: ClusterId,
        version: i64,
        body: UpdateCluster,
    ) -> Result<Cluster> {
        let auth = self.on_cluster::<authz::ManageCluster>(cx, id).await?;
        let environment = auth.resource().0;
        let policy = body.policy.as_ref().map(|p| placement::ClusterPolicy {
            cpu_overcommit_percent: p.cpu_overcommit_percent,
            memory_overcommit_percent: p.memory_overcommit_percent,
            dedicated_cpu: p.dedicated_cpu,
            hugepages: p.hugepages,
            gpus: p.gpus,
            multus: p.multus,
            advanced: p.advanced,
            storage_classes: p.storage_classes.clone(),
            volume_modes: p.volume_modes.iter().filter_map(|mode| mode.as_str().parse().ok()).collect(),
        });
        let edit =
            ClusterEdit { accepts_vms: body.accepts_vms, policy: policy.as_ref(), mode: body.mode.map(mode) };
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Err(Error::Stale) };
        if edit.mode == Some(ClusterMode::Observe) && store::has_vms(change.tx(), id).await? {
            let text = "This cluster has VMs that are governed; delete them before it is only observed.";
            return Err(Error::conflict("CLUSTER_IN_USE", text));
        }
        let before = self.cluster_inside(change.tx(), id, environment).await?;
        let new = store::update(change.tx(), &auth, id, version, &edit).await?.ok_or(Error::Stale)?;
        let after = self.cluster_inside(change.tx(), id, environment).await?;
        change.event(Event::new("cluster", id, new).environment(environment));
        let entry =
            Audit::of("cluster", id, &after.name).environment(environment).before(&before).after(&after);
        change.commit(entry, after).await
    }

    /// Takes other credentials. They are tried before anything changes; from the commit on each replica connects with
    /// them, and what is under way with the old ones goes on to its end.
    pub async fn rotate_cluster(&self, cx: &Cx, id: ClusterId, body: RotateCluster) -> Result<Cluster> {
        let auth = self.on_cluster::<authz::ManageCluster>(cx, id).await?;
        let environment = auth.resource().0;
        let (before, namespace) = {
            let mut conn = self.db.acquire().await?;
            let before = self.cluster_inside(&mut conn, id, environment).await?;
            (before, store::probe_namespace(&mut conn, environment).await?)
        };
        let sign_in = SignIn::from(&body);
        let offered =
            Offered::new(&before.name, &sign_in, mode(before.mode), self.links.around(), &namespace).await?;
        let sealed = self.links.seal(id, &offered.config)?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Err(Error::Stale) };
        let new = store::rotate(change.tx(), &auth, id, &offered.connection(&sealed)).await?;
        offered.findings.keep(change.tx(), id, None).await?;
        let after = self.cluster_inside(change.tx(), id, environment).await?;
        change.event(Event::new("cluster", id, new).environment(environment));
        let entry = Audit::of("cluster", id, &after.name).environment(environment).before(&before);
        change.commit(entry.after(offered.audited(&after)?), after).await
    }

    /// Removes a cluster without VMs. Its credentials are forgotten.
    pub async fn remove_cluster(&self, cx: &Cx, id: ClusterId) -> Result<()> {
        let auth = self.on_cluster::<authz::ManageCluster>(cx, id).await?;
        let environment = auth.resource().0;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Ok(()) };
        let before = self.cluster_inside(change.tx(), id, environment).await?;
        let Some(version) = store::remove(change.tx(), &auth, id).await? else {
            let text = "This cluster still has VMs; delete them first.";
            return Err(Error::conflict("CLUSTER_IN_USE", text));
        };
        change.event(Event::new("cluster", id, version).environment(environment));
        change
            .commit(Audit::of("cluster", id, &before.name).environment(environment).before(&before), ())
            .await
    }

    /// The check for one cluster. Who may read none does not learn which there are; who may read some learns of those.
    pub(crate) async fn on_cluster<A: Action>(
        &self,
        cx: &Cx,
        id: ClusterId,
    ) -> Result<Authorized<A, InEnvironment>> {
        self.authorize::<A, _>(cx, Platform).await?;
        let environment = store::environment(&mut *self.db.acquire().await?, id).await?;
        let there = authz::Belongs { environment: Some(environment), ..authz::Belongs::default() };
        if !cx.grants.visible(Permission::ClusterRead).covers(&there) {
            return Err(Error::NotFound);
        }
        self.authorize::<A, _>(cx, InEnvironment(environment)).await
    }

    async fn cluster_seen(&self, conn: &mut Conn, cx: &Cx, id: ClusterId) -> Result<Cluster> {
        self.one_cluster(conn, id, &cx.grants.visible(Permission::ClusterRead)).await
    }

    /// The cluster for a caller whose right in its environment was checked.
    async fn cluster_inside(
        &self,
        conn: &mut Conn,
        id: ClusterId,
        environment: EnvironmentId,
    ) -> Result<Cluster> {
        let visible = authz::Visible { environments: vec![environment], ..authz::Visible::nothing() };
        self.one_cluster(conn, id, &visible).await
    }

    async fn one_cluster(&self, conn: &mut Conn, id: ClusterId, visible: &authz::Visible) -> Result<Cluster> {
        let filter = ClusterFilter {
            visible,
            id: Some(id),
            environment: None,
            search: None,
            unwell: false,
            after: None,
            limit: 1,
        };
        let row = store::list(conn, &filter).await?.pop().ok_or(Error::NotFound)?;
        Ok(self.show_cluster(row))
    }

    fn show_cluster(&self, row: ClusterRow) -> Cluster {
        let breaker = match self.links.breaker(row.id) {
            Breaker::Closed => BreakerState::Closed,
            Breaker::Open { .. } => BreakerState::Open,
            Breaker::HalfOpen => BreakerState::HalfOpen,
        };
        let capacity = row.milli_vcpu.zip(row.memory_bytes).map(|(milli_vcpu, memory_bytes)| Capacity {
            milli_vcpu,
            memory_bytes,
            committed_milli_vcpu: row.committed_milli_vcpu,
            committed_memory_bytes: row.committed_memory_bytes,
            unmanaged_milli_vcpu: row.unmanaged_milli_vcpu,
            unmanaged_memory_bytes: row.unmanaged_memory_bytes,
        });
        Cluster {
            id: row.id,
            name: row.name,
            environment: environment_ref(
                row.environment_id,
                &row.environment_name,
                &row.environment_title,
                row.protected,
                &row.colour,
            ),
            api_url: row.api_url,
            mode: row.mode.parse().unwrap_or(Mode::Observe),
            sign_in: row.sign_in.parse().unwrap_or(ClusterSignIn::Kubeconfig),
            rotated_at: row.rotated_at,
            accepts_vms: row.accepts_vms,
            health: row.health.parse().unwrap_or(ClusterHealth::Unknown),
            message: row.message,
            breaker,
            kubevirt_version: row.kubevirt_version,
            observed_at: row.observed_at,
            vm_count: row.vm_count,
            unmanaged_count: row.unmanaged_vms,
            capacity,
            policy: ClusterPolicy {
                cpu_overcommit_percent: row.policy.cpu_overcommit_percent,
                memory_overcommit_percent: row.policy.memory_overcommit_percent,
                dedicated_cpu: row.policy.dedicated_cpu,
                hugepages: row.policy.hugepages,
                gpus: row.policy.gpus,
                multus: row.policy.multus,
                advanced: row.policy.advanced,
                volume_modes: row.policy.volume_modes.iter().copied().map(volume_mode).collect(),
                storage_classes: row.policy.0.storage_classes,
            },
            sample: row.sample,
            created_at: row.created_at,
            version: row.version,
        }
    }
}

fn mode(mode: Mode) -> ClusterMode {
    match mode {
        Mode::Observe => ClusterMode::Observe,
        Mode::Govern => ClusterMode::Govern,
    }
}

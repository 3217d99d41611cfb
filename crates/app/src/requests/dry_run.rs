//! Asking the cluster whether it would take the VM, without making it.
//!
//! Done at submission (an unreachable cluster only delays the question) and again before the last approval (where it
//! must answer: a create is not approved on hope). Never inside a transaction.

use shepherd_domain::ids::{ClusterId, RequestId, VmId};
use shepherd_domain::placement::Candidate;
use shepherd_domain::spec::{self, CreateSpec, ModifySpec, Spec};
use shepherd_kubevirt::VmRef;
use shepherd_store::request_facts::{CreateFacts, KeyRow};
use shepherd_store::{batches, request_facts, vms};

use super::approved::{changed_manifest, place_again, render, shown_values};
use super::create::forecast;
use super::facts::Draft;
use super::view::Whole;
use crate::{App, Error, Result};

/// How many kinds of children of a batch a cluster is asked about.
pub(super) const DRY_RUNS: i64 = 5;

impl App {
    /// At submission: a refusal is told at once; silence is not held against the request.
    pub(super) async fn dry_run_draft(&self, draft: &Draft, cluster: Option<ClusterId>) -> Result<()> {
        let Some(cluster) = cluster else { return Ok(()) };
        self.dry_run_wish(&draft.facts, &draft.create, &draft.keys, cluster).await
    }

    /// The same of what is no draft.
    pub(super) async fn dry_run_wish(
        &self,
        facts: &CreateFacts,
        create: &CreateSpec,
        keys: &[KeyRow],
        cluster: ClusterId,
    ) -> Result<()> {
        let name = forecast(&mut *self.db.acquire().await?, facts).await?;
        let (vm, request) = (VmId::new(), RequestId::new());
        let manifest = render(facts, create, keys, &shown_values(create), &name, vm, request)?;
        let link = self.link(cluster).await?;
        match link.call(link.cluster.dry_run_create(&manifest.vm, &vm.to_string())).await {
            Err(fault) if fault.refused => Err(Error::Invalid { reason: fault.reason, fields: vec![] }),
            // A namespace is made just before the VM, so before that the cluster cannot try.
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Before the last approval of a create or a change: `bytes` are what would be carried out.
    pub(super) async fn dry_run_request(
        &self,
        whole: &Whole,
        bytes: &[u8],
        chosen: Option<ClusterId>,
    ) -> Result<()> {
        let spec = spec::from_bytes(bytes).map_err(|error| Error::Internal(Box::new(error)))?;
        let create = match spec {
            Spec::Create(create) => create,
            Spec::PoolCreate(create) => Box::new(create.pool.member),
            Spec::PoolChange(change) => Box::new(change.to.member),
            Spec::Modify(modify) => {
                let name = whole.row.vm_name.as_deref().unwrap_or_default();
                return self.dry_run_change(modify.vm_id, name, &modify, whole.row.id).await;
            }
            Spec::Batch(_) => return self.dry_run_batch(whole, chosen).await,
            _ => return Ok(()),
        };
        self.dry_run_spec(whole.row.id, &create, chosen).await
    }

    /// Of a batch, a few children that differ in what a cluster would look at.
    async fn dry_run_batch(&self, whole: &Whole, chosen: Option<ClusterId>) -> Result<()> {
        let samples = batches::samples(&mut *self.db.acquire().await?, whole.row.id, DRY_RUNS).await?;
        for bytes in samples {
            let spec = spec::from_bytes(&bytes).map_err(|error| Error::Internal(Box::new(error)))?;
            if let Some(create) = spec.as_create() {
                self.dry_run_spec(whole.row.id, create, chosen).await?;
            }
        }
        Ok(())
    }

    async fn dry_run_spec(
        &self,
        request: RequestId,
        create: &CreateSpec,
        chosen: Option<ClusterId>,
    ) -> Result<()> {
        let mut conn = self.db.acquire().await?;
        let candidates: Vec<Candidate> = place_again(&mut conn, create).await?;
        let cluster = pick(&candidates, chosen)?;
        let facts = super::approved::facts_of(&mut conn, create).await?;
        let keys = request_facts::ssh_keys(&mut conn, &super::facts::key_ids(create)).await?;
        let name = forecast(&mut conn, &facts).await?;
        drop(conn);
        let vm = VmId::new();
        let manifest = render(&facts, create, &keys, &shown_values(create), &name, vm, request)?;
        let link = self.link(cluster).await?;
        match link.call(link.cluster.dry_run_create(&manifest.vm, &vm.to_string())).await {
            Ok(_) => Ok(()),
            Err(fault) if fault.missing_namespace => {
                link.call(link.cluster.ping()).await.map(drop).map_err(Error::from)
            }
            Err(fault) => Err(fault.into()),
        }
    }
}

impl App {
    /// Whether the cluster would take a change of a VM. A refusal is told at once; silence is not held against it,
    /// because work on a VM that is there waits for its cluster.
    pub(super) async fn dry_run_change(
        &self,
        vm: VmId,
        name: &str,
        modify: &ModifySpec,
        request: RequestId,
    ) -> Result<()> {
        let mut conn = self.db.acquire().await?;
        let manifest = changed_manifest(&mut conn, modify, &shown_values(&modify.to), name, request).await?;
        let target = vms::target(&mut conn, vm).await?;
        drop(conn);
        let Some(uid) = &target.cluster_uid else { return Ok(()) };
        let at = VmRef::new(target.namespace.as_str(), target.name.as_str(), uid);
        let link = self.link(target.cluster).await?;
        match link.call(link.cluster.dry_run_apply(&at, &manifest.vm)).await {
            Err(fault) if fault.refused => Err(Error::Invalid { reason: fault.reason, fields: vec![] }),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

/// The cluster an approver chose, or the best; only an eligible one.
pub(super) fn pick(candidates: &[Candidate], chosen: Option<ClusterId>) -> Result<ClusterId> {
    let eligible = |c: &&Candidate| c.eligible && chosen.is_none_or(|id| id == c.cluster_id);
    let found = candidates.iter().find(eligible).map(|c| c.cluster_id);
    found.ok_or_else(|| match chosen {
        Some(_) => Error::field(
            "/cluster_id",
            "NOT_ELIGIBLE",
            "This cluster cannot take the VM now; choose another.",
        ),
        None => {
            // Where a cluster that would do is only silent, say that: waiting helps.
            let silent = candidates
                .iter()
                .find(|c| c.reasons.iter().all(|r| r.code == "CLUSTER_UNREACHABLE") && !c.reasons.is_empty());
            match silent.and_then(|c| c.reasons.first()) {
                Some(reason) => Error::Unavailable { reason: reason.clone(), cause: None },
                None => {
                    Error::conflict("NO_PLACEMENT", "No cluster of this environment can take this VM now.")
                }
            }
        }
    })
}

//! Writing a batch: parent, children and the reservation of all of them in one transaction, or nothing.

use serde_json::json;
use shepherd_contract::types::{Batch, QuotaLine};
use shepherd_domain::batch::root;
use shepherd_domain::fields::Values;
use shepherd_domain::ids::{NamespaceId, RequestId, VmId};
use shepherd_domain::policy::{Input, Judgement, Outcome, Pending};
use shepherd_domain::quota::Amount;
use shepherd_domain::spec::{BatchSpec, CanonicalSpec, Spec, with_fields};
use shepherd_domain::states::RequestOperation;
use shepherd_domain::target::{Target, VmPlace};
use shepherd_store::batches::{self as store, NewChild};
use shepherd_store::quota::{self, Subject, Taken};

use super::super::asker::Asker;
use super::super::facts::{over, quota_exceeded};
use super::super::judge::{Judged, judge_all};
use super::super::submit::{Submission, request_audit, twin, written};
use super::super::view::Whole;
use crate::change::{Begun, Change};
use crate::{App, Cx, Error, Result};

/// What stands once for all children.
pub(super) struct Parent {
    pub of: RequestOperation,
    /// The namespace is that of the first of them.
    pub place: VmPlace,
    pub another: bool,
    pub reason: String,
    pub sample: bool,
    pub quota: Option<(Subject, Vec<QuotaLine>)>,
}

/// One child, judged for itself.
pub(super) struct Child {
    pub label: String,
    pub namespace: NamespaceId,
    pub vm: Option<VmId>,
    pub canonical: CanonicalSpec,
    pub input: Input,
    pub amounts: Vec<Amount>,
}

impl App {
    /// Judges the whole and writes it.
    pub(super) async fn put_batch(
        &self,
        cx: &Cx,
        asker: &Asker,
        parent: Parent,
        mut children: Vec<Child>,
    ) -> Result<Batch> {
        let canonical = spec_of(&parent, &mut children)?;
        let judged = self.judge_batch(&parent, &children).await?;
        if let Some(denied) = judged.denied().first() {
            return Err(Error::Invalid { reason: denied.clone(), fields: vec![] });
        }
        let mut change = match self.change(cx).await? {
            Begun::Fresh(change) => change,
            Begun::Replay(answer) => return Ok(answer),
        };
        self.within_limits(cx, &mut change).await?;
        let mut submission = Submission {
            operation: parent.of,
            requester: asker.id,
            target: Target::Vm(parent.place),
            vm: None,
            vm_version: None,
            canonical: &canonical,
            another: parent.another,
            reason: &parent.reason,
            judged: &judged,
            candidates: &[],
            cluster: None,
            quota: parent.quota.as_ref().map(|(subject, lines)| (*subject, &[][..], lines.as_slice())),
            sample: parent.sample,
        };
        let written = written(&mut change, &submission).await?;
        let id = self.insert(&mut change, &submission, &written).await?;
        let ids = write_children(&mut change, id, &submission, &children).await?;
        // The children reserve, not the whole.
        submission.quota = None;
        self.lay_before_people(&mut change, id, &submission).await?;
        if let Some((subject, _)) = &parent.quota {
            reserve(&mut change, subject, &ids, &children).await?;
        }
        let whole = Whole::load(change.tx(), id).await?;
        let entry = request_audit(&whole, "");
        let shown = self.show_batch(cx, change.tx(), whole).await?;
        change.commit(entry, shown).await
    }

    /// Policy reads each kind of child once, with the sums of the whole.
    pub(super) async fn judge_batch(&self, parent: &Parent, children: &[Child]) -> Result<Judged> {
        let exceeds = parent.quota.as_ref().is_some_and(|(_, lines)| over(lines));
        let mut kinds: Vec<Input> = Vec::new();
        for child in children {
            let input = Input { quota_exceeded: exceeds, ..child.input.clone() };
            if !kinds.contains(&input) {
                kinds.push(input);
            }
        }
        let mut kinds = kinds.into_iter();
        let first = kinds.next().ok_or_else(|| Error::Internal("a batch without children".into()))?;
        judge_all(&mut *self.db.acquire().await?, first, kinds.collect()).await
    }
}

/// What people decide on; and each child's input gets the sums.
pub(super) fn spec_of(parent: &Parent, children: &mut [Child]) -> Result<CanonicalSpec> {
    let sum = |amount: fn(&Input) -> i64| -> i64 {
        children.iter().fold(0, |sum: i64, child| sum.saturating_add(amount(&child.input)))
    };
    let count = i64::try_from(children.len()).unwrap_or(i64::MAX);
    let (milli_vcpu, memory_bytes, disk_bytes) =
        (sum(|i| i.milli_vcpu), sum(|i| i.memory_bytes), sum(|i| i.disk_bytes));
    let spec = BatchSpec {
        of: parent.of,
        system_id: parent.place.system,
        service_id: parent.place.service,
        environment_id: parent.place.environment,
        count,
        milli_vcpu,
        memory_bytes,
        disk_bytes,
        children: root(children.iter().map(|child| (child.label.as_str(), child.canonical.hash))),
    };
    let common = common(children);
    for child in children.iter_mut() {
        let input = &mut child.input;
        (input.milli_vcpu, input.memory_bytes, input.disk_bytes) = (milli_vcpu, memory_bytes, disk_bytes);
        input.copies = count;
    }
    with_fields(&Spec::Batch(spec), &common)
        .map_err(|error| Error::field("", "SPEC_INVALID", error.to_string()))
}

/// The answers that all children give alike.
fn common(children: &[Child]) -> Values {
    let Some((first, rest)) = children.split_first() else { return Values::new() };
    let mut common = first.input.fields.clone();
    common.retain(|name, value| rest.iter().all(|child| child.input.fields.get(name) == Some(value)));
    common
}

async fn write_children(
    change: &mut Change<'_>,
    batch: RequestId,
    parent: &Submission<'_>,
    children: &[Child],
) -> Result<Vec<RequestId>> {
    let ids: Vec<RequestId> = children.iter().map(|_| RequestId::new()).collect();
    let rows = ids.iter().zip(children).zip(1..).map(|((id, child), row)| {
        Ok(NewChild {
            id: *id,
            row,
            label: &child.label,
            namespace: child.namespace,
            vm: child.vm,
            spec: &child.canonical.bytes,
            spec_hash: child.canonical.hash.as_bytes(),
            // Which policies were in force stands with the batch; execution reads those of its own day.
            inputs: json!({ "inputs": { "policies": [], "input": child.input } }),
        })
    });
    let rows: Vec<NewChild<'_>> = rows.collect::<Result<_>>()?;
    let size = i32::try_from(children.len()).unwrap_or(i32::MAX);
    store::mark(change.tx(), batch, size).await?;
    let after = match parent.target.service().filter(|_| parent.another) {
        Some(service) => store::last_copy(change.tx(), parent.requester, service).await?,
        None => 0,
    };
    let verdict = serde_json::to_value(Judgement {
        results: Vec::new(),
        outcome: Outcome::Approval { stages: Vec::new() },
        pending: Pending::default(),
    })?;
    store::insert_children(change.tx(), batch, &rows, after, &verdict).await.map_err(twin)?;
    Ok(ids)
}

async fn reserve(
    change: &mut Change<'_>,
    subject: &Subject,
    ids: &[RequestId],
    children: &[Child],
) -> Result<()> {
    let each = ids.iter().zip(children);
    let all: Vec<Taken<'_>> = each
        .flat_map(|(id, child)| child.amounts.iter().map(|a| (*id, a.dimension.as_str(), a.amount)))
        .collect();
    match quota::reserve_all(change.tx(), subject, &all).await? {
        Some(limit) => {
            let asked = all.iter().filter(|(_, d, _)| *d == limit.dimension).map(|(.., a)| a).sum();
            Err(Error::Invalid { reason: quota_exceeded(&limit, asked), fields: vec![] })
        }
        None => Ok(()),
    }
}

//! What would become of a batch: every fault of its rows, and else what it takes and who would decide. Nothing is kept,
//! and no cluster is asked; that is done when it is handed in.

use shepherd_contract::types::{BatchPreflight, RequestVms, RowFault};
use shepherd_domain::batch;
use shepherd_domain::reason::Reason;

use super::super::approvers::Bench;
use super::super::asker::Asker;
use super::super::create::nobody;
use super::super::judge;
use super::super::view::{effect, reason};
use super::create::Many;
use super::rows::{Refused, most};
use crate::{App, Cx, Error, Result};

impl App {
    /// Judges many VMs that are not asked for yet.
    pub async fn preflight_vms(&self, cx: &Cx, body: RequestVms) -> Result<BatchPreflight> {
        let asker = Asker::caller(cx);
        let first = self.first_of(cx, &body).await?;
        match self.many(cx, &asker, &body, &first).await {
            Ok(many) => self.forecast_batch(cx, many).await,
            Err(Refused::Rows(faults)) => {
                Ok(BatchPreflight { faults: most(faults).into_iter().map(fault).collect(), ..nothing() })
            }
            Err(Refused::Whole(Error::Invalid { reason: why, .. })) => {
                Ok(BatchPreflight { problems: vec![reason(why)], ..nothing() })
            }
            Err(Refused::Whole(error)) => Err(error),
        }
    }

    async fn forecast_batch(&self, cx: &Cx, many: Many) -> Result<BatchPreflight> {
        let Many { parent, mut children, exceeded, .. } = many;
        let canonical = super::submit::spec_of(&parent, &mut children)?;
        let judged = self.judge_batch(&parent, &children).await?;
        let bench = Bench {
            system: Some(parent.place.system),
            environment: Some(parent.place.environment),
            except: &[cx.actor.person],
        };
        let stages = judge::preview(&mut *self.db.acquire().await?, judged.stages(), bench).await?;
        let mut problems: Vec<Reason> = exceeded.into_iter().chain(judged.denied().iter().cloned()).collect();
        let mut orphans = stages.iter().flat_map(|stage| &stage.requirements);
        if let Some(orphan) = orphans.find(|one| one.candidates.is_empty()) {
            problems.push(nobody(&orphan.requirement.text));
        }
        Ok(BatchPreflight {
            size: i32::try_from(children.len()).ok(),
            outcome: Some(effect(judged.judgement.outcome.effect())),
            verdict: judge::verdict(&judged.judgement),
            stages,
            quota: parent.quota.map(|(_, lines)| lines).unwrap_or_default(),
            faults: vec![],
            problems: problems.into_iter().map(reason).collect(),
            spec_hash: Some(canonical.hash.to_string()),
        })
    }
}

/// Where it does not come so far that there is more to tell.
fn nothing() -> BatchPreflight {
    BatchPreflight {
        size: None,
        outcome: None,
        verdict: vec![],
        stages: vec![],
        quota: vec![],
        faults: vec![],
        problems: vec![],
        spec_hash: None,
    }
}

fn fault(fault: batch::RowFault) -> RowFault {
    RowFault {
        row: i32::try_from(fault.row).unwrap_or(i32::MAX),
        column: fault.column,
        code: fault.code.to_owned(),
        text: fault.text,
    }
}

//! Why a request is decided as it is, or would be: each rule with what it read, who can approve now, and what would pass
//! where this does not.
//!
//! What is tried for something that does not pass, in this order, and the first that passes is told: the next smaller
//! sizes, the largest first, then other namespaces that the caller may use, by name. Changes nothing.

use shepherd_contract::types::{
    ExplainPolicy, ExplainedRule, Explanation, OnTimeout, PassingCandidate, PassingKind, PolicyPending,
    ReadInput, RequestVm, Stage, StagePreview,
};
use shepherd_domain::authz::{self, Permission, Platform, ServiceInEnvironment};
use shepherd_domain::ids::RequestId;
use shepherd_domain::policy::{self, Inputs, Judgement};
use shepherd_store::alternatives;

use crate::requests::approvers::Bench;
use crate::requests::view::{effect, reason};
use crate::requests::{Asker, Draft, Judged, judge};
use crate::{App, Cx, Error, Result};

/// How many of each kind are tried.
const TRIED: usize = 5;

impl App {
    /// Explains what policy says of a wish or of an existing request.
    pub async fn explain_policy(&self, cx: &Cx, body: ExplainPolicy) -> Result<Explanation> {
        self.authorize::<authz::ReadPolicies, _>(cx, Platform).await?;
        match (body.vm, body.request_id) {
            (Some(wish), None) => self.explain_wish(cx, wish).await,
            (None, Some(id)) => self.explain_request(cx, id).await,
            _ => {
                let text = "Give either vm, a wish that is not submitted, or request_id.";
                Err(Error::field("/request_id", "ONE_OF_THESE", text))
            }
        }
    }

    async fn explain_wish(&self, cx: &Cx, wish: RequestVm) -> Result<Explanation> {
        let asker = Asker::caller(cx);
        let (draft, judged) = self.draft(cx, &asker, &wish, None).await?;
        let bench = Bench {
            system: Some(draft.facts.system_id),
            environment: Some(draft.facts.environment_id),
            except: &[cx.actor.person],
        };
        let stages = judge::preview(&mut *self.db.acquire().await?, judged.stages(), bench).await?;
        let mut problems = draft.problems.clone();
        problems.extend(judged.denied().iter().cloned());
        let passing = match problems.is_empty() {
            true => None,
            false => self.passing(cx, &asker, &wish, &draft).await?,
        };
        Ok(Explanation {
            stages,
            problems: problems.into_iter().map(reason).collect(),
            passing,
            replayed: None,
            ..explained(&judged.inputs, &judged.judgement)
        })
    }

    /// The judgement of a request as it was stored, made again from what it saw.
    async fn explain_request(&self, cx: &Cx, id: RequestId) -> Result<Explanation> {
        let whole = self.readable(cx, id).await?;
        let inputs = whole.row.inputs.get("inputs").cloned().unwrap_or_default();
        let inputs: Inputs = serde_json::from_value(inputs)?;
        let stored: Judgement = serde_json::from_value(whole.row.verdict.clone())?;
        let again = inputs.judge();
        let shown = self.show_request(cx, &mut *self.db.acquire().await?, whole).await?;
        Ok(Explanation {
            stages: shown.stages.into_iter().map(preview).collect(),
            problems: Vec::new(),
            passing: None,
            replayed: Some(again == stored),
            ..explained(&inputs, &stored)
        })
    }

    /// The first of the alternatives that would be taken up.
    async fn passing(
        &self,
        cx: &Cx,
        asker: &Asker,
        wish: &RequestVm,
        draft: &Draft,
    ) -> Result<Option<PassingCandidate>> {
        let mut conn = self.db.acquire().await?;
        let (cpu, memory) = (draft.facts.milli_vcpu, draft.facts.memory_bytes);
        let sizes = alternatives::smaller_sizes(&mut conn, cpu, memory).await?;
        let spaces =
            alternatives::namespaces(&mut conn, draft.facts.system_id, draft.facts.namespace_id).await?;
        drop(conn);
        for (id, name) in sizes.into_iter().take(TRIED) {
            let other = RequestVm { size_version_id: id, ..wish.clone() };
            if let Some(outcome) = self.passes(cx, asker, &other).await? {
                return Ok(Some(candidate(PassingKind::Size, id.0, name, &outcome)));
            }
        }
        let here = |environment| ServiceInEnvironment {
            service: draft.facts.service_id,
            system: draft.facts.system_id,
            environment,
        };
        let allowed = spaces
            .into_iter()
            .filter(|row| cx.grants.check(Permission::VmCreate, &here(row.environment)).is_ok());
        for row in allowed.take(TRIED) {
            let other = RequestVm { namespace_id: row.id, ..wish.clone() };
            if let Some(outcome) = self.passes(cx, asker, &other).await? {
                return Ok(Some(candidate(PassingKind::Namespace, row.id.0, row.name, &outcome)));
            }
        }
        Ok(None)
    }

    async fn passes(&self, cx: &Cx, asker: &Asker, wish: &RequestVm) -> Result<Option<Judged>> {
        match self.draft(cx, asker, wish, None).await {
            Ok((draft, judged)) => {
                let clear = draft.problems.is_empty() && judged.denied().is_empty();
                Ok(clear.then_some(judged))
            }
            Err(Error::Invalid { .. } | Error::Conflict(_) | Error::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn candidate(kind: PassingKind, id: uuid::Uuid, name: String, judged: &Judged) -> PassingCandidate {
    PassingCandidate { kind, id, name, outcome: effect(judged.judgement.outcome.effect()) }
}

fn explained(inputs: &Inputs, judgement: &Judgement) -> Explanation {
    let rules = judge::verdict(judgement).into_iter().map(|result| {
        let named = |p: &&policy::PolicyVersion| p.policy == result.policy && p.version == result.version;
        let rule = inputs.policies.iter().find(named);
        ExplainedRule {
            condition: rule.and_then(|rule| rule.condition.expression()).map(str::to_owned),
            read: rule
                .map(|rule| policy::read_by(rule, &inputs.input))
                .unwrap_or_default()
                .into_iter()
                .map(read)
                .collect(),
            result,
        }
    });
    Explanation {
        outcome: effect(judgement.outcome.effect()),
        pending: PolicyPending {
            hours: i32::try_from(judgement.pending.hours).unwrap_or(i32::MAX),
            then: match judgement.pending.then {
                policy::OnTimeout::Expire => OnTimeout::Expire,
                policy::OnTimeout::Reject => OnTimeout::Reject,
            },
        },
        rules: rules.collect(),
        stages: Vec::new(),
        problems: Vec::new(),
        passing: None,
        replayed: None,
    }
}

fn read((name, value): (String, serde_json::Value)) -> ReadInput {
    ReadInput { name, value }
}

fn preview(stage: Stage) -> StagePreview {
    StagePreview {
        position: stage.position,
        requirements: stage.requirements,
        requirement: stage.requirement,
        needed: stage.needed,
        candidates: stage.candidates,
    }
}

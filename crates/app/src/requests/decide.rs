//! Approving, rejecting and asking for changes: one person's word, bound to the hash they saw.

use chrono::TimeDelta;
use serde_json::json;
use shepherd_contract::types::{Approve, Reject, Request, RequestChanges};
use shepherd_domain::approval::{self, DecisionEffect, Word};
use shepherd_domain::hash::SpecHash;
use shepherd_domain::ids::{ClusterId, RequestId};
use shepherd_domain::policy::Who;
use shepherd_domain::quota::amounts;
use shepherd_domain::reason::Coded;
use shepherd_domain::spec::{self, CanonicalSpec};
use shepherd_domain::states::{RequestState, Verdict};
use shepherd_store::decisions::{self, NewDecision};
use shepherd_store::quota;
use shepherd_store::requests::{self as store, Move};

use super::batches;
use super::submit::{PENDING_DAYS, end, request_audit, request_event};
use super::view::Whole;
use crate::change::{Begun, Change};
use crate::{App, Cx, Error, Result};

/// What someone says about a request.
struct Said<'a> {
    verdict: Verdict,
    hash: SpecHash,
    comment: &'a str,
    confirm_name: Option<&'a str>,
    cluster: Option<ClusterId>,
    /// What the person makes of it.
    narrowed: Option<CanonicalSpec>,
    sets_aside: bool,
}

impl App {
    /// Approves what the hash names. The last approval also writes what is to be done.
    pub async fn approve_request(&self, cx: &Cx, id: RequestId, body: Approve) -> Result<Request> {
        let mut said = Said {
            verdict: Verdict::Approve,
            hash: hash(&body.spec_hash)?,
            comment: body.comment.as_deref().unwrap_or_default(),
            confirm_name: body.confirm_name.as_deref(),
            cluster: body.cluster_id,
            narrowed: None,
            sets_aside: body.set_aside.unwrap_or(false),
        };
        if said.sets_aside && said.comment.trim().is_empty() {
            let text = "Say why the rule is set aside; it is kept with the decision.";
            return Err(Error::field("/comment", "REASON_NEEDED", text));
        }
        let whole = self.readable(cx, id).await?;
        if let Some(answer) = self.replay(cx).await? {
            return Ok(answer);
        }
        // Whether the person may decide at all comes before what they would make of it.
        let mut effect = self.judge_word(cx, &whole, &said)?;
        if let Some(overrides) = &body.overrides {
            said.narrowed = Some(self.narrowed(&whole, overrides).await?);
            effect = self.judge_word(cx, &whole, &said)?;
        }
        if effect.request == RequestState::Approved {
            // Asked outside the transaction; what it is asked for cannot change, because the hash is checked again.
            let bytes = said.narrowed.as_ref().map_or(whole.effective_bytes(), |narrower| &narrower.bytes);
            self.dry_run_request(&whole, bytes, said.cluster.or(whole.chosen_cluster())).await?;
        }
        self.say(cx, id, &said).await
    }

    /// Refuses, with a reason; the request ends.
    pub async fn reject_request(&self, cx: &Cx, id: RequestId, body: Reject) -> Result<Request> {
        self.readable(cx, id).await?;
        let said = Said {
            verdict: Verdict::Reject,
            hash: hash(&body.spec_hash)?,
            comment: &body.reason,
            confirm_name: None,
            cluster: None,
            narrowed: None,
            sets_aside: false,
        };
        self.say(cx, id, &said).await
    }

    /// Sends it back to its requester, who is told what to change. What it has reserved stays reserved.
    pub async fn request_changes(&self, cx: &Cx, id: RequestId, body: RequestChanges) -> Result<Request> {
        let whole = self.readable(cx, id).await?;
        batches::refuse_change(&whole)?;
        let said = Said {
            verdict: Verdict::RequestChanges,
            hash: hash(&body.spec_hash)?,
            comment: &body.comment,
            confirm_name: None,
            cluster: None,
            narrowed: None,
            sets_aside: false,
        };
        self.say(cx, id, &said).await
    }

    async fn say(&self, cx: &Cx, id: RequestId, said: &Said<'_>) -> Result<Request> {
        let mut change = match self.change(cx).await? {
            Begun::Fresh(change) => change,
            Begun::Replay(answer) => return Ok(answer),
        };
        store::lock(change.tx(), id).await?;
        let before = Whole::load(change.tx(), id).await?;
        let effect = self.judge_word(cx, &before, said)?;
        self.write_word(cx, &mut change, &before, said, &effect).await?;
        let after = Whole::load(change.tx(), id).await?;
        let entry = request_audit(&after, said.comment).before(json!({ "state": before.row.state }));
        let shown = self.show_request(cx, change.tx(), after).await?;
        change.commit(entry, shown).await
    }

    async fn write_word(
        &self,
        cx: &Cx,
        change: &mut Change<'_>,
        whole: &Whole,
        said: &Said<'_>,
        effect: &DecisionEffect,
    ) -> Result<()> {
        let new = NewDecision {
            request: whole.row.id,
            stage: Some(effect.stage_id),
            principal: cx.actor.id,
            person: cx.actor.person,
            verdict: said.verdict.as_str(),
            comment: said.comment,
            spec_hash: said.hash.as_bytes(),
            cluster: said.cluster,
            fulfils: &effect
                .fulfils
                .iter()
                .filter_map(|index| i32::try_from(*index).ok())
                .collect::<Vec<_>>(),
            sets_aside: said.sets_aside,
            effective: said.narrowed.as_ref().map(|n| (n.bytes.as_slice(), n.hash.as_bytes())),
        };
        for stage in &effect.reopens {
            decisions::ask_again(change.tx(), *stage).await?;
        }
        decisions::insert(change.tx(), &new).await?;
        if let Some(narrower) = &said.narrowed {
            give_back(change, whole, &narrower.bytes).await?;
        }
        decisions::set_stage(change.tx(), effect.stage_id, effect.stage_state.as_str()).await?;
        if let Some(next) = effect.activates {
            decisions::set_stage(change.tx(), next, "active").await?;
        }
        match effect.request {
            RequestState::Rejected => end(change, whole, "rejected", None).await,
            RequestState::ChangesRequested => send_to_requester(change, whole).await,
            RequestState::Approved => {
                let decided = Whole::load(change.tx(), whole.row.id).await?;
                self.approved(change, &decided, decided.chosen_cluster()).await
            }
            _ => {
                change.event(request_event(whole, whole.row.version + 1));
                store::touch(change.tx(), whole.row.id).await.map_err(Error::from)
            }
        }
    }

    fn judge_word(&self, cx: &Cx, whole: &Whole, said: &Said<'_>) -> Result<DecisionEffect> {
        let row = &whole.row;
        let holds = |who: &Who| cx.grants.speaks_for(who, row.system_id, row.environment_id);
        let word = Word {
            person: cx.actor.person,
            verdict: said.verdict,
            spec_hash: said.hash,
            confirm_name: said.confirm_name,
            narrowed: said.narrowed.as_ref().map(|narrower| narrower.hash),
            sets_aside: said.sets_aside,
        };
        approval::decide(&whole.rules()?, &word, holds).map_err(|refusal| match refusal {
            approval::Refusal::SelfApproval
            | approval::Refusal::NotAnApprover { .. }
            | approval::Refusal::NothingToSetAside => Error::Forbidden(refusal.reason()),
            approval::Refusal::ConfirmName => {
                Error::field("/confirm_name", refusal.code(), refusal.to_string())
            }
            _ => Error::Conflict(refusal.reason()),
        })
    }
}

async fn send_to_requester(change: &mut Change<'_>, whole: &Whole) -> Result<()> {
    let id = whole.row.id;
    decisions::void_open_stages(change.tx(), id).await?;
    let expires_at = Some(change.now().await? + TimeDelta::days(PENDING_DAYS));
    let to = Move { state: "changes_requested", expires_at, ..Move::default() };
    let version = store::advance(change.tx(), id, &to).await?;
    change.event(request_event(whole, version));
    Ok(())
}

/// Releases what a narrowing leaves unused.
async fn give_back(change: &mut Change<'_>, whole: &Whole, bytes: &[u8]) -> Result<()> {
    let spec = spec::from_bytes(bytes).map_err(|error| Error::Internal(Box::new(error)))?;
    let Some(create) = spec.as_create() else { return Ok(()) };
    let amounts = amounts(create);
    let amounts: Vec<(&str, i64)> = amounts.iter().map(|a| (a.dimension.as_str(), a.amount)).collect();
    quota::amend(change.tx(), whole.row.id, &amounts).await?;
    Ok(())
}

fn hash(text: &str) -> Result<SpecHash> {
    text.parse().map_err(|_| Error::field("/spec_hash", "FORMAT", "A hash is 64 hexadecimal digits."))
}

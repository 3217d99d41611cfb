//! Approving, rejecting and asking for changes: one person's word, bound to the hash they saw.

use chrono::TimeDelta;
use serde_json::json;
use shepherd_contract::types::{Approve, Reject, Request, RequestChanges};
use shepherd_domain::approval::{self, DecisionEffect, Word};
use shepherd_domain::authz::{InEnvironment, Permission};
use shepherd_domain::hash::SpecHash;
use shepherd_domain::ids::{ClusterId, RequestId};
use shepherd_domain::reason::Coded;
use shepherd_domain::states::{RequestState, Verdict};
use shepherd_store::decisions::{self, NewDecision};
use shepherd_store::requests::{self as store, Move};

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
}

impl App {
    /// Approves what the hash names. The last approval also writes what is to be done.
    pub async fn approve_request(&self, cx: &Cx, id: RequestId, body: Approve) -> Result<Request> {
        let said = Said {
            verdict: Verdict::Approve,
            hash: hash(&body.spec_hash)?,
            comment: body.comment.as_deref().unwrap_or_default(),
            confirm_name: body.confirm_name.as_deref(),
            cluster: body.cluster_id,
        };
        let whole = self.readable(cx, id).await?;
        if let Some(answer) = self.replay(cx).await? {
            return Ok(answer);
        }
        let effect = self.judge_word(cx, &whole, &said)?;
        if effect.request == RequestState::Approved {
            // Asked outside the transaction; what it is asked for cannot change, because the hash is checked again.
            self.dry_run_request(&whole, said.cluster).await?;
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
        };
        self.say(cx, id, &said).await
    }

    /// Sends it back to its requester, who is told what to change. What it has reserved stays reserved.
    pub async fn request_changes(&self, cx: &Cx, id: RequestId, body: RequestChanges) -> Result<Request> {
        self.readable(cx, id).await?;
        let said = Said {
            verdict: Verdict::RequestChanges,
            hash: hash(&body.spec_hash)?,
            comment: &body.comment,
            confirm_name: None,
            cluster: None,
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
        };
        decisions::insert(change.tx(), &new).await?;
        decisions::set_stage(change.tx(), effect.stage_id, effect.stage_state.as_str()).await?;
        if let Some(next) = effect.activates {
            decisions::set_stage(change.tx(), next, "active").await?;
        }
        match effect.request {
            RequestState::Rejected => end(change, whole, "rejected", None).await,
            RequestState::Approved => self.approved(change, whole, said.cluster).await,
            RequestState::ChangesRequested => send_to_requester(change, whole).await,
            _ => {
                change.event(request_event(whole, whole.row.version + 1));
                store::touch(change.tx(), whole.row.id).await.map_err(Error::from)
            }
        }
    }

    fn judge_word(&self, cx: &Cx, whole: &Whole, said: &Said<'_>) -> Result<DecisionEffect> {
        let environment = InEnvironment(whole.row.environment_id);
        let holds = |permission: &str| {
            let permission: Option<Permission> = permission.parse().ok();
            permission.is_some_and(|p| cx.grants.check(p, &environment).is_ok())
        };
        let word = Word {
            person: cx.actor.person,
            verdict: said.verdict,
            spec_hash: said.hash,
            confirm_name: said.confirm_name,
        };
        approval::decide(&whole.rules()?, &word, holds).map_err(|refusal| match refusal {
            approval::Refusal::SelfApproval | approval::Refusal::NotAnApprover { .. } => {
                Error::Forbidden(refusal.reason())
            }
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

fn hash(text: &str) -> Result<SpecHash> {
    text.parse().map_err(|_| Error::field("/spec_hash", "FORMAT", "A hash is 64 hexadecimal digits."))
}

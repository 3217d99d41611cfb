//! Withdrawing a request, and ending those nobody decided in time.

use serde_json::json;
use shepherd_contract::types::{CancelRequest, Request};
use shepherd_domain::ids::RequestId;
use shepherd_domain::reason::Reason;
use shepherd_domain::states::{RequestEvent, RequestState};
use shepherd_store::requests as store;

use super::submit::{end, request_audit};
use super::view::Whole;
use crate::change::Begun;
use crate::{App, Cx, Error, Result};

impl App {
    /// Withdraws the caller's own request while nobody has begun to carry it out.
    pub async fn cancel_request(&self, cx: &Cx, id: RequestId, body: CancelRequest) -> Result<Request> {
        self.readable(cx, id).await?;
        let mut change = match self.change(cx).await? {
            Begun::Fresh(change) => change,
            Begun::Replay(answer) => return Ok(answer),
        };
        store::lock(change.tx(), id).await?;
        let whole = Whole::load(change.tx(), id).await?;
        if whole.row.requester_id != cx.actor.id {
            let text = "Only the person who asked can withdraw a request; an approver can reject it.";
            return Err(Error::forbidden("NOT_YOUR_REQUEST", text));
        }
        let state = RequestState::from(whole.row.state.as_str());
        state.apply(RequestEvent::Cancel).map_err(|_| {
            let text =
                format!("This request is {state}; it can be withdrawn only while it waits for a decision.");
            Error::Conflict(Reason::new("NOT_PENDING", text).with("state", state.as_str()))
        })?;
        end(&mut change, &whole, "cancelled", None).await?;
        let after = Whole::load(change.tx(), id).await?;
        let comment = body.reason.unwrap_or_default();
        let entry = request_audit(&after, &comment).before(json!({ "state": whole.row.state }));
        let shown = self.show_request(cx, change.tx(), after).await?;
        change.commit(entry, shown).await
    }

    /// Ends pending requests past their time. Silence never approves. Returns how many ended.
    pub async fn expire_requests(&self) -> Result<usize> {
        let mut ended = 0;
        loop {
            let mut change = self.system_change().await?;
            let Some(id) = store::lock_expired(change.tx(), 1).await?.pop() else { return Ok(ended) };
            let whole = Whole::load(change.tx(), id).await?;
            let reason = Reason::new(
                "NOT_DECIDED_IN_TIME",
                "Nobody decided in time; ask again if it is still needed.",
            );
            end(&mut change, &whole, "expired", Some(&reason)).await?;
            let entry = request_audit(&whole, "").action("request.expire").code("NOT_DECIDED_IN_TIME");
            change.commit(entry, ()).await?;
            ended += 1;
        }
    }
}

//! What people do with a pool inside what was agreed to: how many, rest, go on.

use serde_json::json;
use shepherd_contract::types::{Pool, ScalePool};
use shepherd_domain::authz;
use shepherd_domain::ids::PoolId;
use shepherd_domain::reason::Coded;
use shepherd_store::events::Event;
use shepherd_store::pools::{self, Held};

use super::{stored_spec, wake};
use crate::change::{Audit, Begun, Change};
use crate::{App, Cx, Error, Result};

impl App {
    /// Sets how many members there are to be, within the bounds.
    pub async fn scale_pool(&self, cx: &Cx, id: PoolId, body: ScalePool) -> Result<Pool> {
        let reason = body.reason.unwrap_or_default();
        self.steer(cx, id, async |change, held| {
            stored_spec(&held.spec)?
                .allows(body.desired)
                .map_err(|error| Error::field(error.pointer(), error.code(), error.to_string()))?;
            pools::set_desired(change.tx(), id, body.desired).await?;
            Ok((json!({ "desired": held.desired }), json!({ "desired": body.desired, "reason": reason })))
        })
        .await
    }

    /// Has it rest: nothing is done about its members until it is resumed.
    pub async fn pause_pool(&self, cx: &Cx, id: PoolId) -> Result<Pool> {
        self.rest_or_go_on(cx, id, true).await
    }

    /// Lets it go on.
    pub async fn resume_pool(&self, cx: &Cx, id: PoolId) -> Result<Pool> {
        self.rest_or_go_on(cx, id, false).await
    }

    async fn rest_or_go_on(&self, cx: &Cx, id: PoolId, paused: bool) -> Result<Pool> {
        self.steer(cx, id, async |change, held| {
            pools::set_paused(change.tx(), id, paused).await?;
            Ok((json!({ "paused": held.paused }), json!({ "paused": paused })))
        })
        .await
    }

    /// `act` answers with how it was and how it is.
    pub(super) async fn steer(
        &self,
        cx: &Cx,
        id: PoolId,
        act: impl AsyncFnOnce(&mut Change<'_>, &Held) -> Result<(serde_json::Value, serde_json::Value)>,
    ) -> Result<Pool> {
        let scope = pools::scope(&mut *self.db.acquire().await?, id).await?;
        self.authorize::<authz::UpdateVm, _>(cx, scope).await?;
        let mut change = match self.change(cx).await? {
            Begun::Fresh(change) => change,
            Begun::Replay(answer) => return Ok(answer),
        };
        let held = pools::hold(change.tx(), id).await?;
        if held.state != "active" {
            return Err(not_active(&held.state));
        }
        let (before, after) = act(&mut change, &held).await?;
        wake(change.tx(), id).await?;
        change.event(
            Event::new("pool", id, held.version + 1)
                .system(scope.system)
                .service(scope.service)
                .environment(scope.environment),
        );
        let entry = Audit::of("pool", id, &held.name)
            .system(scope.system)
            .environment(scope.environment)
            .before(before)
            .after(after);
        let shown = self.show_pool(cx, change.tx(), id).await?;
        change.commit(entry, shown).await
    }
}

/// The refusal of what only a pool in use can have done to it.
pub(crate) fn not_active(state: &str) -> Error {
    let reason = shepherd_domain::reason::Reason::new("POOL_NOT_ACTIVE", format!("The pool is {state}."));
    Error::Conflict(reason.with("state", state))
}

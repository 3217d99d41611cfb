//! How much may be asked for at a time: by one person, and by all together.
//!
//! A limit holds for a person with all service accounts that act for them, on every replica, because what is counted are
//! requests and not calls. Whoever is over one is told when to come back (429). A batch counts once here; how many of its
//! children are carried out at a time is the dispatcher's to keep. Exemptions are named, reasoned, may end by themselves,
//! and are audited like the limits.

use std::time::Duration;

use serde_json::json;
use shepherd_contract::types::{
    ExemptFromLimits, LimitExemption, LimitExemptionList, Limits, PersonRef, UpdateLimits,
};
use shepherd_domain::authz::{self, Platform};
use shepherd_domain::ids::PrincipalId;
use shepherd_domain::reason::Reason;
use shepherd_store::limits::{self as store, ExemptionRow, LimitsRow};
use shepherd_store::people;

use crate::change::{Audit, Begun, Change};
use crate::{App, Cx, Error, Result};

/// What is pending ends when people decide; when that is nobody knows.
const UNKNOWN_WAIT: Duration = Duration::from_secs(300);

impl App {
    /// Whether the caller may hand in one more.
    pub(crate) async fn within_limits(&self, cx: &Cx, change: &mut Change<'_>) -> Result<()> {
        let limits = store::get(change.tx()).await?;
        let now = store::count(change.tx(), cx.actor.person, &limits).await?;
        let over = |count: i64, limit: Option<i32>| limit.filter(|limit| count >= i64::from(*limit));
        let refusal = if let Some(limit) = over(now.hourly, limits.hourly_per_person) {
            let wait = Duration::from_secs_f64(now.seconds.unwrap_or_default().clamp(0.0, 3600.0));
            let minutes = wait.as_secs() / 60 + 1;
            let text =
                format!("You have handed in {limit} requests within an hour; come back in {minutes} min.");
            (Reason::new("TOO_MANY_SUBMISSIONS", text).with("limit", limit).with("minutes", minutes), wait)
        } else if let Some(limit) = over(now.mine, limits.pending_per_person) {
            let text = format!(
                "{limit} of your requests wait for a decision; come back when one is decided, or cancel one."
            );
            (Reason::new("TOO_MANY_PENDING", text).with("limit", limit), UNKNOWN_WAIT)
        } else if let Some(limit) = over(now.in_all, limits.pending_in_all) {
            let text = format!(
                "{limit} requests of everybody wait for a decision, which is the most there may be; come back later."
            );
            (Reason::new("TOO_MANY_PENDING_IN_ALL", text).with("limit", limit), UNKNOWN_WAIT)
        } else {
            return Ok(());
        };
        if store::is_exempt(change.tx(), [cx.actor.id, cx.actor.person]).await? {
            return Ok(());
        }
        let (reason, retry_after) = refusal;
        Err(Error::Throttled { reason, retry_after })
    }

    /// The limits in force.
    pub async fn get_limits(&self) -> Result<Limits> {
        Ok(limits(store::get(&mut *self.db.acquire().await?).await?))
    }

    /// Sets them.
    pub async fn update_limits(&self, cx: &Cx, version: i64, body: UpdateLimits) -> Result<Limits> {
        self.authorize::<authz::ManageLimits, _>(cx, Platform).await?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Err(Error::Stale) };
        let before = store::get(change.tx()).await?;
        let new = LimitsRow {
            pending_per_person: body.pending_per_person,
            pending_in_all: body.pending_in_all,
            hourly_per_person: body.hourly_per_person,
            in_flight_per_person: body.in_flight_per_person,
            in_flight_in_all: body.in_flight_in_all,
            version,
        };
        let version = store::set(change.tx(), &new).await?.ok_or(Error::Stale)?;
        let (before, after) = (limits(before), limits(LimitsRow { version, ..new }));
        let entry = Audit::about("limits").before(&before).after(&after);
        change.commit(entry, after).await
    }

    /// For whom the limits do not hold.
    pub async fn list_limit_exemptions(&self, cx: &Cx) -> Result<LimitExemptionList> {
        self.authorize::<authz::ReadAudit, _>(cx, Platform).await?;
        let rows = store::exemptions(&mut *self.db.acquire().await?, None).await?;
        Ok(LimitExemptionList { items: rows.into_iter().map(exemption).collect() })
    }

    /// Exempts somebody.
    pub async fn exempt_from_limits(
        &self,
        cx: &Cx,
        who: PrincipalId,
        body: ExemptFromLimits,
    ) -> Result<LimitExemption> {
        self.authorize::<authz::ManageLimits, _>(cx, Platform).await?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Err(Error::Stale) };
        let name = people::reference(change.tx(), who).await?.name;
        let now = change.now().await?;
        if body.until.is_some_and(|until| until <= now) {
            let text = "Give a time that is still to come, or none.";
            return Err(Error::field("/until", "IN_THE_PAST", text));
        }
        store::exempt(change.tx(), who, &body.reason, body.until, cx.actor.id).await?;
        let row = store::exemptions(change.tx(), Some(who)).await?.pop().ok_or(Error::NotFound)?;
        let entry =
            Audit::of("principal", who, name).after(json!({ "reason": row.reason, "until": row.until }));
        change.commit(entry, exemption(row)).await
    }

    /// Lets the limits hold for somebody again.
    pub async fn end_limit_exemption(&self, cx: &Cx, who: PrincipalId) -> Result<()> {
        self.authorize::<authz::ManageLimits, _>(cx, Platform).await?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Err(Error::Stale) };
        let row = store::exemptions(change.tx(), Some(who)).await?.pop().ok_or(Error::NotFound)?;
        store::end_exemption(change.tx(), who).await?;
        let entry = Audit::of("principal", who, row.name);
        change.commit(entry.before(json!({ "reason": row.reason, "until": row.until })), ()).await
    }
}

fn limits(row: LimitsRow) -> Limits {
    Limits {
        pending_per_person: row.pending_per_person,
        pending_in_all: row.pending_in_all,
        hourly_per_person: row.hourly_per_person,
        in_flight_per_person: row.in_flight_per_person,
        in_flight_in_all: row.in_flight_in_all,
        version: row.version,
    }
}

fn exemption(row: ExemptionRow) -> LimitExemption {
    LimitExemption {
        principal: PersonRef { id: row.id, name: row.name, display_name: row.display_name },
        reason: row.reason,
        until: row.until,
        created_by: PersonRef { id: row.by_id, name: row.by_name, display_name: row.by_display },
        created_at: row.created_at,
    }
}

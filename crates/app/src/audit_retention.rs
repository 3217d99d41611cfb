//! Letting what old events say expire, by class and month, each batch with an event that says so in its transaction.
//!
//! Not part of serving: the server's database role cannot do it. An operator runs it, now and then, as another role.

use serde_json::json;
use shepherd_domain::audit::retention::Keep;
use shepherd_domain::audit::{AuditRecord, seal};
use shepherd_domain::states::AuditOutcome;
use shepherd_store::audit_retention::{self as store, MonthRow};
use shepherd_store::{Db, audit, audit_words, clock};

use crate::change::By;
use crate::{Error, Result};

/// Events of one transaction.
const BATCH: i64 = 5000;

/// What expired, or would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpiredMonth {
    pub class: &'static str,
    /// Such as `2026-01`.
    pub month: String,
    pub events: u64,
}

/// Lets expire what is older than these settings say; with `only_look` nothing is changed. Safe to interrupt and repeat.
pub async fn expire(db: &Db, settings: &[Keep], only_look: bool) -> Result<Vec<ExpiredMonth>> {
    let mut expired = Vec::new();
    for keep in settings {
        let (class, months) = (keep.class.as_str(), i32::try_from(keep.months).unwrap_or(i32::MAX));
        let old = store::months(&mut *db.acquire().await?, class, months).await?;
        for month in old {
            let events = match only_look {
                true => month.events.unsigned_abs(),
                false => expire_month(db, keep, &month).await?,
            };
            expired.push(ExpiredMonth { class, month: name(&month), events });
        }
    }
    if !only_look && !expired.is_empty() {
        let mut tx = db.begin().await?;
        audit_words::forget_unused(&mut tx).await?;
        tx.commit().await?;
    }
    Ok(expired)
}

async fn expire_month(db: &Db, keep: &Keep, month: &MonthRow) -> Result<u64> {
    let mut all = 0;
    loop {
        let mut tx = db.begin().await?;
        let events = store::expire(&mut tx, keep.class.as_str(), month.month, BATCH).await?;
        if events == 0 {
            tx.rollback().await?;
            return Ok(all);
        }
        let by = By::system();
        let after = json!({ "class": keep.class.as_str(), "month": name(month), "kept_months": keep.months, "events": events });
        let record = AuditRecord {
            actor_id: by.id,
            actor_name: by.name,
            resource_kind: "audit".into(),
            after: Some(after),
            ..AuditRecord::new(clock::now(&mut tx).await?, "audit.expire", AuditOutcome::Success)
        };
        audit::insert(&mut tx, &seal(record).map_err(Error::from)?).await?;
        tx.commit().await?;
        all += events;
    }
}

fn name(month: &MonthRow) -> String {
    month.month.format("%Y-%m").to_string()
}

//! Blanking what old events say. Runs as a role that can do nothing else; a trigger sees to it that only sealed events
//! expire, whole, and after a year at least. The row and its leaf stay.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::{Result, Tx};

/// The role to act as.
pub const RETENTION_ROLE: &str = "shepherd_retention";

/// A month of one class that has something to expire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthRow {
    /// Its first moment.
    pub month: DateTime<Utc>,
    pub events: i64,
}

/// The months before the current one, less `months`, in which something of the class is kept.
pub async fn months(conn: &mut PgConnection, class: &str, months: i32) -> Result<Vec<MonthRow>> {
    let rows = sqlx::query_as!(
        MonthRow,
        r#"select date_trunc('month', a.at, 'UTC') as "month!", count(*) as "events!"
             from audit_event a
            where a.at < date_trunc('month', app_now(), 'UTC') - make_interval(months => $2) and a.expired_at is null
              and exists (select from audit_leaf l where l.event_id = a.id)
              and $1 = case when a.action like 'session.%' then 'sign-in' when a.outcome = 'denied' then 'denied'
                            when a.action like 'audit.%' then 'read' else 'change' end
            group by 1 order by 1"#,
        class,
        months,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// Lets at most `limit` events of a class and month expire; answers how many.
pub async fn expire(tx: &mut Tx, class: &str, month: DateTime<Utc>, limit: i64) -> Result<u64> {
    let done = sqlx::query!(
        "update audit_event set before = null, after = null, canonical = null, source_address = null, actor_name = '',
                resource_name = '', expired_at = app_now()
          where id in (
            select a.id from audit_event a
             where a.at >= $2 and a.at < $2 + interval '1 month' and a.expired_at is null
               and exists (select from audit_leaf l where l.event_id = a.id)
               and $1 = case when a.action like 'session.%' then 'sign-in' when a.outcome = 'denied' then 'denied'
                             when a.action like 'audit.%' then 'read' else 'change' end
             limit $3)",
        class,
        month,
        limit,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

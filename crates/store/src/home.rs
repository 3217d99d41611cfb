//! What concerns one person now, in numbers.

use shepherd_domain::ids::{PrincipalId, RequestId};
use sqlx::PgConnection;

use crate::Result;

/// Counts stop here: nobody reads on, and the page stays as fast with more.
pub const MOST: i64 = 1000;

/// What waits for a person, and what they wait for.
#[derive(Clone, Debug)]
pub struct HomeRow {
    /// Requests the person could decide; at most [`MOST`].
    pub waiting_for_me: i64,
    /// Requests of theirs that are open; at most [`MOST`].
    pub my_open: i64,
    /// The ten of the former that wait longest, oldest first.
    pub oldest: Vec<RequestId>,
}

/// For someone who speaks for these (`Grants::words`). What waits is what [`crate::requests::list`] says
/// waits for them.
pub async fn get(conn: &mut PgConnection, me: PrincipalId, words: &[String]) -> Result<HomeRow> {
    let row = sqlx::query_as!(
        HomeRow,
        r#"with waiting as (
             select r.id, r.number from request r
               join request_stage g on g.request_id = r.id and g.state = 'active'
              where r.state = 'pending' and r.requester_id <> $1
                and exists (select from unnest(g.who) w where w = any($2) or w || '@' || r.environment_id = any($2)
                                                           or w || '@' || r.system_id = any($2))
                and not exists (select from decision d where d.request_id = r.id and d.person_id = $1 and not d.void)
              order by r.number
              limit $3)
           select (select count(*) from waiting) as "waiting_for_me!",
                  array(select id from waiting order by number limit 10) as "oldest!: Vec<RequestId>",
                  (select count(*) from (select from request r where r.requester_id = $1 and r.batch_id is null
                      and r.state in ('pending', 'changes_requested', 'approved', 'executing') limit $3) o) as "my_open!""#,
        me.0,
        words,
        MOST,
    )
    .fetch_one(conn)
    .await?;
    Ok(row)
}

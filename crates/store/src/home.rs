//! What concerns one person now, in numbers.

use shepherd_domain::ids::{EnvironmentId, PrincipalId, RequestId};
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

/// For someone who approves `everywhere` or in some environments. What waits is what [`crate::requests::list`] says
/// waits for them.
pub async fn get(
    conn: &mut PgConnection,
    me: PrincipalId,
    everywhere: bool,
    environments: &[EnvironmentId],
) -> Result<HomeRow> {
    let environments: Vec<_> = environments.iter().map(|id| id.0).collect();
    let row = sqlx::query_as!(
        HomeRow,
        r#"with waiting as (
             select r.id, r.number from request r
              where r.state = 'pending' and r.requester_id <> $1 and ($2 or r.environment_id = any($3))
                and not exists (select from decision d where d.request_id = r.id and d.person_id = $1 and not d.void)
              order by r.number
              limit $4)
           select (select count(*) from waiting) as "waiting_for_me!",
                  array(select id from waiting order by number limit 10) as "oldest!: Vec<RequestId>",
                  (select count(*) from (select from request r where r.requester_id = $1
                      and r.state in ('pending', 'changes_requested', 'approved', 'executing') limit $4) o) as "my_open!""#,
        me.0,
        everywhere,
        &environments,
        MOST,
    )
    .fetch_one(conn)
    .await?;
    Ok(row)
}

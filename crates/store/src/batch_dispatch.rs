//! Whose child is begun next.
//!
//! People take turns, however many batches each has: the one whose last turn is longest ago and who has room gets the next,
//! within a person the oldest batch and the first of its rows. One dispatcher chooses at a time, over all replicas, under the
//! lock of the limits' row; it is held for the one transaction that begins one child, never over a network call.

use shepherd_domain::ids::{ClusterId, PrincipalId, RequestId};

use crate::{Result, Tx};

/// A child whose turn it is; its row is locked.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    pub child: RequestId,
    pub batch: RequestId,
    /// The person answerable for it.
    pub person: PrincipalId,
    /// Where the approver wants it.
    pub cluster: Option<ClusterId>,
}

/// The next child, if anything waits and there is room.
pub async fn next(tx: &mut Tx) -> Result<Option<Turn>> {
    let room = sqlx::query!(
        "select in_flight_per_person as each, in_flight_in_all as \"all\" from request_limit for update"
    )
    .fetch_one(&mut **tx)
    .await?;
    // A statement of its own: it sees what was begun while this one waited.
    let turn = sqlx::query_as!(
        Turn,
        r#"with running as (
             select coalesce(p.owner_id, p.id) as person, count(*) as n
               from request c join principal p on p.id = c.requester_id
              where c.batch_id is not null and c.state in ('approved', 'executing') group by 1
           ), waiting as (
             select coalesce(p.owner_id, p.id) as person, min(b.number) as number
               from request b join principal p on p.id = b.requester_id
              where b.batch_size is not null and b.state in ('approved', 'executing')
                and exists (select from request c where c.batch_id = b.id and c.state = 'pending') group by 1
           )
           select c.id as "child!: RequestId", c.batch_id as "batch!: RequestId", w.person as "person!: PrincipalId",
                  c.cluster_id as "cluster: ClusterId"
             from waiting w
             left join running r on r.person = w.person
             left join batch_turn t on t.person_id = w.person
             cross join lateral (select c.id, c.batch_id, b.cluster_id from request b join request c on c.batch_id = b.id
                   where b.number = w.number and c.state = 'pending' order by c.batch_row limit 1) c
            where coalesce(r.n, 0) < $1 and (select coalesce(sum(n), 0)::bigint from running) < $2
            order by coalesce(t.turn, 0), w.number limit 1"#,
        i64::from(room.each),
        i64::from(room.all),
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(turn) = turn else { return Ok(None) };
    // Called off meanwhile: it is found gone the next time.
    let held = sqlx::query_scalar!(
        "select id from request where id = $1 and state = 'pending' for update",
        turn.child.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    match held {
        Some(_) => Ok(Some(turn)),
        None => Box::pin(next(tx)).await,
    }
}

/// Writes that a person had a turn, and that the child was begun; the batch is under way from its first child on.
pub async fn taken(tx: &mut Tx, turn: &Turn) -> Result<()> {
    sqlx::query!(
        "insert into batch_turn (person_id, turn) select $1, coalesce(max(turn), 0) + 1 from batch_turn
         on conflict (person_id) do update set turn = excluded.turn",
        turn.person.0,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!("update request set batch_tries = batch_tries + 1 where id = $1", turn.child.0)
        .execute(&mut **tx)
        .await?;
    sqlx::query!(
        "update request set state = 'executing', version = version + 1 where id = $1 and state = 'approved'",
        turn.batch.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

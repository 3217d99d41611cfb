//! Asking members of pools whether they serve.
//!
//! Every replica looks for pools whose round is due and takes some; a round is one replica's for a while (see
//! `store::pool_health`). Members are asked at the same time, within bounds per pool and in all; nothing is locked and no
//! transaction is open meanwhile. What they said is written in one statement, and a pool whose members changed for better
//! or worse is woken. What an answer means is `domain::pool::health`'s to say, what is done about it the planner's.

mod ask;
mod http;
mod networks;
mod seats;
mod tls;
mod way;

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use shepherd_domain::pool::CheckAnswer;
use shepherd_domain::reason::Reason;
use shepherd_store::events::Event;
use shepherd_store::pool_health::{self as store, Heard, Round};
use shepherd_store::{clock, pools};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use networks::CheckNetworks;

use super::{stored_spec, wake};
use crate::{App, Result};
use ask::Asker;
use seats::Seats;

/// How often it is looked whether a round is due.
const TICK: Duration = Duration::from_millis(500);
/// Rounds of one replica at a time.
const ROUNDS: usize = 16;
/// For how long a round is taken. Who does not finish by then loses it.
const TAKEN: Duration = Duration::from_secs(120);
/// Until when members are asked; those who had no turn come first in the next round.
const ASKING: Duration = Duration::from_secs(100);
/// Members of one pool that are asked at a time.
const OF_A_POOL: usize = 32;

impl App {
    /// Has members of pools asked until told to stop.
    pub async fn check_pools_forever(self, stop: CancellationToken) {
        let seats = Arc::new(Seats::new());
        let mut rounds = JoinSet::new();
        let mut timer = tokio::time::interval(TICK);
        timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                // Rounds that are cut off are taken up by another replica when their time is over.
                () = stop.cancelled() => return,
                _ = timer.tick() => {}
            }
            while rounds.try_join_next().is_some() {}
            let free = ROUNDS.saturating_sub(rounds.len());
            match self.take_rounds(free).await {
                Ok(due) => due.into_iter().for_each(|round| {
                    rounds.spawn(self.clone().round_of_checks(round, Arc::clone(&seats)));
                }),
                Err(error) => {
                    tracing::warn!(code = error.code(), %error, "no round of checks could be taken")
                }
            }
        }
    }

    async fn take_rounds(&self, free: usize) -> Result<Vec<Round>> {
        if free == 0 {
            return Ok(vec![]);
        }
        let limit = i64::try_from(free).unwrap_or(0);
        Ok(store::take(&mut *self.db.acquire().await?, limit, TAKEN.as_secs_f64()).await?)
    }

    async fn round_of_checks(self, round: Round, seats: Arc<Seats>) {
        if let Err(error) = self.ask_members(round, seats).await {
            tracing::warn!(code = error.code(), %error, pool = %round.pool, "a round of checks failed");
        }
    }

    async fn ask_members(&self, round: Round, seats: Arc<Seats>) -> Result<()> {
        let (spec, targets) = {
            let mut conn = self.db.acquire().await?;
            let spec = stored_spec(&pools::load(&mut conn, round.pool).await?.spec)?;
            (spec, store::targets(&mut conn, round.pool).await?)
        };
        let checks = spec.upkeep.health;
        let asker = Asker::new(self, &checks, &targets, seats).await;
        let asking = futures::stream::iter(targets)
            .map(|target| async {
                let answer = asker.ask(&target).await;
                (target, answer)
            })
            .buffer_unordered(OF_A_POOL)
            .take_until(tokio::time::sleep(ASKING))
            .filter_map(|(target, answer)| async { answer.map(|answer| (target, answer)) })
            .collect::<Vec<_>>();
        let answers = asking.await;
        let mut change = self.system_change().await?;
        let now = clock::now(change.tx()).await?;
        let (mut moved, mut shown) = (false, false);
        let mut heard = Vec::with_capacity(answers.len());
        for (target, CheckAnswer { outcome, said }) in answers {
            let before = target.memory.verdict;
            let memory = target.memory.after(outcome, &checks, now);
            moved |= memory.verdict != before;
            shown |= target.code.as_deref() != Some(said.code.as_ref());
            heard.push(Heard {
                vm: target.vm,
                instance_uid: target.instance_uid,
                memory,
                said: serde_json::to_value(said)?,
            });
        }
        if !store::heard(change.tx(), &round, next(&round, checks.interval_seconds), &heard).await? {
            tracing::warn!(pool = %round.pool, "a round of checks was overtaken and counts for nothing");
            return Ok(());
        }
        if moved {
            wake(change.tx(), round.pool).await?;
        }
        if moved || shown {
            let at = pools::scope(change.tx(), round.pool).await?;
            let event = Event::new("pool", round.pool, 0);
            change.event(event.system(at.system).service(at.service).environment(at.environment));
        }
        change.commit_progress().await
    }
}

/// Seconds until the next round: a tenth more or less than was agreed, so that pools that began together drift apart.
fn next(round: &Round, interval: i64) -> f64 {
    let spread = (round.pool.0.as_u128() as u64 ^ round.epoch.unsigned_abs())
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        >> 54;
    #[expect(clippy::cast_precision_loss, reason = "both are small")]
    let seconds = interval as f64 * (0.9 + 0.2 * spread as f64 / 1023.0);
    seconds
}

/// The cluster's part of the way did not work: nothing is known of the member.
fn cluster_away(detail: impl Into<String>) -> CheckAnswer {
    let text = "Its cluster does not answer, so it could not be asked.";
    CheckAnswer::unasked(Reason::new("CHECK_CLUSTER_AWAY", text).with("detail", detail.into()))
}

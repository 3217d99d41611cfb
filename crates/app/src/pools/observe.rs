//! A pool as it is seen now, in the planner's terms.

use chrono::{DateTime, Utc};
use shepherd_domain::ids::PoolId;
use shepherd_domain::pool::{self, Hand, Health, Member, Observed, Plan, PoolSpec, Rolling, Upkeep};
use shepherd_domain::states::{PowerState, VmState};
use shepherd_store::pool_health;
use shepherd_store::pool_work::{self, MemberRow};
use shepherd_store::pools::{self, PoolRow};
use shepherd_store::{Conn, clock};

use super::rollout::under_way;
use super::stored_spec;
use crate::Result;

/// A pool with its members, at a time.
pub(super) struct Seen {
    pub row: PoolRow,
    pub spec: PoolSpec,
    pub rows: Vec<MemberRow>,
    pub observed: Observed,
    pub now: DateTime<Utc>,
}

impl Seen {
    /// Reads it.
    pub async fn read(conn: &mut Conn, id: PoolId) -> Result<Self> {
        let row = pools::load(conn, id).await?;
        let spec = stored_spec(&row.spec)?;
        let rows = pool_work::members(conn, id).await?;
        let places = pool_work::places(conn, id).await?;
        let now = clock::now(conn).await?;
        let leaves = row.state == "deleting";
        let observed = Observed {
            revision: row.member_revision,
            rolling: row.rollout_since.filter(|_| under_way(&row)).map(|since| Rolling {
                since,
                paused: row.rollout_paused,
                back: row.before_member.is_some(),
                behind_since: row.rollout_behind_since,
            }),
            desired: if leaves { 0 } else { row.desired },
            max: spec.max,
            paused: row.paused,
            members: rows.iter().map(|row| member(row, !spec.upkeep.health.is_empty())).collect(),
            places: places.into_iter().collect(),
        };
        Ok(Self { row, spec, rows, observed, now })
    }

    /// What is to be done about it now.
    pub fn plan(&self) -> Plan {
        pool::plan(&self.upkeep(), &self.observed, self.now)
    }

    /// People agreed that a pool which is deleted loses all it has.
    fn upkeep(&self) -> Upkeep {
        let upkeep = self.spec.upkeep.clone();
        match self.row.state.as_str() {
            "deleting" => Upkeep { unmanaged: false, disposable_disks: true, min_healthy: 0, ..upkeep },
            _ => upkeep,
        }
    }
}

fn member(row: &MemberRow, checked: bool) -> Member {
    let memory = checked.then_some(row);
    Member {
        vm: row.vm,
        ordinal: row.ordinal,
        revision: row.revision,
        state: VmState::from(row.state.as_str()),
        reachable: row.reachable,
        power: row.power.as_deref().map(PowerState::from),
        since: row.since,
        created_at: row.created_at,
        held: row.held,
        protected: row.delete_protected,
        persistent: row.root == "persistent",
        leaving: row.leaving,
        health: match checked {
            true => pool_health::verdict(row.verdict.as_deref()),
            false => Health::Unchecked,
        },
        failing_since: memory.and_then(|row| row.failing_since),
        serving_since: memory.and_then(|row| row.serving_since),
        hand: match row.hand.as_deref() {
            None => Hand::Nobody,
            Some("pool") => Hand::Pool,
            Some(_) => Hand::Other,
        },
    }
}

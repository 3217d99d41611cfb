//! The quota ledger against what requests and VMs say that it must be.

use serde_json::Value;
use shepherd_domain::ids::RequestId;
use shepherd_domain::pool::PoolSpec;
use shepherd_domain::quota::{
    Amount, LedgerRow, LedgerState, amounts, discrepancies, expected_state, growth, restored,
};
use shepherd_domain::spec::{self, Spec};
use shepherd_domain::states::{RequestState, VmState};
use sqlx::PgConnection;

use super::rows;

/// A request for a pool: its id, state and spec, the spec and state of the pool it became, and what its members were before
/// a rollout that is under way.
type PoolBook = (uuid::Uuid, String, Value, Option<Value>, Option<String>, Option<Value>);

pub(super) async fn faults(books: &mut PgConnection) -> Vec<String> {
    let found: Vec<(uuid::Uuid, String, i64, String)> =
        rows(books, "select request_id, dimension, amount, state from quota_ledger").await;
    let found: Vec<LedgerRow> = found
        .into_iter()
        .map(|(request, dimension, amount, state)| LedgerRow {
            request_id: RequestId(request),
            dimension: dimension.parse().expect("a dimension"),
            amount,
            state: state.parse().expect("a state"),
        })
        .collect();
    // What a VM takes is what it is now; what is only asked for, what was asked for less what approvers took away.
    let requests: Vec<(uuid::Uuid, String, Value, Option<String>)> = rows(
        books,
        "select r.id, r.state, coalesce(m.spec,
                  (select convert_from(d.effective_spec, 'UTF8')::jsonb from decision d
                    where d.request_id = r.id and not d.void and d.effective_spec is not null
                    order by d.at desc, d.id desc limit 1), r.spec_json), m.state
             from request r left join vm m on m.id = r.vm_id where r.operation = 'vm.create' and r.batch_size is null",
    )
    .await;
    let mut expected: Vec<LedgerRow> = requests.into_iter().flat_map(expected_rows).collect();
    let open: Vec<(uuid::Uuid, Value, Value)> = rows(
        books,
        "select r.id, r.spec_json, m.spec from request r join vm m on m.id = r.vm_id
          where r.operation in ('vm.modify', 'vm.restore')
            and r.state in ('pending', 'changes_requested', 'approved', 'executing')",
    )
    .await;
    expected.extend(open.into_iter().flat_map(reserved_rows));
    let pools: Vec<PoolBook> = rows(
        books,
        "select r.id, r.state, r.spec_json, p.spec, p.state,
                case when p.rollout_since is not null and p.rollout_done_at is null then p.before_member end
           from request r left join pool p on p.request_id = r.id where r.operation = 'pool.create'",
    )
    .await;
    expected.extend(pools.into_iter().flat_map(pool_rows));
    let changes: Vec<(uuid::Uuid, Value)> = rows(
        books,
        "select id, spec_json from request where operation = 'pool.change'
            and state in ('pending', 'changes_requested', 'approved', 'executing')",
    )
    .await;
    expected.extend(changes.into_iter().flat_map(pool_growth));
    discrepancies(&found, &expected).iter().map(|fault| format!("the ledger: {fault:?}")).collect()
}

fn expected_rows((id, state, spec, vm): (uuid::Uuid, String, Value, Option<String>)) -> Vec<LedgerRow> {
    let spec = spec::from_json(spec).expect("a stored spec");
    let spec = spec.as_create().expect("the spec of a new VM");
    let row = |amount: Amount| LedgerRow {
        request_id: RequestId(id),
        dimension: amount.dimension,
        amount: amount.amount,
        state: expected_state(
            RequestState::from(state.as_str()),
            vm.as_deref().map(VmState::from),
            amount.dimension,
        ),
    };
    amounts(spec).into_iter().map(row).collect()
}

/// What a pool holds, or an open request for one.
fn pool_rows((id, state, asked, now, pool, before): PoolBook) -> Vec<LedgerRow> {
    let Spec::PoolCreate(asked) = spec::from_json(asked).expect("a stored spec") else {
        panic!("the spec of a new pool")
    };
    let spec = now.map_or(asked.pool, |spec| serde_json::from_value(spec).expect("the spec of a pool"));
    let before = before.map(|member| spec.of(serde_json::from_value(member).expect("the spec of a member")));
    let state = match (pool.as_deref(), RequestState::from(state.as_str()).is_open()) {
        (Some("deleted"), _) | (None, false) => LedgerState::Released,
        (Some(_), _) => LedgerState::Live,
        (None, true) => LedgerState::Reserved,
    };
    let row =
        |Amount { dimension, amount }| LedgerRow { request_id: RequestId(id), dimension, amount, state };
    PoolSpec::amounts_of_all([Some(&spec), before.as_ref()].into_iter().flatten())
        .into_iter()
        .map(row)
        .collect()
}

/// What an open change of a pool holds beside what the pool does.
fn pool_growth((id, asked): (uuid::Uuid, Value)) -> Vec<LedgerRow> {
    let Spec::PoolChange(change) = spec::from_json(asked).expect("a stored spec") else {
        panic!("the spec of a changed pool")
    };
    let row = |Amount { dimension, amount }| LedgerRow {
        request_id: RequestId(id),
        dimension,
        amount,
        state: LedgerState::Reserved,
    };
    change.from.growth(&change.to).into_iter().map(row).collect()
}

/// What an open change or restore holds beside what its VM takes.
fn reserved_rows((id, asked, vm): (uuid::Uuid, Value, Value)) -> Vec<LedgerRow> {
    let held = match spec::from_json(asked).expect("a stored spec") {
        Spec::Modify(modify) => growth(&modify.from, &modify.to),
        Spec::Restore(_) => restored(spec::from_json(vm).expect("a stored spec").as_create().expect("a VM")),
        other => panic!("{other:?} holds nothing"),
    };
    let row = |Amount { dimension, amount }| LedgerRow {
        request_id: RequestId(id),
        dimension,
        amount,
        state: LedgerState::Reserved,
    };
    held.into_iter().map(row).collect()
}

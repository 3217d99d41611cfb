//! The quota ledger against what requests and VMs say that it must be.

use serde_json::Value;
use shepherd_domain::ids::RequestId;
use shepherd_domain::quota::{LedgerRow, amounts, discrepancies, expected_state};
use shepherd_domain::spec;
use shepherd_domain::states::{RequestState, VmState};
use sqlx::PgConnection;

use super::rows;

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
    let requests: Vec<(uuid::Uuid, String, Value, Option<String>)> = rows(
        books,
        "select r.id, r.state, coalesce(
                  (select convert_from(d.effective_spec, 'UTF8')::jsonb from decision d
                    where d.request_id = r.id and not d.void and d.effective_spec is not null
                    order by d.at desc, d.id desc limit 1), r.spec_json), m.state
             from request r left join vm m on m.id = r.vm_id where r.operation = 'vm.create'",
    )
    .await;
    let expected: Vec<LedgerRow> = requests.into_iter().flat_map(expected_rows).collect();
    discrepancies(&found, &expected).iter().map(|fault| format!("the ledger: {fault:?}")).collect()
}

fn expected_rows((id, state, spec, vm): (uuid::Uuid, String, Value, Option<String>)) -> Vec<LedgerRow> {
    let spec = spec::from_json(spec).expect("a stored spec");
    let spec = spec.as_create().expect("the spec of a new VM");
    let state = expected_state(RequestState::from(state.as_str()), vm.as_deref().map(VmState::from));
    let row = |amount: shepherd_domain::quota::Amount| LedgerRow {
        request_id: RequestId(id),
        dimension: amount.dimension,
        amount: amount.amount,
        state,
    };
    amounts(spec).into_iter().map(row).collect()
}

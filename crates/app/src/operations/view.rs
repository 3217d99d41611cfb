//! Operations as the contract shows them.

use std::collections::HashMap;

use shepherd_contract::types::{
    Operation, OperationPage, OperationState, OperationStep, Reason, StepState, VmRef,
};
use shepherd_domain::authz;
use shepherd_domain::ids::{OperationId, VmId};
use shepherd_store::operations::{self as store, OperationRow, StepRow};
use shepherd_store::vms;

use crate::page::Ask;
use crate::{App, Cx, Error, Result};

impl App {
    /// The work done on a VM, newest first.
    pub async fn list_vm_operations(
        &self,
        cx: &Cx,
        vm: VmId,
        cursor: Option<&str>,
        limit: Option<i32>,
    ) -> Result<OperationPage> {
        let page: Ask<i64> = Ask::new("operations", cursor, limit)?;
        let scope = vms::scope(&mut *self.db.acquire().await?, vm).await?;
        let auth = self.authorize::<authz::ReadVm, _>(cx, scope).await?;
        let mut conn = self.db.acquire().await?;
        let rows = store::of_vm(&mut conn, &auth, page.after, page.fetch()).await?;
        let (rows, next_cursor) = page.cut("operations", rows, |row| row.number)?;
        let ids: Vec<OperationId> = rows.iter().map(|row| row.id).collect();
        let mut steps: HashMap<OperationId, Vec<StepRow>> = HashMap::new();
        for step in store::steps(&mut conn, &ids).await? {
            steps.entry(step.operation_id).or_default().push(step);
        }
        let show = |row: OperationRow| {
            let steps = steps.remove(&row.id).unwrap_or_default();
            operation(row, steps)
        };
        Ok(OperationPage { items: rows.into_iter().map(show).collect::<Result<_>>()?, next_cursor })
    }

    /// One piece of work with its steps.
    pub async fn get_operation(&self, cx: &Cx, id: OperationId) -> Result<Operation> {
        let vm = store::vm_of(&mut *self.db.acquire().await?, id).await?;
        let scope = vms::scope(&mut *self.db.acquire().await?, vm).await?;
        self.authorize::<authz::ReadVm, _>(cx, scope).await?;
        let mut conn = self.db.acquire().await?;
        let row = store::get(&mut conn, id).await?;
        let steps = store::steps(&mut conn, &[id]).await?;
        operation(row, steps)
    }
}

fn operation(row: OperationRow, steps: Vec<StepRow>) -> Result<Operation> {
    let unknown = |_| Error::Internal("a stored operation is unknown".into());
    Ok(Operation {
        id: row.id,
        number: row.number,
        operation: row.operation.parse().map_err(unknown)?,
        state: row.state.parse().unwrap_or(OperationState::Unknown),
        vm: VmRef { id: row.vm_id, name: row.vm_name },
        request_id: row.request_id,
        request_number: row.request_number,
        steps: steps.into_iter().map(step).collect(),
        failure: row.failure_code.map(|code| Reason {
            code,
            params: row.failure_params.and_then(|v| v.as_object().cloned()).unwrap_or_default(),
            text: row.failure_text.unwrap_or_default(),
        }),
        created_at: row.created_at,
        started_at: row.started_at,
        finished_at: row.finished_at,
        version: row.version,
    })
}

fn step(row: StepRow) -> OperationStep {
    OperationStep {
        name: row.name,
        state: row.state.parse().unwrap_or(StepState::Waiting),
        detail: row.detail,
        started_at: row.started_at,
        finished_at: row.finished_at,
    }
}

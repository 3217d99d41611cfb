//! Calling off work that was approved and that nobody has begun.
//!
//! The caller holds the VM first and then the request, in the order of a worker that takes an operation up, so that
//! the two never wait for each other in a circle.

use serde_json::Value;
use shepherd_domain::ids::{RequestId, VmId};
use shepherd_domain::reason::Reason;

use crate::{Result, Tx};

/// Ends the operation of a request if it was never taken up, and returns its number. `None`: it has begun.
pub async fn operation(tx: &mut Tx, request: RequestId, why: &Reason) -> Result<Option<i64>> {
    let number = sqlx::query_scalar!(
        "update operation set state = 'superseded', finished_at = app_now(), attempt = attempt + 1, failure_code = $2,
                failure_params = $3, failure_text = $4, version = version + 1
          where cause_kind = 'request' and cause_id = $1 and state = 'queued' and attempt = 0
         returning number",
        request.0,
        why.code.as_ref(),
        Value::Object(why.params.clone()),
        why.text,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(number)
}

/// Puts a VM's books back to before the approval: what was to be made never was, what was to go stays, and what people
/// want of it is what they asked for before.
pub async fn vm(tx: &mut Tx, id: VmId, operation: &str) -> Result<()> {
    sqlx::query!(
        "update vm set version = version + 1,
                state = case $2 when 'vm.create' then 'deleted'
                        when 'vm.delete' then case when exists (select from operation o where o.vm_id = vm.id
                             and o.operation = 'vm.create' and o.state in ('failed', 'expired')) then 'failed' else 'active' end
                        else state end,
                deleted_at = case when $2 = 'vm.create' then app_now() else deleted_at end,
                wanted_power = coalesce((select case o.operation when 'vm.stop' then 'stopped' else 'running' end
                    from operation o where o.vm_id = vm.id and o.operation in ('vm.create', 'vm.start', 'vm.stop')
                     and o.state in ('queued', 'running', 'waiting', 'succeeded') order by o.seq desc limit 1), wanted_power)
          where id = $1",
        id.0,
        operation,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

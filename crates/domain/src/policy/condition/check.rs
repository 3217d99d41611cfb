//! Whether a condition may be saved: limits, names, and types, tried on samples.
//!
//! CEL as it is here has no types before it runs, so a saved condition is run on inputs that cover what is asked for
//! in practice. Both sides of every `&&`, `||` and `?:` are run by themselves, so that a mistake cannot hide behind a
//! side that is not reached.

use std::collections::BTreeMap;

use cel::common::ast::{Expr, operators};
use cel::{IdedExpr, Value};
use chrono::DateTime;
use uuid::Uuid;

use super::error::ConditionError;
use super::program::{Program, run};
use super::scope::Scope;
use crate::ids::{PrincipalId, ServiceId, SystemId};
use crate::policy::Input;
use crate::reason::Reason;
use crate::states::RequestOperation;

/// Checks a condition that someone wants to save. What comes back are warnings: faults that some inputs bring, such as
/// a custom field that is not always there.
///
/// # Errors
/// A [`ConditionError`] that says where and what.
pub fn check(text: &str) -> Result<Vec<Reason>, ConditionError> {
    let program = Program::read(text)?;
    let mut warnings = Vec::new();
    for input in samples() {
        let scope = Scope::new(&input);
        side(&program.expr, &scope)?;
        if let Err(error) = program.holds(&scope) {
            if !error.data {
                return Err(ConditionError::Type { detail: error.detail });
            }
            let text = format!(
                "For {} this condition gives no answer ({}); people would have to decide.",
                input.operation, error.detail
            );
            let warning = Reason::new("POLICY_CONDITION_MAY_FAIL", text)
                .with("operation", input.operation.as_str())
                .with("detail", error.detail.as_str());
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
    }
    Ok(warnings)
}

/// Runs the sides of a logical operator by themselves; each must be a boolean.
fn side(expr: &IdedExpr, scope: &Scope) -> Result<(), ConditionError> {
    if let Expr::Call(call) = &expr.expr {
        match call.func_name.as_str() {
            operators::LOGICAL_AND | operators::LOGICAL_OR | operators::LOGICAL_NOT => {
                return call.args.iter().try_for_each(|part| side(part, scope));
            }
            operators::CONDITIONAL => return call.args.iter().take(1).try_for_each(|part| side(part, scope)),
            _ => {}
        }
    }
    match run(expr, scope) {
        Ok(Value::Bool(_)) => Ok(()),
        Ok(_) => Err(ConditionError::Type { detail: "a value that is no bool".to_owned() }),
        Err(error) if error.data => Ok(()),
        Err(error) => Err(ConditionError::Type { detail: error.detail }),
    }
}

/// What is asked for in practice. The first has every field filled.
pub(in crate::policy) fn samples() -> Vec<Input> {
    let text = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect::<Vec<_>>();
    let full = Input {
        operation: RequestOperation::Create,
        environment: "prod".into(),
        protected: true,
        system_id: Some(SystemId(Uuid::nil())),
        service_id: Some(ServiceId(Uuid::nil())),
        requester_id: PrincipalId(Uuid::nil()),
        requester_roles: text(&["engineer", "viewer"]),
        milli_vcpu: 4000,
        memory_bytes: 8 << 30,
        disk_bytes: 40 << 30,
        requester_name: "kim".into(),
        requester_groups: text(&["platform-team"]),
        system_name: "shop".into(),
        service_name: "web".into(),
        template: "linux".into(),
        size: "medium".into(),
        size_milli_vcpu: 4000,
        size_memory_bytes: 8 << 30,
        copies: 3,
        has_reason: true,
        force: false,
        role: String::new(),
        owners: 0,
        fields: BTreeMap::from([("change_number".to_owned(), "C-1".into())]),
        quota_exceeded: true,
        cost_hourly: 0,
        now: DateTime::UNIX_EPOCH,
    };
    let empty = Input {
        operation: RequestOperation::Stop,
        environment: "test".into(),
        protected: false,
        requester_roles: Vec::new(),
        requester_groups: Vec::new(),
        milli_vcpu: 0,
        memory_bytes: 0,
        disk_bytes: 0,
        template: String::new(),
        size: String::new(),
        size_milli_vcpu: 0,
        size_memory_bytes: 0,
        copies: 1,
        has_reason: false,
        force: true,
        fields: BTreeMap::new(),
        quota_exceeded: false,
        ..full.clone()
    };
    let delete =
        Input { operation: RequestOperation::Delete, protected: true, force: false, ..empty.clone() };
    vec![full, empty, delete]
}

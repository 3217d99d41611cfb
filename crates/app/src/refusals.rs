//! Refusals that are no lack of a permission, as events: deciding on one's own wish, on a version that is not there any
//! more, on what another has asked. At most thirty a minute for each person, together with the others.
//!
//! A missing permission is recorded where it is found ([`App::authorize`]). What is merely wrong (a name that is taken, a
//! size that does not exist) is nothing an auditor asks for and is not recorded.

use shepherd_contract::runtime::Operation;
use shepherd_domain::authz::{RequestScope, VmScope};
use shepherd_domain::ids::{RequestId, VmId};
use shepherd_domain::states::AuditOutcome;
use shepherd_store::{requests, throttle, vms};
use uuid::Uuid;

use crate::change::{Audit, By};
use crate::{App, Cx, Result};

/// Conflicts that say what somebody tried with a decision.
const DECIDING: [&str; 4] = ["SPEC_CHANGED", "NOT_PENDING", "ALREADY_DECIDED", "CONFIRM_NAME"];

/// What is kept of a call until it is known how it ended.
#[derive(Debug)]
pub struct Called {
    operation: &'static Operation,
    action: &'static str,
    by: By,
    path: String,
}

impl Called {
    /// Of a call that would leave an event, by somebody; `path` is below the API's.
    pub fn new(cx: &Cx, path: &str) -> Option<Self> {
        let action = cx.operation.audit.filter(|_| !cx.actor.is_nobody())?;
        Some(Self { operation: cx.operation, action, by: By::caller(cx), path: path.to_owned() })
    }
}

impl App {
    /// Records that a call was refused with this status and code, if that is one to record. A failure to is logged and
    /// changes nothing for the caller.
    pub async fn record_refusal(&self, called: Called, status: u16, code: &str) {
        let forbidden = status == 403 && code != "PERMISSION_MISSING";
        if !forbidden && !DECIDING.contains(&code) {
            return;
        }
        if let Err(error) = self.write_refusal(&called, code).await {
            tracing::warn!(%error, operation = called.operation.id, "a refusal could not be recorded");
        }
    }

    async fn write_refusal(&self, called: &Called, code: &str) -> Result<()> {
        let mut change = self.system_change().await?.acting(called.by.clone());
        let who = called.by.id.map(|id| id.to_string()).unwrap_or_default();
        if !throttle::allow(change.tx(), &format!("denial:{who}"), 30, 60).await? {
            return change.commit_progress().await;
        }
        let mut parts = called.path.trim_start_matches('/').split('/');
        let (noun, id) = (parts.next(), parts.next().and_then(|id| id.parse::<Uuid>().ok()));
        let entry = match (noun, id) {
            (Some("requests"), Some(id)) => {
                let (RequestScope { request, target, .. }, _) =
                    requests::scope(change.tx(), RequestId(id)).await?;
                let entry = Audit::of("request", request, "").request(request).system(target.system());
                entry.environment(target.environment())
            }
            (Some("vms"), Some(id)) => {
                let VmScope { vm, system, environment, .. } = vms::scope(change.tx(), VmId(id)).await?;
                Audit::of("vm", vm, "").vm(vm).system(system).environment(environment)
            }
            _ => Audit::of("operation", called.operation.id, ""),
        };
        change.commit(entry.action(called.action).outcome(AuditOutcome::Denied).code(code), ()).await
    }
}

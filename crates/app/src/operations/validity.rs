//! Whether what was approved still holds just before it is carried out: the requester is active and still
//! permitted, no newer rule denies it, and no catalogue item was withdrawn.

use shepherd_domain::authz::Permission;
use shepherd_domain::ids::RequestId;
use shepherd_domain::policy::{Inputs, Outcome};
use shepherd_domain::reason::Reason;
use shepherd_domain::spec::Spec;
use shepherd_domain::states::RequestOperation;
use shepherd_store::operations::Work;
use shepherd_store::request_facts::Named;
use shepherd_store::{Conn, callers, policies, request_facts, requests, vms};

use crate::requests::view::Whole;
use crate::{App, Result};

pub(super) enum Validity {
    Holds,
    Lost(Reason),
}

impl App {
    pub(super) async fn still_valid(&self, conn: &mut Conn, work: &Work) -> Result<Validity> {
        if work.cause_kind != "request" {
            return Ok(Validity::Holds);
        }
        let whole = Whole::load(conn, RequestId(work.cause_id)).await?;
        let row = &whole.row;
        let Some(grants) = callers::grants_of(conn, row.requester_id).await? else {
            return Ok(lost("REQUESTER_DISABLED", "Whoever asked for it is disabled now."));
        };
        let place = requests::place(row);
        let operation = RequestOperation::from(work.operation.as_str());
        if Permission::to_ask(operation).is_some_and(|p| grants.check(p, &place).is_err()) {
            return Ok(lost("REQUESTER_NOT_PERMITTED", "Whoever asked for it may not do so any more."));
        }
        if let Some(inputs) = row.inputs.get("inputs") {
            let mut inputs: Inputs = serde_json::from_value(inputs.clone())?;
            inputs.policies = policies::in_force(conn).await?;
            if let Outcome::Denied { reasons } = inputs.judge().outcome {
                let reason = reasons.into_iter().next();
                return Ok(reason.map_or_else(|| lost("DENIED", "A newer rule forbids it."), Validity::Lost));
            }
        }
        let spec = whole.effective()?;
        if let Spec::Modify(modify) = &spec
            && vms::load(conn, modify.vm_id).await?.spec_revision != modify.revision
        {
            return Ok(lost("VM_CHANGED", "The VM was changed since this was made from it."));
        }
        let named = newly_named(&spec);
        if request_facts::withdrawn(conn, &named).await? {
            return Ok(lost(
                "WITHDRAWN",
                "The template, the size or a network it names was withdrawn since.",
            ));
        }
        Ok(Validity::Holds)
    }
}

fn lost(code: &'static str, text: &str) -> Validity {
    Validity::Lost(Reason::new(code, text))
}

/// The catalogue items a request takes up: all of a create, those of a change that differ.
fn newly_named(spec: &Spec) -> Named {
    match spec {
        Spec::Create(create) => Named {
            template: Some(create.template_version_id),
            size: Some(create.size_version_id),
            networks: create.networks.iter().map(|network| network.network_id).collect(),
        },
        Spec::Modify(modify) => {
            let (from, to) = (&modify.from, &modify.to);
            Named {
                template: (from.template_version_id != to.template_version_id)
                    .then_some(to.template_version_id),
                size: (from.size_version_id != to.size_version_id).then_some(to.size_version_id),
                networks: vec![],
            }
        }
        _ => Named::default(),
    }
}

//! What a request chooses from the catalogue: whether it may have it, and what that says in its spec.

use std::collections::BTreeMap;

use shepherd_domain::advanced;
use shepherd_domain::compute::Compute;
use shepherd_domain::ids::NetworkId;
use shepherd_domain::network::{self, Attachment, NetworkError};
use shepherd_domain::reason::{Coded, Reason};
use shepherd_domain::source::DiskSource;
use shepherd_store::Conn;
use shepherd_store::networks::{self as store, NetworkFilter, NetworkRow, POD};
use shepherd_store::request_facts::CreateFacts;

use crate::catalogue::Item;
use crate::{Error, Result};

/// The networks a body names, in its order; the pod network where it names none.
pub(super) async fn networks(conn: &mut Conn, chosen: &[NetworkId]) -> Result<Vec<NetworkRow>> {
    let ids = if chosen.is_empty() { &[POD][..] } else { chosen };
    let limit = i64::try_from(ids.len()).unwrap_or(i64::MAX);
    let filter = NetworkFilter { ids: Some(ids), limit, ..NetworkFilter::default() };
    let rows = store::list(conn, &filter).await?;
    let one = |(index, id): (usize, &NetworkId)| {
        rows.iter().find(|row| row.id == *id).cloned().ok_or_else(|| {
            let text = "There is no such network; it may have been removed.";
            Error::field(format!("/network_ids/{index}"), "UNKNOWN_REFERENCE", text)
        })
    };
    ids.iter().enumerate().map(one).collect()
}

/// Everything that speaks against what is chosen.
pub(super) fn check(
    facts: &CreateFacts,
    networks: &[NetworkRow],
    problems: &mut Vec<Reason>,
    warnings: &mut Vec<Reason>,
) {
    let here = facts.environment_id.0;
    let networks = networks.iter().map(|row| Item {
        what: "network",
        name: &row.name,
        state: &row.state,
        message: row.message.as_deref(),
        replacement: None,
        in_scope: row.environment.as_ref().is_none_or(|environment| environment.id.0 == here),
    });
    for item in versions(facts).into_iter().chain(networks) {
        item.judge(&facts.environment_name, problems, warnings);
    }
}

/// What speaks against those items that a change takes up anew; what a VM has already it may keep.
pub(super) fn check_changed(
    facts: &CreateFacts,
    [template, size]: [bool; 2],
    problems: &mut Vec<Reason>,
    warnings: &mut Vec<Reason>,
) {
    for (item, changes) in versions(facts).into_iter().zip([template, size]) {
        if changes {
            item.judge(&facts.environment_name, problems, warnings);
        }
    }
}

/// The chosen versions of template and size.
fn versions(facts: &CreateFacts) -> [Item<'_>; 2] {
    let here = facts.environment_id.0;
    let within = |environments: &[uuid::Uuid]| environments.is_empty() || environments.contains(&here);
    [
        Item {
            what: "template",
            name: &facts.template_name,
            state: &facts.template_state,
            message: facts.template_message.as_deref(),
            replacement: facts.template_replacement.as_deref(),
            in_scope: within(&facts.template_environments),
        },
        Item {
            what: "size",
            name: &facts.size_name,
            state: &facts.size_state,
            message: facts.size_message.as_deref(),
            replacement: facts.size_replacement.as_deref(),
            in_scope: within(&facts.size_environments),
        },
    ]
}

/// What the networks say in the spec.
pub(super) fn attachments(rows: &[NetworkRow]) -> Result<Vec<Attachment>> {
    let chosen = rows.iter().map(|row| {
        let kind =
            row.kind.parse().map_err(|_| Error::Internal("a stored kind of network is unknown".into()))?;
        Ok(Attachment { network_id: row.id, kind, definition: row.definition.clone() })
    });
    network::attachments(chosen.collect::<Result<_>>()?).map_err(|error| {
        let code = match error {
            NetworkError::Twice => "NETWORK_TWICE",
            NetworkError::TooMany => "TOO_MANY_NETWORKS",
        };
        Error::field("/network_ids", code, format!("Choose other networks: {error}."))
    })
}

/// What the catalogue holds of the chosen template and size.
pub(super) fn content(
    facts: &CreateFacts,
) -> Result<(DiskSource, Compute, BTreeMap<String, serde_json::Value>)> {
    let source = serde_json::from_value(facts.source.clone())?;
    let compute = serde_json::from_value(facts.compute.clone())?;
    Ok((source, compute, serde_json::from_value(facts.advanced.clone())?))
}

/// Whether the fields the template sets are still on the list.
pub(super) async fn check_fields(
    conn: &mut Conn,
    fields: &BTreeMap<String, serde_json::Value>,
    problems: &mut Vec<Reason>,
) -> Result<()> {
    if !fields.is_empty() {
        let allowed = shepherd_store::advanced_paths::get(conn).await?.paths;
        problems.extend(advanced::check(fields, &allowed).err().map(|error| error.reason()));
    }
    Ok(())
}

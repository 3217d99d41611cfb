//! Choosing the node of an instance, once, before its guest is prepared.
//!
//! What is chosen is remembered until the instance says it, so that two that stay apart and start together do not meet.

use std::collections::HashMap;
use std::sync::{MutexGuard, PoisonError};

use serde_json::Value;

use super::Handler;
use super::nodes::{self, Placed};
use crate::api::resources::{NODES, VMIS};
use crate::api::status::ApiError;
use crate::object::{self, text};

impl Handler {
    /// The node of an instance; the inner error says why there is none.
    pub(super) fn node_for(&self, vmi: &Value) -> Result<Result<String, String>, ApiError> {
        let mut chosen = self.chosen();
        let known = chosen.get(object::uid(vmi)).cloned();
        let written = Some(text(vmi, "/status/nodeName")).filter(|node| !node.is_empty());
        if let Some(node) = known.or_else(|| written.map(str::to_owned)) {
            return Ok(Ok(node));
        }
        let snapshot = self.context.store.snapshot()?;
        let all = snapshot.list(&NODES.id(), None, None, usize::MAX, |_| true)?.items;
        // All instances are only looked at for those to whom it matters.
        let others = match nodes::is_apart(vmi) {
            true => {
                let has_node = |other: &Value| !node_of(other, &chosen).is_empty() && !is_over(other);
                snapshot.list(&VMIS.id(), None, None, usize::MAX, has_node)?.items
            }
            false => Vec::new(),
        };
        let placed: Vec<Placed<'_>> = others
            .iter()
            .filter(|other| object::uid(other) != object::uid(vmi))
            .map(|instance| Placed { instance, node: node_of(instance, &chosen) })
            .collect();
        let found = nodes::choose(vmi, &all, &placed).map(str::to_owned);
        drop(placed);
        if let Ok(node) = &found {
            chosen.insert(object::uid(vmi).to_owned(), node.clone());
        }
        Ok(found)
    }

    /// The instance says it now, or is gone.
    pub(super) fn forget_node(&self, uid: &str) {
        self.chosen().remove(uid);
    }

    fn chosen(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.chosen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn node_of<'a>(instance: &'a Value, chosen: &'a HashMap<String, String>) -> &'a str {
    match text(instance, "/status/nodeName") {
        "" => chosen.get(object::uid(instance)).map(String::as_str).unwrap_or_default(),
        node => node,
    }
}

fn is_over(instance: &Value) -> bool {
    matches!(text(instance, "/status/phase"), "Succeeded" | "Failed")
}

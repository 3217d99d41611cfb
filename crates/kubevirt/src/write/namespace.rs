//! Namespaces: made when missing, labelled as governed.

use http::Method;
use serde::Deserialize;
use serde_json::json;

use crate::transport::{Call, Failure};
use crate::views::Meta;
use crate::{Cluster, Detail, Error, FIELD_MANAGER, GOVERNED_LABEL, path};

/// What [`Cluster::ensure_namespace`] found or did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Namespaced {
    Created,
    /// It was there; the label was added.
    Labelled,
    /// It was there with its label.
    Present,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Namespace {
    metadata: Meta,
}

impl Cluster {
    /// Makes sure that the namespace exists and carries [`GOVERNED_LABEL`].
    ///
    /// Reads first: where an administrator has prepared the namespace, our account needs no right to create
    /// or label one.
    ///
    /// # Errors
    /// [`Error::Conflict`] while a namespace of this name is being deleted.
    pub async fn ensure_namespace(&self, name: &str) -> Result<Namespaced, Error> {
        let target = path::namespace(name)?;
        for _ in 0..2 {
            match self.send(Call::get(target.clone())).await {
                Ok(reply) => return self.label_namespace(target, name, reply.json()?).await,
                Err(Failure::Refused(refusal)) if refusal.status.as_u16() == 404 => {}
                Err(failure) => return Err(failure.into()),
            }
            let body = json!({
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": { "name": name, "labels": { GOVERNED_LABEL: "true" } },
            });
            let call =
                Call::new(Method::POST, "/api/v1/namespaces").query(&[("fieldManager", FIELD_MANAGER)]);
            match self.send(call.json(&body)).await {
                Ok(_) => return Ok(Namespaced::Created),
                // Made by another replica in between: read it.
                Err(Failure::Refused(refusal)) if refusal.is_already_exists() => {}
                Err(failure) => return Err(failure.into()),
            }
        }
        Err(Error::Conflict { detail: Detail::new("the namespace appears and disappears") })
    }

    async fn label_namespace(
        &self,
        target: String,
        name: &str,
        found: Namespace,
    ) -> Result<Namespaced, Error> {
        if found.metadata.is_deleting() {
            return Err(Error::Conflict {
                detail: Detail::new(format!("namespace {name} is being deleted")),
            });
        }
        if found.metadata.labels.get(GOVERNED_LABEL).is_some_and(|value| value == "true") {
            return Ok(Namespaced::Present);
        }
        // A merge patch with the UID: it cannot create, and it cannot label a later namespace of the name.
        let patch =
            json!({ "metadata": { "uid": found.metadata.uid, "labels": { GOVERNED_LABEL: "true" } } });
        let call = Call::new(Method::PATCH, target)
            .query(&[("fieldManager", FIELD_MANAGER)])
            .body("application/merge-patch+json", &patch);
        self.send(call).await?;
        Ok(Namespaced::Labelled)
    }
}

//! What a request has become by the decisions on it. What was asked for is never rewritten: an approver's narrowing is
//! kept with their decision, later stages decide on it, and execution goes by it.

use serde_json::Value;
use shepherd_contract::types::Overrides;
use shepherd_domain::approval::{Difference, NarrowError, NarrowerSize, Narrowing, narrow};
use shepherd_domain::compute::Compute;
use shepherd_domain::ids::ClusterId;
use shepherd_domain::reason::Coded;
use shepherd_domain::spec::{self, CanonicalSpec, CreateSpec, Spec, fields_of, with_fields};
use shepherd_domain::states::CatalogueState;
use shepherd_store::decisions::DecisionRow;
use shepherd_store::request_facts::{self, CreateNames};

use super::view::Whole;
use crate::{App, Error, Result};

impl Whole {
    /// The last decision that narrowed it and still stands.
    fn narrowing(&self) -> Option<&DecisionRow> {
        self.decisions.iter().rev().find(|decision| !decision.void && decision.effective_spec.is_some())
    }

    /// The bytes that are decided on and carried out.
    pub(crate) fn effective_bytes(&self) -> &[u8] {
        self.narrowing().and_then(|decision| decision.effective_spec.as_deref()).unwrap_or(&self.row.spec)
    }

    /// Their hash.
    pub(crate) fn effective_hash(&self) -> &[u8] {
        self.narrowing()
            .and_then(|decision| decision.effective_hash.as_deref())
            .unwrap_or(&self.row.spec_hash)
    }

    /// The same for queries and pages.
    pub(crate) fn effective_json(&self) -> Result<Value> {
        Ok(serde_json::from_slice(self.effective_bytes())?)
    }

    /// The spec that is decided on and carried out.
    pub(crate) fn effective(&self) -> Result<Spec> {
        spec::from_bytes(self.effective_bytes()).map_err(|error| Error::Internal(Box::new(error)))
    }

    /// The hashes it was narrowed from, one after the other.
    pub(super) fn wider(&self) -> Vec<&[u8]> {
        let narrowings = self.decisions.iter().filter(|d| !d.void && d.effective_hash.is_some());
        std::iter::once(self.row.spec_hash.as_slice())
            .chain(narrowings.map(|d| d.spec_hash.as_slice()))
            .collect()
    }

    /// The cluster an approver chose last.
    pub(super) fn chosen_cluster(&self) -> Option<ClusterId> {
        self.decisions.iter().rev().filter(|decision| !decision.void).find_map(|decision| decision.cluster_id)
    }

    /// What approvers took away, for the requester to see.
    pub(super) fn differences(&self) -> Result<Vec<Difference>> {
        if self.narrowing().is_none() {
            return Ok(Vec::new());
        }
        let asked = spec::from_bytes(&self.row.spec).map_err(|error| Error::Internal(Box::new(error)))?;
        let now = self.effective()?;
        let both = asked.as_create().zip(now.as_create());
        Ok(both.map(|(asked, now)| Difference::between(asked, now)).unwrap_or_default())
    }
}

impl App {
    /// What an approver wants to make of a request: less of the same, from the catalogue.
    pub(super) async fn narrowed(&self, whole: &Whole, to: &Overrides) -> Result<CanonicalSpec> {
        let spec = whole.effective()?;
        let Some(create) = spec.as_create() else {
            let text =
                "Only a request for a new VM can be made smaller; approve or reject this one as it is.";
            return Err(Error::field("/overrides", "OVERRIDE_NOT_POSSIBLE", text));
        };
        let (narrowing, least) = self.smaller(create, to).await?;
        let narrower = narrow(create, &narrowing, least).map_err(|error| {
            let pointer = match &error {
                NarrowError::Grows { field: "disk_bytes", .. } | NarrowError::TooSmall { .. } => {
                    "/overrides/disk_bytes"
                }
                NarrowError::Grows { .. } | NarrowError::OtherKind => "/overrides/size_version_id",
                NarrowError::Nothing => "/overrides",
            };
            Error::field(pointer, error.code(), error.to_string())
        })?;
        with_fields(&Spec::Create(Box::new(narrower)), &fields_of(&whole.effective_json()?))
            .map_err(|error| Error::field("/overrides", "SPEC_INVALID", error.to_string()))
    }

    /// The size and disk named, and the least disk the template can live with.
    async fn smaller(&self, create: &CreateSpec, to: &Overrides) -> Result<(Narrowing, i64)> {
        let names = CreateNames {
            service: create.service_id,
            namespace: create.namespace_id,
            template_version: create.template_version_id,
            size_version: to.size_version_id.unwrap_or(create.size_version_id),
        };
        let pointer = "/overrides/size_version_id";
        let facts = request_facts::create_facts(&mut *self.db.acquire().await?, &names).await?;
        let facts = facts.map_err(|missing| match missing.size_version {
            true => Error::field(pointer, "UNKNOWN_REFERENCE", "There is no such size version."),
            false => {
                Error::conflict("GONE", "What this request names was deleted since; it can only be rejected.")
            }
        })?;
        let compute: Compute = serde_json::from_value(facts.compute.clone())?;
        let size = to.size_version_id.map(|id| NarrowerSize {
            id,
            milli_vcpu: facts.milli_vcpu,
            memory_bytes: facts.memory_bytes,
            compute,
        });
        let withdrawn =
            !matches!(facts.size_state.parse(), Ok(CatalogueState::Active | CatalogueState::Deprecated));
        let scope = &facts.size_environments;
        if size.is_some() && !scope.is_empty() && !scope.contains(&facts.environment_id.0) {
            let text = "This size is not offered in the environment of the request; choose another.";
            return Err(Error::field(pointer, "NOT_OFFERED_HERE", text));
        }
        if size.is_some() && withdrawn {
            return Err(Error::field(
                pointer,
                "WITHDRAWN",
                "This size version is withdrawn; choose another.",
            ));
        }
        Ok((Narrowing { size, disk_bytes: to.disk_bytes }, facts.min_disk_bytes))
    }
}

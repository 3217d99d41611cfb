//! What is asked of where a VM runs, and what a request says of it.

use clap::Args;
use shepherd_contract::client::Client;
use shepherd_contract::types::{PlaceWish, PlacementCandidate, RequestPlace, VolumeMode};

use crate::{Failure, resolve};

#[derive(Debug, Clone, Default, Args)]
pub struct PlaceArgs {
    /// The zone it has to run in; any, if left out
    #[arg(long)]
    zone: Option<String>,
    /// A VM it never shares a node with, and a zone or a cluster only where there is no other; can be repeated
    #[arg(long, value_name = "VM")]
    apart_from: Vec<String>,
    /// The storage class of its disk; the cluster's own choice, if left out
    #[arg(long, value_name = "NAME")]
    storage_class: Option<String>,
    /// How its disk is given to the guest: block or filesystem
    #[arg(long, value_name = "MODE")]
    volume_mode: Option<VolumeMode>,
}

impl PlaceArgs {
    /// Whether nothing was given.
    pub fn is_empty(&self) -> bool {
        self.zone.is_none()
            && self.apart_from.is_empty()
            && self.storage_class.is_none()
            && self.volume_mode.is_none()
    }

    /// `before` with what was given.
    pub async fn onto(
        self,
        client: &Client,
        before: Option<PlaceWish>,
    ) -> Result<Option<PlaceWish>, Failure> {
        if self.is_empty() {
            return Ok(before);
        }
        let nothing = PlaceWish { zone: None, apart_from: None, storage_class: None, volume_mode: None };
        let mut wish = before.unwrap_or(nothing);
        if !self.apart_from.is_empty() {
            let mut ids = Vec::with_capacity(self.apart_from.len());
            for name in &self.apart_from {
                ids.push(resolve::vm(client, name).await?);
            }
            wish.apart_from = Some(ids);
        }
        wish.zone = self.zone.or(wish.zone);
        wish.storage_class = self.storage_class.or(wish.storage_class);
        wish.volume_mode = self.volume_mode.or(wish.volume_mode);
        Ok(Some(wish))
    }
}

/// What was asked of its place, in one line.
pub(crate) fn asked(place: &RequestPlace) -> String {
    let apart: Vec<&str> = place.apart_from.iter().map(|vm| vm.name.as_str()).collect();
    let said = [
        place.zone.as_ref().map(|zone| format!("in zone {zone}")),
        (!apart.is_empty()).then(|| format!("apart from {}", apart.join(", "))),
        place.storage_class.as_ref().map(|class| format!("storage {class}")),
        place.volume_mode.map(|mode| format!("{mode} volume")),
    ];
    said.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// Clusters that would not take it, each with its reasons.
pub(crate) fn excluded(candidates: &[PlacementCandidate]) -> String {
    let refused = candidates.iter().filter(|candidate| !candidate.eligible);
    let line = |candidate: &PlacementCandidate| {
        let reasons: Vec<String> =
            candidate.reasons.iter().map(|reason| format!("{} ({})", reason.text, reason.code)).collect();
        format!("{}: {}", candidate.cluster.name, reasons.join(" "))
    };
    refused.map(line).collect::<Vec<_>>().join("\n")
}

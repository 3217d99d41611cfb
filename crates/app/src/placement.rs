//! What may be asked of where a VM runs: zones and storage of the clusters that take VMs.
//!
//! Names only, and without saying which cluster has what: placement says that for a VM that is asked for.

use std::collections::{BTreeMap, BTreeSet};

use shepherd_contract::types::{PlacementChoices, StorageChoice};
use shepherd_domain::ids::EnvironmentId;
use shepherd_domain::placement::StorageOffer;
use shepherd_domain::states::VolumeMode;
use shepherd_store::placement::{self as store, OfferRow};

use crate::requests::volume_mode;
use crate::{App, Cx, Result};

impl App {
    /// Zones and storage classes of an environment.
    pub async fn placement_choices(&self, _: &Cx, environment: EnvironmentId) -> Result<PlacementChoices> {
        let rows = store::offers(&mut *self.db.acquire().await?, environment).await?;
        let mut zones = BTreeSet::new();
        let mut classes: BTreeMap<String, BTreeSet<VolumeMode>> = BTreeMap::new();
        for row in rows {
            let layout = row.layout.clone().map(|layout| layout.0).unwrap_or_default();
            zones.extend(layout.zones.into_keys());
            for offer in layout.storage.unwrap_or_default() {
                if let Some(modes) = let_in(&row, &offer) {
                    classes.entry(offer.name).or_default().extend(modes);
                }
            }
        }
        let class = |(name, modes): (String, BTreeSet<VolumeMode>)| StorageChoice {
            name,
            volume_modes: modes.into_iter().map(volume_mode).collect(),
        };
        Ok(PlacementChoices {
            zones: zones.into_iter().collect(),
            storage_classes: classes.into_iter().map(class).collect(),
        })
    }
}

/// The modes of a class that its cluster lets VMs use; `None` if nothing of it.
fn let_in(row: &OfferRow, offer: &StorageOffer) -> Option<Vec<VolumeMode>> {
    if !row.storage_classes.is_empty() && !row.storage_classes.contains(&offer.name) {
        return None;
    }
    let allowed = |mode: &VolumeMode| {
        row.volume_modes.is_empty() || row.volume_modes.iter().any(|word| word == mode.as_str())
    };
    let modes: Vec<VolumeMode> = offer.modes.iter().copied().filter(allowed).collect();
    (offer.modes.is_empty() || !modes.is_empty()).then_some(modes)
}

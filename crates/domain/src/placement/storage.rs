//! Whether a cluster has the storage a disk wants, and lets it be used.
//!
//! A disk that names no class gets the cluster's default one, and one that names no mode the first the class makes. What
//! the probe could not see is not held against a cluster, unless a class is named or its policy names some.

use super::layout::StorageOffer;
use super::{ClusterFacts, Demand};
use crate::reason::Reason;
use crate::states::VolumeMode;

/// What a disk that outlives its guest wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StorageWish {
    /// The storage class; the cluster's default one if none.
    pub class: Option<String>,
    /// How it is given to the guest; as the class usually does if none.
    pub mode: Option<VolumeMode>,
}

/// Everything about its storage that speaks against a cluster.
pub(super) fn against(demand: &Demand, cluster: &ClusterFacts) -> Vec<Reason> {
    let Some(wish) = &demand.storage else { return Vec::new() };
    let name = cluster.name.as_str();
    let say = |code: &'static str, text: String| Reason::new(code, text).with("cluster", name);
    let policy = &cluster.policy;
    let Some(offers) = &cluster.layout.storage else {
        let matters = wish.class.is_some() || !policy.storage_classes.is_empty();
        let text = format!("{name} does not let us see which storage it has.");
        return matters.then(|| say("STORAGE_UNKNOWN", text)).into_iter().collect();
    };
    let offer = match &wish.class {
        Some(class) => offers.iter().find(|offer| offer.name == *class),
        None => offers.iter().find(|offer| offer.default),
    };
    // Without any class, volumes may lie ready.
    if wish.class.is_none() && offers.is_empty() {
        return Vec::new();
    }
    let Some(offer) = offer else {
        let names: Vec<&str> = offers.iter().map(|offer| offer.name.as_str()).take(20).collect();
        let reason = match &wish.class {
            Some(class) => say("STORAGE_CLASS_MISSING", format!("{name} has no storage class {class}."))
                .with("class", class.as_str()),
            None => {
                say("STORAGE_NO_DEFAULT", format!("{name} has no default storage class; name one it has."))
            }
        };
        return vec![reason.with("classes", names)];
    };
    let mut reasons = Vec::new();
    let class = offer.name.as_str();
    if !policy.storage_classes.is_empty() && !policy.storage_classes.contains(&offer.name) {
        let text = format!("The storage class {class} of {name} is not for VMs.");
        let reason = say("STORAGE_CLASS_NOT_LET", text).with("class", class);
        reasons.push(reason.with("classes", policy.storage_classes.clone()));
    }
    reasons.extend(mode(wish, offer, &policy.volume_modes).map(|(code, mode)| {
        let text = match code {
            "VOLUME_MODE_MISSING" => format!("The storage class {class} of {name} makes no {mode} volumes."),
            _ => format!("{name} takes no VMs with {mode} volumes."),
        };
        say(code, text).with("class", class).with("mode", mode.as_str())
    }));
    reasons
}

fn mode(
    wish: &StorageWish,
    offer: &StorageOffer,
    allowed: &[VolumeMode],
) -> Option<(&'static str, VolumeMode)> {
    let mode = wish.mode.unwrap_or_else(|| offer.usual_mode());
    if !offer.modes.is_empty() && !offer.modes.contains(&mode) {
        return Some(("VOLUME_MODE_MISSING", mode));
    }
    (!allowed.is_empty() && !allowed.contains(&mode)).then_some(("VOLUME_MODE_NOT_LET", mode))
}

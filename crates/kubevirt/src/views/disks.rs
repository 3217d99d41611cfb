//! How many disks a VM has, and how large those are whose size it states itself.
//!
//! A volume on a claim made elsewhere has a size that only the claim knows; it is counted and its bytes are not.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};

use super::{bytes, de, text};

/// Disks of a VM.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Disks {
    /// Volumes that hold data: not cloud-init, secrets and the like.
    pub count: u32,
    /// Bytes of those whose size is stated; 0 when none is.
    pub bytes: u64,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Volume {
    data_volume: Option<IgnoredAny>,
    persistent_volume_claim: Option<IgnoredAny>,
    container_disk: Option<IgnoredAny>,
    ephemeral: Option<IgnoredAny>,
    host_disk: Option<Sized>,
    empty_disk: Option<Sized>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Sized {
    #[serde(deserialize_with = "text::<40, _>")]
    capacity: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Template {
    #[serde(deserialize_with = "de::nullable")]
    spec: TemplateSpec,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct TemplateSpec {
    storage: Option<Claim>,
    pvc: Option<Claim>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Claim {
    #[serde(deserialize_with = "de::nullable")]
    resources: Resources,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Resources {
    #[serde(deserialize_with = "de::nullable")]
    requests: Requests,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Requests {
    #[serde(deserialize_with = "text::<40, _>")]
    storage: String,
}

/// Reads `spec.volumes` of an instance.
pub(super) fn volumes<'de, D: Deserializer<'de>>(from: D) -> Result<Disks, D::Error> {
    let all: Vec<Volume> = de::nullable(from)?;
    let mut disks = Disks::default();
    for volume in all {
        let stated =
            volume.host_disk.iter().chain(&volume.empty_disk).filter_map(|disk| bytes(&disk.capacity));
        disks.bytes = stated.fold(disks.bytes, u64::saturating_add);
        let data =
            [volume.data_volume, volume.persistent_volume_claim, volume.container_disk, volume.ephemeral];
        if data.iter().any(Option::is_some) || volume.host_disk.is_some() || volume.empty_disk.is_some() {
            disks.count = disks.count.saturating_add(1);
        }
    }
    Ok(disks)
}

/// Reads `spec.dataVolumeTemplates` of a VM: how large they are together.
pub(super) fn templates<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let all: Vec<Template> = de::nullable(from)?;
    let claims =
        all.iter().filter_map(|template| template.spec.storage.as_ref().or(template.spec.pvc.as_ref()));
    let sizes = claims.filter_map(|claim| bytes(&claim.resources.requests.storage));
    Ok(sizes.fold(0, u64::saturating_add))
}

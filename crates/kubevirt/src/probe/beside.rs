//! What other projects than KubeVirt serve beside it: CDI's storage profiles, snapshot classes, networks of Multus.
//!
//! Each may be absent; that is an answer, told as a missing part.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::transport::Call;
use crate::views::text;
use crate::{Cluster, Error};

/// Objects of one kind read at most, over all pages.
const MOST: usize = 5000;

/// How CDI would make volumes of a storage class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageProfile {
    pub name: String,
    /// As `Block/ReadWriteMany`, in CDI's order of preference.
    pub modes: Vec<String>,
}

/// A class of volume snapshots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotClass {
    pub name: String,
    pub driver: String,
}

/// A NetworkAttachmentDefinition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    pub namespace: String,
    pub name: String,
}

#[derive(Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
struct List<T> {
    #[serde(default)]
    metadata: ListMeta,
    #[serde(default = "Vec::new")]
    items: Vec<T>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ListMeta {
    #[serde(rename = "continue")]
    next: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Name {
    #[serde(deserialize_with = "text::<253, _>")]
    name: String,
    #[serde(deserialize_with = "text::<63, _>")]
    namespace: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RawProfile {
    metadata: Name,
    status: Option<ProfileStatus>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct ProfileStatus {
    claim_property_sets: Option<Vec<ClaimProperties>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct ClaimProperties {
    access_modes: Option<Vec<String>>,
    #[serde(deserialize_with = "text::<20, _>")]
    volume_mode: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RawSnapshotClass {
    metadata: Name,
    #[serde(deserialize_with = "text::<253, _>")]
    driver: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Bare {
    metadata: Name,
}

impl Cluster {
    pub(super) async fn storage_profiles(&self) -> Result<Vec<StorageProfile>, Error> {
        let all: Vec<RawProfile> = self.all("/apis/cdi.kubevirt.io/v1beta1/storageprofiles").await?;
        Ok(all.into_iter().map(profile).collect())
    }

    pub(super) async fn snapshot_classes(&self) -> Result<Vec<SnapshotClass>, Error> {
        let path = "/apis/snapshot.storage.k8s.io/v1/volumesnapshotclasses";
        let all: Vec<RawSnapshotClass> = self.all(path).await?;
        Ok(all.into_iter().map(|raw| SnapshotClass { name: raw.metadata.name, driver: raw.driver }).collect())
    }

    pub(super) async fn attachments(&self) -> Result<Vec<Network>, Error> {
        let path = "/apis/k8s.cni.cncf.io/v1/network-attachment-definitions";
        let all: Vec<Bare> = self.all(path).await?;
        let network = |Bare { metadata }| Network { namespace: metadata.namespace, name: metadata.name };
        Ok(all.into_iter().map(network).collect())
    }

    /// Every object of a list, page by page, up to a bound.
    pub(super) async fn all<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let mut query = vec![("limit", "500")];
            query.extend(next.as_deref().map(|token| ("continue", token)));
            let list: List<T> = self.send(Call::get(path).query(&query)).await?.json()?;
            // A page without items that promises more would be asked for without end.
            let none = list.items.is_empty();
            all.extend(list.items);
            next = list.metadata.next.filter(|token| !token.is_empty());
            if next.is_none() || none || all.len() >= MOST {
                all.truncate(MOST);
                return Ok(all);
            }
        }
    }
}

fn profile(raw: RawProfile) -> StorageProfile {
    let sets = raw.status.unwrap_or_default().claim_property_sets.unwrap_or_default();
    let modes = sets.into_iter().take(10).flat_map(|set| {
        let mode = if set.volume_mode.is_empty() { "Filesystem".to_owned() } else { set.volume_mode };
        let access = set.access_modes.unwrap_or_default();
        access.into_iter().take(5).map(move |access| format!("{mode}/{}", crate::detail::clean(&access, 30)))
    });
    StorageProfile { name: raw.metadata.name, modes: modes.collect() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scripted::{Answer, cluster};

    #[tokio::test]
    async fn profiles_say_which_volumes_a_storage_makes() {
        let answer = json!({ "items": [
            { "metadata": { "name": "fast" }, "status": { "claimPropertySets": [
                { "accessModes": ["ReadWriteMany", "ReadWriteOnce"], "volumeMode": "Block" },
                { "accessModes": ["ReadWriteOnce"] } ] } },
            { "metadata": { "name": "odd" }, "status": null } ] });
        let (cluster, _) = cluster(vec![Answer::ok(answer.to_string())]);
        let found = cluster.storage_profiles().await.unwrap();
        assert_eq!(
            found[0].modes,
            ["Block/ReadWriteMany", "Block/ReadWriteOnce", "Filesystem/ReadWriteOnce"]
        );
        assert_eq!(found[1], StorageProfile { name: "odd".into(), modes: Vec::new() });
    }

    #[tokio::test]
    async fn lists_that_never_end_and_lists_of_wrong_things_are_ended() {
        let endless = json!({ "metadata": { "continue": "x" }, "items": [] }).to_string();
        let (hostile, seen) = cluster(vec![Answer::ok(endless), Answer::ok(r#"{"items":[7]}"#)]);
        assert_eq!(hostile.attachments().await.unwrap(), []);
        assert_eq!(seen.lock().unwrap().len(), 1);
        assert_eq!(hostile.snapshot_classes().await.unwrap_err().code(), "CLUSTER_PROTOCOL_ERROR");
    }
}

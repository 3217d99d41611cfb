//! Storage classes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::transport::Call;
use crate::views::text;
use crate::{Cluster, Error};

/// One storage class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageClass {
    pub name: String,
    pub provisioner: String,
    /// Used where a claim names none: KubeVirt's own default counts before the cluster's.
    pub default: bool,
    pub expandable: bool,
    /// Volumes are bound when their first user is scheduled.
    pub binds_late: bool,
}

#[derive(Deserialize)]
struct List {
    #[serde(default)]
    items: Vec<Raw>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Raw {
    metadata: RawMeta,
    #[serde(deserialize_with = "text::<253, _>")]
    provisioner: String,
    allow_volume_expansion: bool,
    #[serde(deserialize_with = "text::<40, _>")]
    volume_binding_mode: String,
}

/// Not [`crate::views::Meta`]: the default is marked by an annotation.
#[derive(Deserialize, Default)]
#[serde(default)]
struct RawMeta {
    #[serde(deserialize_with = "text::<253, _>")]
    name: String,
    annotations: Option<BTreeMap<String, String>>,
}

impl RawMeta {
    fn marked(&self, annotation: &str) -> bool {
        self.annotations.iter().any(|all| all.get(annotation).is_some_and(|value| value == "true"))
    }
}

impl Cluster {
    pub(super) async fn storage_classes(&self) -> Result<Vec<StorageClass>, Error> {
        let call = Call::get("/apis/storage.k8s.io/v1/storageclasses").query(&[("limit", "500")]);
        let list: List = self.send(call).await?.json()?;
        let for_vms = "storageclass.kubevirt.io/is-default-virt-class";
        let any_for_vms = list.items.iter().any(|raw| raw.metadata.marked(for_vms));
        let mark = if any_for_vms { for_vms } else { "storageclass.kubernetes.io/is-default-class" };
        let classes = list.items.into_iter().map(|raw| StorageClass {
            default: raw.metadata.marked(mark),
            name: raw.metadata.name,
            provisioner: raw.provisioner,
            expandable: raw.allow_volume_expansion,
            binds_late: raw.volume_binding_mode == "WaitForFirstConsumer",
        });
        Ok(classes.collect())
    }
}

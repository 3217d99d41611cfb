//! Disks that outlive a guest: DataVolumes and what they stand for.
//!
//! There is no importer here: images are local, so a DataVolume succeeds as soon as it exists, and its disk is made
//! as a layer over the image when a guest first uses it. Its finalizer removes the disk before the object goes.

use serde_json::{Value, json};

use crate::api::resources::{CLAIMS, DATA_VOLUMES, VMS};
use crate::api::status::{ApiError, Cause};
use crate::object::{self, items, text};
use crate::objects::{self, Write};
use crate::quantity::Quantity;
use crate::store::{Key, Tx};

/// Keeps a DataVolume until its disk is gone.
pub const DISK_FINALIZER: &str = "minivirt.shepherd/disk";
const MANAGER: &str = "virt-controller";

/// Where a persistent disk's first content comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// An image, by container disk name.
    Image(String),
    /// Nothing: zeroes.
    Blank,
}

/// A persistent disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// First content.
    pub source: Source,
    /// Size in bytes; 0 when the DataVolume does not say.
    pub size_bytes: u64,
}

/// Whether a VM has templates of DataVolumes, which may have to be made.
pub fn wanted(vm: &Value) -> bool {
    !items(vm, "/spec/dataVolumeTemplates").is_empty()
}

/// Makes the DataVolumes a VM's templates name and that do not exist yet.
pub fn ensure(tx: &mut Tx<'_>, vm: &Value) -> Result<(), ApiError> {
    for template in items(vm, "/spec/dataVolumeTemplates") {
        let name = text(template, "/metadata/name");
        let key = Key::new(DATA_VOLUMES.id(), object::namespace(vm), name);
        if name.is_empty() {
            continue;
        }
        if let Some(volume) = tx.get(&key)? {
            bind(tx, &volume)?;
            continue;
        }
        let mut meta = template["metadata"].clone();
        meta["ownerReferences"] = json!([{"apiVersion": VMS.api_version(), "kind": VMS.kind, "name": object::name(vm),
            "uid": object::uid(vm), "controller": true, "blockOwnerDeletion": true}]);
        let volume = json!({"metadata": meta, "spec": template["spec"]});
        objects::create(tx, &Write::engine(&DATA_VOLUMES, MANAGER), object::namespace(vm), volume)?;
    }
    Ok(())
}

/// Makes the claim that a DataVolume stands for, under its name, where there is none.
pub fn bind(tx: &mut Tx<'_>, volume: &Value) -> Result<(), ApiError> {
    let (namespace, name) = (object::namespace(volume), object::name(volume));
    let key = Key::new(CLAIMS.id(), namespace, name);
    let size = read(volume).map_or(0, |claim| claim.size_bytes);
    if size == 0 || object::deleting(volume) || tx.get(&key)?.is_some() {
        return Ok(());
    }
    let storage = json!({"storage": size.to_string()});
    let said = |field: &str, usual: &str| {
        let part = ["pvc", "storage"].into_iter().find_map(|part| volume["spec"][part][field].as_str());
        json!(part.unwrap_or(usual))
    };
    let claim = json!({
        "metadata": {"name": name, "ownerReferences": [{"apiVersion": DATA_VOLUMES.api_version(),
            "kind": DATA_VOLUMES.kind, "name": name, "uid": object::uid(volume), "controller": true,
            "blockOwnerDeletion": true}]},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": storage},
            "storageClassName": said("storageClassName", "standard"), "volumeMode": said("volumeMode", "Filesystem")},
        "status": {"phase": "Bound", "accessModes": ["ReadWriteOnce"], "capacity": storage},
    });
    objects::create(tx, &Write::engine(&CLAIMS, MANAGER), namespace, claim).map(drop)
}

/// A change of a claim by a client: it may grow, which this storage can always do, and never shrink. Its disk grows
/// when the next guest uses it.
pub fn resize(current: &Value, proposed: &mut Value) -> Result<(), ApiError> {
    const REQUEST: &str = "/spec/resources/requests/storage";
    let size = |claim: &Value, at: &str| claim.pointer(at).and_then(Quantity::of).map_or(0, Quantity::ceil);
    let (has, wanted) = (size(current, "/status/capacity/storage"), size(proposed, REQUEST));
    if wanted < has {
        let message = "Forbidden: field can not be less than status.capacity".to_owned();
        let field = "spec.resources.requests.storage".to_owned();
        let cause = Cause { reason: "FieldValueForbidden", message, field };
        return Err(ApiError::invalid(&CLAIMS, object::name(current), &[cause]));
    }
    if wanted > has && has > 0 {
        proposed["status"]["capacity"]["storage"] =
            proposed["spec"]["resources"]["requests"]["storage"].clone();
    }
    Ok(())
}

/// What the disk of a DataVolume is to be large: its claim may have grown since.
pub fn size(volume: &Claim, claim: Option<&Value>) -> u64 {
    let grown = claim.and_then(|claim| claim.pointer("/spec/resources/requests/storage"));
    grown.and_then(Quantity::of).map_or(0, Quantity::ceil).max(volume.size_bytes)
}

/// Every new DataVolume, whoever makes it.
pub fn default_new(volume: &mut Value) {
    object::add_finalizer(volume, DISK_FINALIZER);
    volume["status"] = json!({"phase": "Succeeded", "progress": "100.0%", "claimName": object::name(volume)});
}

/// What a DataVolume stands for; `None` when its source is none that is served here.
pub fn read(volume: &Value) -> Option<Claim> {
    let spec = &volume["spec"];
    let size = ["pvc", "storage"]
        .iter()
        .find_map(|part| Quantity::of(&spec[part]["resources"]["requests"]["storage"]))
        .map_or(0, Quantity::ceil);
    let source = if let Some(url) = spec["source"]["registry"]["url"].as_str() {
        Source::Image(url.trim_start_matches("docker://").to_owned())
    } else if spec["source"]["blank"].is_object() {
        Source::Blank
    } else {
        return None;
    };
    Some(Claim { source, size_bytes: size })
}

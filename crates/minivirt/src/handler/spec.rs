//! From an instance to what a runtime needs.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::address;
use crate::api::resources::{CLAIMS, DATA_VOLUMES, SECRETS};
use crate::api::status::ApiError;
use crate::claims::{self, Source};
use crate::launcher::{EmptyDisk, GuestSpec, Root, Seed};
use crate::object::{self, items, text};
use crate::quantity::Quantity;
use crate::store::{Key, Store};

/// Why there is no guest.
#[derive(Debug, thiserror::Error)]
pub enum SpecError {
    /// The store.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// Something is missing that may come.
    #[error("{0}")]
    Wait(String),
    /// The instance asks for what cannot be.
    #[error("{0}")]
    Impossible(String),
}

/// The guest of an instance.
pub fn guest(store: &Store, vmi: &Value) -> Result<GuestSpec, SpecError> {
    let ip = address::of(vmi).ok_or_else(|| SpecError::Wait("every guest address is in use".to_owned()))?;
    let domain = &vmi["spec"]["domain"];
    let count = |field: &str| domain["cpu"][field].as_u64().unwrap_or(1).max(1);
    let vcpus = u32::try_from(count("cores") * count("sockets") * count("threads")).unwrap_or(u32::MAX);
    let memory = Quantity::of(&domain["memory"]["guest"]).map(Quantity::ceil).filter(|m| *m > 0);
    let memory_bytes =
        memory.ok_or_else(|| SpecError::Impossible("the instance has no memory".to_owned()))?;
    let (image, root, disks) = disks(store, vmi)?;
    let firmware = text(domain, "/firmware/uuid");
    Ok(GuestSpec {
        uid: object::uid(vmi).to_owned(),
        namespace: object::namespace(vmi).to_owned(),
        name: object::name(vmi).to_owned(),
        vcpus,
        memory_bytes,
        image,
        root,
        disks,
        seed: seed(store, vmi)?,
        mac: mac(vmi),
        ip,
        firmware_uuid: Some(firmware.to_owned()).filter(|f| !f.is_empty()),
        paused: text(vmi, "/spec/startStrategy") == "Paused",
    })
}

/// The root is the first bootable volume; the rest are empty disks.
fn disks(store: &Store, vmi: &Value) -> Result<(String, Root, Vec<EmptyDisk>), SpecError> {
    let mut root = None;
    let mut empty = Vec::new();
    for volume in in_boot_order(vmi) {
        let name = text(volume, "/name").to_owned();
        let image = text(volume, "/containerDisk/image");
        let claim = claim_name(volume);
        if !image.is_empty() {
            if root.replace((image.to_owned(), Root::Ephemeral)).is_some() {
                return Err(SpecError::Impossible(
                    "one image per guest is what this engine boots".to_owned(),
                ));
            }
        } else if volume["emptyDisk"].is_object() {
            let capacity = Quantity::of(&volume["emptyDisk"]["capacity"]).map_or(0, Quantity::ceil);
            empty.push(EmptyDisk { name, capacity_bytes: capacity, claim: None });
        } else if !claim.is_empty() {
            let key = Key::new(DATA_VOLUMES.id(), object::namespace(vmi), claim);
            let found = store.get(&key).map_err(ApiError::from)?;
            let found = found.as_ref().and_then(claims::read).ok_or_else(|| {
                SpecError::Wait(format!(
                    "volume {name}: DataVolume {claim} has no source that is served here (registry, blank)"
                ))
            })?;
            let claimed = Key::new(CLAIMS.id(), object::namespace(vmi), claim);
            let size_bytes = claims::size(&found, store.get(&claimed).map_err(ApiError::from)?.as_ref());
            match found.source {
                Source::Image(image) if root.is_none() => {
                    let persistent = Root::Persistent { claim: claim.to_owned(), size_bytes };
                    root = Some((image, persistent));
                }
                Source::Image(_) => {
                    return Err(SpecError::Impossible(
                        "one image per guest is what this engine boots".to_owned(),
                    ));
                }
                Source::Blank => {
                    empty.push(EmptyDisk { name, capacity_bytes: size_bytes, claim: Some(claim.to_owned()) })
                }
            }
        }
    }
    let (image, root) =
        root.ok_or_else(|| SpecError::Impossible("no volume holds an image to boot from".to_owned()))?;
    Ok((image, root, empty))
}

fn claim_name(volume: &Value) -> &str {
    match text(volume, "/dataVolume/name") {
        "" => text(volume, "/persistentVolumeClaim/claimName"),
        name => name,
    }
}

/// Volumes in the order of their disks' boot order, then as written.
fn in_boot_order(vmi: &Value) -> Vec<&Value> {
    let disks = items(vmi, "/spec/domain/devices/disks");
    let mut volumes: Vec<&Value> = items(vmi, "/spec/volumes").iter().collect();
    volumes.sort_by_key(|volume| {
        let disk = disks.iter().find(|d| d["name"] == volume["name"]);
        disk.and_then(|d| d["bootOrder"].as_i64()).unwrap_or(i64::MAX)
    });
    volumes
}

fn seed(store: &Store, vmi: &Value) -> Result<Option<Seed>, SpecError> {
    let source = items(vmi, "/spec/volumes").iter().find_map(|v| {
        ["cloudInitNoCloud", "cloudInitConfigDrive"].iter().map(|k| &v[*k]).find(|s| s.is_object())
    });
    let Some(source) = source else { return Ok(None) };
    let user_data = document(store, vmi, source, ["userData", "userDataBase64", "secretRef"], "userdata")?;
    let network = document(
        store,
        vmi,
        source,
        ["networkData", "networkDataBase64", "networkDataSecretRef"],
        "networkdata",
    )?;
    let host = match text(vmi, "/spec/hostname") {
        "" => object::name(vmi),
        host => host,
    };
    let id = format!("{}.{}", object::name(vmi), object::namespace(vmi));
    Ok(Some(Seed {
        meta_data: format!("instance-id: {id}\nlocal-hostname: {host}\n"),
        user_data: user_data.unwrap_or_default(),
        network_data: network,
    }))
}

/// Inline text, base64, or a key of a Secret.
fn document(
    store: &Store,
    vmi: &Value,
    source: &Value,
    [plain, encoded, secret]: [&str; 3],
    secret_key: &str,
) -> Result<Option<String>, SpecError> {
    if let Some(text) = source[plain].as_str() {
        return Ok(Some(text.to_owned()));
    }
    let decode = |text: &str| STANDARD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    if let Some(text) = source[encoded].as_str() {
        return decode(text).map(Some).ok_or_else(|| SpecError::Impossible(format!("{encoded} is not text")));
    }
    let Some(name) = source[secret]["name"].as_str() else { return Ok(None) };
    let found = store.get(&Key::new(SECRETS.id(), object::namespace(vmi), name)).map_err(ApiError::from)?;
    let found = found.ok_or_else(|| SpecError::Wait(format!("secret \"{name}\" not found")))?;
    // KubeVirt reads either spelling of the key.
    let camel = if secret_key == "userdata" { "userData" } else { "networkData" };
    let value = found["data"][secret_key].as_str().or_else(|| found["data"][camel].as_str());
    let value = value.ok_or_else(|| SpecError::Wait(format!("secret \"{name}\" has no key {secret_key}")))?;
    decode(value)
        .map(Some)
        .ok_or_else(|| SpecError::Impossible(format!("secret \"{name}\": {secret_key} is not text")))
}

/// The address of the first interface: as asked for, else one that follows from the uid.
pub fn mac(vmi: &Value) -> String {
    let asked = items(vmi, "/spec/domain/devices/interfaces").first().map_or("", |i| text(i, "/macAddress"));
    if !asked.is_empty() {
        return asked.replace('-', ":").to_lowercase();
    }
    let uid: Vec<u8> = object::uid(vmi).bytes().filter(u8::is_ascii_hexdigit).take(10).collect();
    let pairs: Vec<String> = uid.chunks(2).map(|pair| String::from_utf8_lossy(pair).into_owned()).collect();
    format!("02:{}", pairs.join(":"))
}

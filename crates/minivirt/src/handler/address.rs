//! A loopback address for each guest, 127.77.a.b.
//!
//! Taken by a record in the store, so that no two live instances share one, and a guest keeps its address over a
//! restart of the engine. The first choice follows from the uid: restarts of a test find the same layout.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::Ipv4Addr;

use serde_json::{Value, json};

use crate::api::resources::VMIS;
use crate::api::status::ApiError;
use crate::object;
use crate::store::{Key, Store, Tx};

/// Pseudo resource of the records.
const ADDRESSES: &str = "addresses.minivirt";
/// .0 and .255 of the last byte are left out: some tools refuse them.
const HOSTS: u64 = 256 * 254;

/// The annotation that names an instance's address.
pub const ANNOTATION: &str = "minivirt.shepherd/address";

/// Gives an instance an address if it has none; false when all are taken.
pub fn take(tx: &mut Tx<'_>, vmi: &mut Value) -> Result<bool, ApiError> {
    if of(vmi).is_some() {
        return Ok(true);
    }
    let mut hasher = DefaultHasher::new();
    object::uid(vmi).hash(&mut hasher);
    let first = hasher.finish() % HOSTS;
    for step in 0..HOSTS {
        let index = (first + step) % HOSTS;
        let address = Ipv4Addr::new(127, 77, low_byte(index / 254), low_byte(index % 254) + 1);
        let key = Key::new(ADDRESSES, "", address.to_string());
        if tx.get(&key)?.is_none() {
            // The owner index finds it again when the instance is gone.
            let owner = json!({"kind": VMIS.kind, "name": object::name(vmi), "uid": object::uid(vmi)});
            tx.put(&key, json!({"metadata": {"name": key.name, "ownerReferences": [owner]}}))?;
            let annotations = object::child(&mut vmi["metadata"], "annotations", || json!({}));
            annotations[ANNOTATION] = json!(key.name);
            return Ok(true);
        }
    }
    Ok(false)
}

fn low_byte(value: u64) -> u8 {
    u8::try_from(value & 0xff).unwrap_or(0)
}

/// The address an instance already has.
pub fn of(vmi: &Value) -> Option<Ipv4Addr> {
    vmi["metadata"]["annotations"][ANNOTATION].as_str()?.parse().ok()
}

/// Gives back what an instance that is gone had taken.
pub async fn release(store: &Store, uid: &str) -> Result<(), ApiError> {
    for key in store.snapshot()?.dependents(uid)?.into_iter().filter(|key| key.resource == ADDRESSES) {
        store.transact(move |tx| tx.delete(&key).map(|_| ()).map_err(ApiError::from)).await?;
    }
    Ok(())
}

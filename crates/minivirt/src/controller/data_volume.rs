//! DataVolumes that are being deleted: first the disk, then the object.

use std::sync::Arc;

use super::Context;
use super::queue::Next;
use crate::api::resources::DATA_VOLUMES;
use crate::api::status::ApiError;
use crate::claims::DISK_FINALIZER;
use crate::object;
use crate::objects::{self, Write};
use crate::store::Key;

const MANAGER: &str = "virt-controller";

/// The controller.
pub struct Controller {
    context: Context,
}

impl Controller {
    /// Makes one.
    pub fn new(context: Context) -> Arc<Self> {
        Arc::new(Self { context })
    }

    /// Removes the disk of one volume, and then its finalizer. A disk in use cannot be removed: that is tried again.
    pub async fn sync(self: Arc<Self>, key: Key) -> Result<Next, ApiError> {
        let store = &self.context.store;
        let Some(volume) = store.get(&key)?.filter(object::deleting) else { return Ok(Next::Wait) };
        if !object::has_finalizer(&volume, DISK_FINALIZER) {
            return Ok(Next::Wait);
        }
        self.context.runtime.remove_claim(&key.namespace, &key.name).await.map_err(ApiError::internal)?;
        objects::modify(store, Write::engine(&DATA_VOLUMES, MANAGER), key, |volume| {
            object::remove_finalizer(volume, DISK_FINALIZER);
            true
        })
        .await?;
        Ok(Next::Wait)
    }
}

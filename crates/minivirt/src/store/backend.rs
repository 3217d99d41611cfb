//! The file under the store, and what "durable" means for it.

use std::io;
use std::ops::Bound;
use std::path::Path;

use redb::backends::FileBackend;
use redb::{BackendError, Builder, Database, StorageBackend};

use super::{Durability, StoreError};

pub(super) fn open(path: &Path, durability: Durability, cache_bytes: usize) -> Result<Database, StoreError> {
    let mut builder = Builder::new();
    builder.set_cache_size(cache_bytes);
    match durability {
        Durability::Disk => builder.create(path).map_err(StoreError::db),
        Durability::Process => {
            let file = std::fs::OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(path)
                .map_err(StoreError::db)?;
            let backend = Unsynced(FileBackend::new(file).map_err(StoreError::db)?);
            builder.create_with_backend(backend).map_err(StoreError::db)
        }
    }
}

/// A file whose writes reach the kernel but are not forced to the disk: enough to survive `kill -9`.
///
/// The locks are passed on as well: a backend that says it has none is opened without, and two engines that write one
/// file destroy it.
#[derive(Debug)]
struct Unsynced(FileBackend);

impl StorageBackend for Unsynced {
    fn len(&self) -> Result<u64, io::Error> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), io::Error> {
        self.0.read(offset, out)
    }

    fn set_len(&self, len: u64) -> Result<(), io::Error> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> Result<(), io::Error> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), io::Error> {
        self.0.write(offset, data)
    }

    fn close(&self) -> Result<(), io::Error> {
        self.0.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.try_lock_range(start, end)
    }

    fn try_lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.query_lock_range(start, end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_one_owner_however_its_writes_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        for durability in [Durability::Disk, Durability::Process] {
            let path = folder.path().join(format!("{durability:?}"));
            let open = || open(&path, durability, super::super::DEFAULT_CACHE_BYTES);
            let owner = open().unwrap();
            assert!(open().unwrap_err().is_held(), "{durability:?}");
            drop(owner);
            open().unwrap();
        }
    }
}

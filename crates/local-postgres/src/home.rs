//! Where a private server of a clone keeps its data.
//!
//! Normally `.dev/NAME` in the clone. Root's clone is often below `/root`, which the server's account may not
//! enter; then the data goes below `/var/lib/shepherd-dev`, in a folder named after the clone, and `.dev/NAME`
//! is a link to it so that a person finds it.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};

use crate::account::Account;
use crate::error::{At, Error};

/// The folder for the private server called `name` of the clone at `root`. It is created if need be.
pub fn private_home(root: &Path, name: &str) -> Result<PathBuf, Error> {
    let dev = root.join(".dev");
    fs::create_dir_all(&dev).at(&dev)?;
    let dev = dev.canonicalize().at(&dev)?;
    let near = dev.join(name);
    let home = match Account::choose()? {
        Account::Other { .. } if !reachable(&dev)? => {
            let far = Path::new("/var/lib/shepherd-dev").join(format!("{name}-{:016x}", hash(&dev)));
            if near.read_link().ok().as_deref() != Some(&far) && !near.exists() {
                symlink(&far, &near).at(&near)?;
            }
            far
        }
        _ => near,
    };
    fs::create_dir_all(&home).at(&home)?;
    home.canonicalize().at(&home)
}

/// Whether an account that owns none of it may enter this folder.
fn reachable(path: &Path) -> Result<bool, Error> {
    for part in path.ancestors() {
        if fs::metadata(part).at(part)?.mode() & 0o001 == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

fn hash(path: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_closed_folder_above_makes_a_path_unreachable() {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("a/b");
        fs::create_dir_all(&inner).unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o711)).unwrap();
        assert!(reachable(&inner).unwrap());
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).unwrap();
        assert!(!reachable(&inner).unwrap());
    }
}

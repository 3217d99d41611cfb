//! Whether the account of the guests can reach a file. Asked before a guest starts, because QEMU's own answer,
//! "Permission denied", does not say that a directory far above is closed, as `/root` is.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::config::Account;
use super::io_error;
use crate::launcher::RuntimeError;

const EXECUTE: u32 = 0o1;
const READ: u32 = 0o4;

/// Fails when `account` may not read the file `path` or not pass a directory on the way. Looks at the mode bits
/// only. Without an account of their own guests have ours, and that is not judged here.
pub(super) fn check(path: &Path, account: Option<Account>) -> Result<(), RuntimeError> {
    let Some(account) = account else { return Ok(()) };
    for (above, part) in path.ancestors().enumerate() {
        let wanted = if above == 0 && !part.is_dir() { READ } else { EXECUTE };
        let facts = std::fs::metadata(part).map_err(io_error(format!("looking at {}", part.display())))?;
        if !allows(&facts, account, wanted) {
            return Err(RuntimeError::Unsupported(format!(
                "guests run as user {}, which may not use {}; run the engine as an ordinary user or keep its data \
                 and images elsewhere",
                account.uid,
                part.display()
            )));
        }
    }
    Ok(())
}

fn allows(facts: &Metadata, account: Account, wanted: u32) -> bool {
    let shift = match (facts.uid() == account.uid, facts.gid() == account.gid) {
        _ if account.uid == 0 => return true,
        (true, _) => 6,
        (_, true) => 3,
        _ => 0,
    };
    facts.mode() >> shift & wanted != 0
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_closed_directory_on_the_way_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("kernel");
        std::fs::write(&file, "").unwrap();
        let set = |path: &Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap()
        };
        set(&file, 0o644);
        set(dir.path(), 0o700);
        let error = check(&file, Some(Account::NOBODY)).unwrap_err().to_string();
        assert!(error.contains(&*dir.path().to_string_lossy()), "{error}");
        assert!(check(&file, None).is_ok());
        set(dir.path(), 0o711);
        assert!(check(&file, Some(Account::NOBODY)).is_ok());
        set(&file, 0o640);
        assert!(check(&file, Some(Account::NOBODY)).is_err());
    }
}

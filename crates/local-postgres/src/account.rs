//! The operating-system account that the server runs as.
//!
//! PostgreSQL refuses to run as root. When we are root, the server runs as the system account `shepherd`, or
//! as Debian's `postgres` where set-up has not made ours; otherwise it runs as whoever we are.

use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use crate::error::{At, Error};

/// Whom the server's processes and files belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Account {
    /// We are not root: the server is ours.
    Own,
    /// We are root and lower ourselves to this account for the server.
    Other {
        /// User id.
        uid: u32,
        /// Primary group id.
        gid: u32,
    },
}

impl Account {
    /// The account for this process.
    pub fn choose() -> Result<Self, Error> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::Own);
        }
        let passwd = fs::read_to_string("/etc/passwd").at("/etc/passwd")?;
        ["shepherd", "postgres"].iter().find_map(|name| find(&passwd, name)).ok_or(Error::NoAccount)
    }

    /// A command that runs as this account, from `/` so that the caller's folder need not be readable.
    pub fn command(self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir("/");
        if let Self::Other { uid, gid } = self {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// Gives a file or folder to this account.
    pub fn own(self, path: &Path) -> Result<(), Error> {
        match self {
            Self::Own => Ok(()),
            Self::Other { uid, gid } => chown(path, Some(uid), Some(gid)).at(path),
        }
    }
}

fn find(passwd: &str, name: &str) -> Option<Account> {
    let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    let uid = fields.next()?.parse().ok()?;
    let gid = fields.next()?.parse().ok()?;
    Some(Account::Other { uid, gid })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let passwd =
            "root:x:0:0::/root:/bin/sh\nshepherds:x:7:7::/:/x\nshepherd:x:998:997::/nonexistent:/x\n";
        assert_eq!(find(passwd, "shepherd"), Some(Account::Other { uid: 998, gid: 997 }));
        assert_eq!(find(passwd, "postgres"), None);
    }
}

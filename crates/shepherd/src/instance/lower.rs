//! Running as an unprivileged account when started by root.
//!
//! PostgreSQL refuses to run as root, and nothing else here needs it. `scripts/run.sh` lowers itself before it starts us;
//! this is for `shepherd up` typed by root. The program is copied where the account cannot reach it.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use shepherd_local_postgres::Account;

use crate::failure::Failure;
use crate::up::Place;

/// Starts this program anew as the account, with the same arguments. Returns only when we are not root, or on failure.
pub fn lower(data: &Path, place: &Place) -> Result<(), Failure> {
    let account @ Account::Other { uid, gid } = Account::choose()? else { return Ok(()) };
    let failed = |error| Failure::io(data.display(), error);
    std::fs::create_dir_all(data).map_err(failed)?;
    account.own(data)?;
    if !account.command(Path::new("/bin/ls")).arg(data).output().is_ok_and(|output| output.status.success()) {
        let text = format!(
            "{} cannot be entered by the account that the parts run as; choose another directory with --data",
            data.display()
        );
        return Err(Failure::new("USAGE", text));
    }
    let program = std::env::current_exe().map_err(|error| Failure::io("this program's own file", error))?;
    let program = if may_run(account, &program) { program } else { copy(&program, data)? };
    let arguments = std::env::args_os().skip(1);
    let error = Command::new(&program)
        .args(arguments)
        .env("SHEPHERD_DATA_DIR", data)
        .env("HOME", data)
        .env("SHEPHERD_POSTGRES_DIR", &place.postgres_dir)
        .env("SHEPHERD_GUEST_IMAGE", &place.guest_image)
        .current_dir("/")
        .uid(uid)
        .gid(gid)
        .exec();
    Err(Failure::io(format!("{} cannot be run as another account", program.display()), error))
}

/// Whether the account can start the program, tried out: rights are too many to reason about.
fn may_run(account: Account, program: &Path) -> bool {
    account.command(program).arg("version").output().is_ok_and(|output| output.status.success())
}

fn copy(program: &Path, data: &Path) -> Result<PathBuf, Failure> {
    let copy = data.join("shepherd");
    let _ = std::fs::remove_file(&copy);
    std::fs::copy(program, &copy).map_err(|error| Failure::io(copy.display(), error))?;
    Ok(copy)
}

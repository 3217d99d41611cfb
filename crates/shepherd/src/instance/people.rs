//! Accounts that nobody signed in could make: they are written directly, through the same use case as `admin create`.

use std::path::PathBuf;

use secrecy::SecretString;
use shepherd_app::Settings;
use shepherd_app::install::NewAccount;
use shepherd_contract::runtime::Secret;
use shepherd_store::secrets::Keyring;

use crate::failure::Failure;
use crate::serve::{connect_once, open_app};

/// An account to make.
#[derive(Debug, Clone, Copy)]
pub struct Account {
    pub name: &'static str,
    pub display_name: &'static str,
    pub role: &'static str,
}

/// An account that was made now.
pub struct Made {
    pub name: &'static str,
    /// Good for one sign-in.
    pub password: Option<Secret>,
}

/// Makes those that are not there yet.
pub(super) async fn install(
    database: SecretString,
    root_key: PathBuf,
    people: &[Account],
    sample: bool,
) -> Result<Vec<Made>, Failure> {
    let keyring = Keyring::from_files(&[root_key])?;
    let app = open_app(connect_once(database).await?, keyring, Settings { sample, ..Settings::default() })?;
    let mut made = Vec::new();
    for person in people {
        let Account { name, display_name, role } = *person;
        match app.install_account(NewAccount { name, display_name, role, sample, password: None }).await {
            Ok(installed) => made.push(Made { name, password: installed.password }),
            Err(error) if error.code() == "NAME_TAKEN" => {}
            Err(error) => return Err(error.into()),
        }
    }
    app.db.close().await;
    Ok(made)
}

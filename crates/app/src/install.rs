//! Accounts that nobody signed in could make: the first administrator, and the sample organisation's people.
//!
//! Used by commands that run on the server's own machine, never by an HTTP operation. What they do is in the audit trail
//! as done by the system.

use secrecy::{ExposeSecret, SecretString};
use shepherd_contract::runtime::Secret;
use shepherd_domain::ids::PrincipalId;
use shepherd_store::bindings::{self, Holder, NewBinding};
use shepherd_store::events::Event;
use shepherd_store::people::NewPerson;
use shepherd_store::roles;

use crate::change::{Audit, SYSTEM};
use crate::people::insert;
use crate::{App, Error, Result};

/// An account to make, with one role in every environment.
pub struct NewAccount<'a> {
    pub name: &'a str,
    pub display_name: &'a str,
    pub role: &'a str,
    /// Signs in with a click on a loopback address, if the instance holds the sample organisation.
    pub sample: bool,
    /// Without one, an initial password is made, which must be changed at the first sign-in.
    pub password: Option<SecretString>,
}

/// An account that was made.
pub struct Installed {
    pub id: PrincipalId,
    /// The initial password, if one was made. It is nowhere else.
    pub password: Option<Secret>,
}

impl App {
    /// Makes an account. A taken name is `NAME_TAKEN`.
    pub async fn install_account(&self, new: NewAccount<'_>) -> Result<Installed> {
        check_name(new.name)?;
        let (initial, hash) = match &new.password {
            Some(chosen) => (None, self.hasher.hash(SecretString::from(chosen.expose_secret())).await?),
            None => self.initial_password().await.map(|(made, hash)| (Some(made), hash))?,
        };
        let mut change = self.system_change().await?;
        let role = roles::by_name(change.tx(), new.role).await?;
        let role =
            role.ok_or_else(|| Error::field("/role", "ROLE_UNKNOWN", "There is no role of this name."))?;
        let person = NewPerson {
            name: new.name,
            display_name: new.display_name,
            email: None,
            password_hash: &hash,
            // Nobody needs the password of a sample person, so nobody is asked to change it.
            must_change: initial.is_some() && !new.sample,
            sample: new.sample,
        };
        let id = insert(change.tx(), &person).await?;
        let binding = NewBinding {
            holder: Holder::Principal(id),
            role: role.id,
            environments: &[],
            granted_by: SYSTEM,
        };
        bindings::install(change.tx(), &binding).await?;
        let after = serde_json::json!({ "role": role.name, "all_environments": true });
        change.record(Audit::of("person", id, new.name).action("role.grant").after(after)).await?;
        change.event(Event::new("person", id, 1));
        let entry = Audit::of("person", id, new.name).action("user.create");
        change.commit(entry, ()).await?;
        Ok(Installed { id, password: initial })
    }
}

/// The rule of the contract (`CreatePerson.name`), for names that do not come through it.
fn check_name(name: &str) -> Result<()> {
    let rest = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    let good = (2..=60).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(rest);
    let text =
        "A name has 2 to 60 characters of a-z, 0-9, dot, hyphen and underscore, and begins with a letter.";
    if good { Ok(()) } else { Err(Error::field("/name", "NAME_INVALID", text)) }
}

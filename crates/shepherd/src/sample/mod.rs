//! The sample organisation: something to see in the first minute.
//!
//! Accounts are written directly, because nobody could sign in to make them; everything else goes through the HTTP API
//! as its people, marked as sample, with Idempotency-Keys made of names. What is done is noted in a journal, so that an
//! interrupted build goes on where it was.
//!
//! The story: `shop` is a small web shop. Its `test` environment is the cluster `local`, with a real guest; its
//! protected `prod` environment is the cluster `sim`, with a fleet of simulated VMs. Two requests wait for the approver, one
//! deletion waits for a second person, others have ended in every way a request can end.

pub mod catalogue;
pub mod crew;
mod fleet;
mod journal;
mod story;

use url::Url;

pub use crew::Crew;

use crate::failure::Failure;
use crate::instance::people::Account;
use crate::instance::{Directory, Instance};
use crate::up::Progress;

/// Who is there. The administrator also may approve in production, as the second of two for a deletion.
pub const PEOPLE: [Account; 4] = [
    Account { name: "engineer", display_name: "Erin Engineer", role: "engineer" },
    Account { name: "approver", display_name: "Alex Approver", role: "approver" },
    Account { name: "admin", display_name: "Ada Admin", role: "platform-admin" },
    Account { name: "auditor", display_name: "Otto Auditor", role: "auditor" },
];

/// An instance is made with the organisation or without; its people sign in differently, so it stays that way.
pub fn same_as_before(directory: &Directory, sample: bool) -> Result<(), Failure> {
    let path = directory.join("organisation");
    let wanted = if sample { "sample" } else { "empty" };
    match std::fs::read_to_string(&path) {
        Ok(before) if before.trim() != wanted => {
            let text = format!(
                "{} holds an instance that was made {} the sample organisation; choose another directory with --data",
                directory.path().display(),
                if sample { "without" } else { "with" },
            );
            Err(Failure::new("USAGE", text))
        }
        Ok(_) => Ok(()),
        Err(_) => crate::instance::write_private(&path, wanted),
    }
}

/// Whether some of these people cannot sign in yet.
pub async fn missing(server: &Url, people: &[Account]) -> Result<bool, Failure> {
    let connection = shepherd_cli::connect::connection(shepherd_cli::connect::http(server, None)?, server)?;
    let options = shepherd_contract::client::Client::new(connection).session().get_session_options().await?;
    let there = |person: &Account| options.sample_people.iter().any(|sample| sample.name == person.name);
    Ok(!people.iter().all(there))
}

/// Makes what is missing.
pub async fn build(instance: &Instance, vms: u32, say: &Progress) -> Result<(), Failure> {
    let crew = Crew::sign_in(&instance.url).await?;
    let catalogue = catalogue::ensure(&crew, &instance.clusters).await?;
    let journal = journal::Journal::open(instance.directory.join("sample.journal"), catalogue.fresh)?;
    if journal.has("complete") {
        return Ok(());
    }
    say.line("sample organisation: catalogue and clusters are there; asking for VMs");
    story::real_guest(&crew, &catalogue, &journal).await?;
    say.line("sample organisation: a real guest is on its way");
    story::test_requests(&crew, &catalogue, &journal).await?;
    fleet::ask(&crew, &catalogue, &journal, vms, say).await?;
    story::production(&crew, &catalogue, &journal).await?;
    journal.note("complete")?;
    say.line("sample organisation: complete");
    Ok(())
}

//! `shepherd doctor`: what this machine has of what `up` needs, and what to do about the rest.

mod checks;

use std::net::SocketAddr;

use clap::Args;

use crate::failure::Failure;
use crate::settings::Database;
use crate::up::Place;

#[derive(Debug, Args)]
pub struct DoctorArgs {
    #[command(flatten)]
    place: Place,
    /// Address the server would listen on
    #[arg(long, env = "SHEPHERD_LISTEN", default_value = "127.0.0.1:8787")]
    listen: SocketAddr,
    #[command(flatten)]
    database: Database,
}

/// What a check found.
pub enum Found {
    /// As it should be.
    Good(String),
    /// Works, but less well than it could.
    Note(String),
    /// `up` cannot work without it; says what to do.
    Bad(String),
}

pub async fn run(args: DoctorArgs) -> Result<(), Failure> {
    let (data, place) = args.place.resolve("run")?;
    let found = [
        ("PostgreSQL", checks::postgres(args.database.given()?, &place.postgres_dir).await),
        ("account", checks::account()),
        ("QEMU", checks::qemu()),
        ("KVM", checks::kvm(place.no_kvm).await),
        ("seed tool", checks::seed_tool()),
        ("guest image", checks::guest_image(&place.guest_image)),
        ("address", checks::address(args.listen)),
        ("disk", checks::disk(&data)),
        ("memory", checks::memory()),
    ];
    let mut bad = 0;
    for (what, found) in found {
        let (word, text) = match found {
            Found::Good(text) => ("ok", text),
            Found::Note(text) => ("note", text),
            Found::Bad(text) => {
                bad += 1;
                ("MISSING", text)
            }
        };
        println!("{word:<8} {what:<12} {text}");
    }
    match bad {
        0 => Ok(()),
        _ => Err(Failure::new("DOCTOR", "`shepherd up` will not work before that is repaired")),
    }
}

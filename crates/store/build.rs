//! Rebuilds the crate when a migration is added: `sqlx::migrate!` reads a directory Cargo does not watch.

fn main() {
    println!("cargo:rerun-if-changed=../../db/migrations");
}

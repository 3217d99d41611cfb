//! The command line. Every setting is a flag and an environment variable, so that `--help` lists them all.

use clap::{Parser, Subcommand};

use crate::{admin, demo, doctor, images, migrate, serve, sim, up};

/// Governance and self-service for virtual machines on KubeVirt
#[derive(Debug, Parser)]
#[command(name = "shepherd", version, propagate_version = true, max_term_width = 110)]
pub struct Arguments {
    #[command(flatten)]
    pub globals: shepherd_cli::Globals,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run everything on this machine: PostgreSQL, two embedded clusters, the server and a sample organisation
    Up(up::UpArgs),
    /// Drive the main job from the terminal against a fresh instance
    Demo(demo::DemoArgs),
    /// Run the server
    Serve(serve::ServeArgs),
    /// Bring the database's schema up to date, as its owner
    Migrate(migrate::MigrateArgs),
    /// What only somebody at the server's machine may do
    #[command(subcommand)]
    Admin(admin::Command),
    /// Simulate many clusters with VMs and faults, to rehearse against
    Sim(Box<sim::SimArgs>),
    /// The embedded cluster, for development and evaluation
    #[command(subcommand)]
    Minivirt(images::Command),
    /// Check what this machine has
    Doctor(doctor::DoctorArgs),
    /// Print a completion script for a shell
    Completion { shell: clap_complete::Shell },
    /// Print the version
    Version,
    #[command(flatten)]
    Client(shepherd_cli::Command),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn settings_may_come_before_or_after_the_command() {
        for line in [["shepherd", "-o", "json", "whoami"], ["shepherd", "whoami", "-o", "json"]] {
            assert!(Arguments::try_parse_from(line).is_ok(), "{line:?}");
        }
    }
}

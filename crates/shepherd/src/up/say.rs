//! What `up` says while it works: each line with the seconds since the start.

use std::time::Instant;

use crate::instance::Instance;
use crate::instance::people::{Account, Made};

/// Lines with times, on standard error.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    start: Instant,
}

impl Progress {
    /// Times are since `start`.
    pub fn new(start: Instant) -> Self {
        Self { start }
    }

    /// One line.
    pub fn line(&self, text: &str) {
        eprintln!("{:>7.1} s  {text}", self.start.elapsed().as_secs_f64());
    }

    /// Where it is and who can sign in.
    pub fn ready(&self, instance: &Instance, people: &[Account], made: &[Made]) {
        self.line(&format!("ready: {}", instance.url));
        let port = instance.url.port_or_known_default().unwrap_or_default();
        eprintln!();
        let passwords: Vec<_> =
            made.iter().filter_map(|m| m.password.as_ref().map(|p| (m.name, p))).collect();
        if people.len() > 1 {
            eprintln!("  Sample people sign in with one click, each at an address of their own:");
            for person in people {
                eprintln!("    {:<14} http://{}.localhost:{port}", person.display_name, person.name);
            }
        } else {
            for (name, password) in passwords {
                eprintln!(
                    "  Sign in as {name} with the initial password {} (shown only now).",
                    password.expose()
                );
            }
            for cluster in &instance.clusters {
                eprintln!("  Cluster {:<6} kubeconfig {}", cluster.name, cluster.kubeconfig_path().display());
            }
        }
        eprintln!("\n  API reference  {}api/reference", instance.url);
        eprintln!("  Data and logs  {}", instance.directory.path().display());
        eprintln!("  Ctrl-C stops everything.\n");
    }
}

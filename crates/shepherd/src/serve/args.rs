//! What an operator can tell `serve`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use ipnet::IpNet;
use shepherd_app::pools::CheckNetworks;
use shepherd_auth::address::TrustedProxies;
use shepherd_auth::origin::OwnOrigins;
use shepherd_auth::session::SessionLimits;
use shepherd_server::TlsFiles;
use url::Url;

use crate::failure::Failure;
use crate::logs::LogArgs;
use crate::settings::{Database, RootKeys};

#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Address to listen on
    #[arg(long, env = "SHEPHERD_LISTEN", default_value = "127.0.0.1:8787")]
    pub listen: SocketAddr,
    /// Address under which people reach the console; can be repeated
    #[arg(long, env = "SHEPHERD_PUBLIC_URL", value_delimiter = ',')]
    pub public_url: Vec<Url>,
    /// Certificate chain in PEM; with it the server speaks TLS itself. Read again when it changes
    #[arg(long, env = "SHEPHERD_TLS_CERT_FILE", requires = "tls_key", help_heading = "TLS")]
    pub tls_cert: Option<PathBuf>,
    /// Private key in PEM
    #[arg(long, env = "SHEPHERD_TLS_KEY_FILE", requires = "tls_cert", help_heading = "TLS")]
    pub tls_key: Option<PathBuf>,
    /// Network of reverse proxies that are believed about addresses and TLS; can be repeated
    #[arg(
        long,
        value_name = "NETWORK",
        env = "SHEPHERD_TRUSTED_PROXY",
        value_delimiter = ',',
        help_heading = "TLS"
    )]
    pub trusted_proxy: Vec<IpNet>,
    #[command(flatten)]
    pub keys: RootKeys,
    #[command(flatten)]
    pub database: Database,
    /// Act as this role, where the address signs in as a member of it
    #[arg(long, env = "SHEPHERD_DATABASE_ROLE", help_heading = "Database")]
    pub database_role: Option<String>,
    /// Database connections at most
    #[arg(long, env = "SHEPHERD_DATABASE_CONNECTIONS", default_value_t = 16, help_heading = "Database",
          value_parser = clap::value_parser!(u32).range(4..=500))]
    pub database_connections: u32,
    /// Jobs worked at the same time
    #[arg(long, env = "SHEPHERD_WORKERS", default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub workers: u32,
    /// Minutes without a request after which a session ends
    #[arg(long, env = "SHEPHERD_SESSION_IDLE_MINUTES", default_value_t = 480, help_heading = "Sessions")]
    pub session_idle_minutes: u64,
    /// Hours after signing in at which a session ends in any case
    #[arg(long, env = "SHEPHERD_SESSION_HOURS", default_value_t = 168, help_heading = "Sessions")]
    pub session_hours: u64,
    /// A file that remembers the audit log's checkpoints, best on another machine's disk; can be repeated
    #[arg(
        long,
        value_name = "FILE",
        env = "SHEPHERD_AUDIT_WITNESS_FILE",
        value_delimiter = ',',
        help_heading = "Audit"
    )]
    pub audit_witness_file: Vec<PathBuf>,
    /// Network that checks of pools must not reach at the members' addresses, such as the servers' own; can be repeated
    #[arg(
        long,
        value_name = "NETWORK",
        env = "SHEPHERD_CHECK_REFUSED_NETWORK",
        value_delimiter = ',',
        help_heading = "Pools"
    )]
    pub check_refused_network: Vec<IpNet>,
    /// Network that checks of pools may reach although such addresses are refused, as loopback is; can be repeated
    #[arg(
        long,
        value_name = "NETWORK",
        env = "SHEPHERD_CHECK_ALLOWED_NETWORK",
        value_delimiter = ',',
        help_heading = "Pools"
    )]
    pub check_allowed_network: Vec<IpNet>,
    #[command(flatten)]
    pub logs: LogArgs,
    /// Sample people sign in with a click; only on a loopback address
    #[arg(long, env = "SHEPHERD_SAMPLE", hide = true)]
    pub sample: bool,
    /// End when standard input does: `up` holds the other end
    #[arg(long, hide = true)]
    pub until_stdin_closes: bool,
}

impl ServeArgs {
    /// What cannot be said by the types.
    pub fn check(&self) -> Result<(), Failure> {
        let loopback = self.listen.ip().is_loopback();
        if self.sample && !loopback {
            let text =
                "the sample organisation signs in without a password; listen on a loopback address with it";
            return Err(Failure::new("SAMPLE_NOT_LOOPBACK", text));
        }
        if !loopback && self.tls_cert.is_none() && self.trusted_proxy.is_empty() {
            tracing::warn!(
                "plain HTTP on {} without a declared proxy: nobody can sign in. Set --tls-cert and --tls-key, or --trusted-proxy",
                self.listen
            );
        }
        Ok(())
    }

    /// How the server is reached.
    pub fn server_settings(&self) -> shepherd_server::Settings {
        let local_only = self.listen.ip().is_loopback() && self.trusted_proxy.is_empty();
        shepherd_server::Settings {
            tls: self.tls_cert.is_some(),
            proxies: TrustedProxies::new(self.trusted_proxy.iter().copied()),
            origins: OwnOrigins::new(self.public_url.iter().cloned(), local_only),
        }
    }

    /// Certificate and key, if the server speaks TLS itself.
    pub fn tls_files(&self) -> Option<TlsFiles> {
        let (certificate, key) = (self.tls_cert.clone()?, self.tls_key.clone()?);
        Some(TlsFiles { certificate, key })
    }

    /// What the application is told.
    pub fn app_settings(&self) -> shepherd_app::Settings {
        shepherd_app::Settings {
            sessions: self.sessions(),
            sample: self.sample,
            checks: CheckNetworks {
                refused: self.check_refused_network.clone(),
                allowed: self.check_allowed_network.clone(),
            },
        }
    }

    /// How long people stay signed in.
    fn sessions(&self) -> SessionLimits {
        SessionLimits {
            idle: Duration::from_secs(self.session_idle_minutes.saturating_mul(60)),
            absolute: Duration::from_secs(self.session_hours.saturating_mul(3600)),
        }
    }

    /// How the queue is worked.
    pub fn jobs(&self) -> shepherd_jobs::Config {
        shepherd_jobs::Config { workers: usize::try_from(self.workers).unwrap_or(32), ..Default::default() }
    }
}

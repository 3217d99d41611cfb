//! `shepherd up`: everything on this machine, for people.

mod say;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

pub use say::Progress;

use crate::failure::Failure;
use crate::instance::people::Account;
use crate::instance::{Directory, Instance, Plan, lower, stop_database};
use crate::settings::Database;
use crate::{parent, sample};

#[derive(Debug, Args)]
pub struct UpArgs {
    #[command(flatten)]
    place: Place,
    /// Address of the server
    #[arg(long, env = "SHEPHERD_LISTEN", default_value = "127.0.0.1:8787")]
    listen: SocketAddr,
    /// Without the sample organisation: an administrator and nothing else
    #[arg(long)]
    empty: bool,
    /// Simulated VMs of the sample organisation
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(0..=5000))]
    vms: u32,
    #[command(flatten)]
    database: Database,
}

/// Where things are on this machine.
#[derive(Debug, Clone, Args)]
pub struct Place {
    /// Directory for everything; `.dev/run` in the current directory if left out
    #[arg(long = "data", value_name = "DIR", env = "SHEPHERD_DATA_DIR")]
    pub data: Option<PathBuf>,
    /// Where set-up unpacked PostgreSQL, for machines without one of 15 or newer
    #[arg(long, env = "SHEPHERD_POSTGRES_DIR", default_value = ".dev/postgres")]
    pub postgres_dir: PathBuf,
    /// The demo guest's image, made by scripts/guest-image.sh
    #[arg(long, env = "SHEPHERD_GUEST_IMAGE", default_value = ".dev/guest")]
    pub guest_image: PathBuf,
    /// Emulate even where hardware virtualisation works
    #[arg(long)]
    pub no_kvm: bool,
}

impl Place {
    /// The directory to use, and paths that stay right when the current directory changes.
    pub fn resolve(mut self, name: &str) -> Result<(PathBuf, Self), Failure> {
        let here = std::env::current_dir().map_err(|error| Failure::io("the current directory", error))?;
        let data = match &self.data {
            Some(data) => here.join(data),
            None => shepherd_local_postgres::private_home(&here, name)?,
        };
        self.postgres_dir = here.join(&self.postgres_dir);
        self.guest_image = here.join(&self.guest_image);
        Ok((data, self))
    }
}

const ADMIN: [Account; 1] =
    [Account { name: "admin", display_name: "Administrator", role: "platform-admin" }];

pub async fn run(args: UpArgs) -> Result<(), Failure> {
    let start = Instant::now();
    let (data, place) = args.place.resolve("run")?;
    lower::lower(&data, &place)?;
    let stop = parent::stop_signal(false)?.token;
    let say = Progress::new(start);
    let directory = Directory::open(&data)?;
    let plan = Plan {
        listen: args.listen,
        database_url: args.database.given()?,
        postgres_dir: place.postgres_dir,
        guest_image: place.guest_image,
        no_kvm: place.no_kvm,
        sample: !args.empty,
        throwaway: false,
        announce: true,
    };
    sample::same_as_before(&directory, plan.sample)?;
    let tell = |text: &str| say.line(text);
    if !plan.guest_image.join("image.json").exists() {
        tell(&format!(
            "no guest image in {}: real guests will not boot. Run scripts/setup.sh guest",
            plan.guest_image.display()
        ));
    }
    let started = tokio::select! {
        started = Instance::start(directory, plan.clone(), &tell) => started.map(Some),
        () = stop.cancelled() => Ok(None),
    };
    let instance = match started {
        Ok(Some(instance)) => instance,
        // The children end with us; PostgreSQL is nobody's child.
        other => return stop_database(&data, &plan).await.and(other.map(drop)),
    };
    let ended = tokio::select! {
        ended = serve_people(&instance, args.empty, args.vms, &say) => ended,
        () = stop.cancelled() => Ok(()),
    };
    say.line("stopping: server, clusters with their guests, PostgreSQL (Ctrl-C again: now)");
    let again = async { tokio::signal::ctrl_c().await };
    tokio::select! {
        stopped = instance.stop() => stopped?,
        _ = again => return ended,
    }
    say.line("stopped; the next start finds everything again");
    ended
}

/// Says who can sign in and makes the sample organisation. Does not end by itself.
async fn serve_people(instance: &Instance, empty: bool, vms: u32, say: &Progress) -> Result<(), Failure> {
    let people: &[Account] = if empty { &ADMIN } else { &sample::PEOPLE };
    let made = match sample::missing(&instance.url, people).await? {
        false => Vec::new(),
        true => instance.install(people).await?,
    };
    say.ready(instance, people, &made);
    if !empty && let Err(failure) = sample::build(instance, vms, say).await {
        say.line(&format!(
            "the sample organisation is incomplete: {failure}. The next start goes on with it."
        ));
    }
    std::future::pending().await
}

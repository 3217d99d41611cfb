//! `shepherd demo`: the main job from the terminal, against a fresh instance, each step with its time.
//!
//! It uses nothing but the HTTP API and the consoles, as people and programs do, and ends with an error at the first thing
//! that is not as it should be. The instance is thrown away afterwards; after an error it is kept for a look.

mod cluster;
mod guest;
mod ops;
mod proof;
mod request;
mod stage;
mod steps;

use clap::Args;

use crate::failure::Failure;
use crate::instance::{Directory, Instance, Plan, free_port, lower, stop_database};
use crate::parent;
use crate::up::Place;
use stage::Stage;
use steps::Steps;

#[derive(Debug, Args)]
pub struct DemoArgs {
    #[command(flatten)]
    place: Place,
}

pub async fn run(args: DemoArgs) -> Result<(), Failure> {
    let (data, place) = args.place.resolve("demo")?;
    lower::lower(&data, &place)?;
    std::fs::create_dir_all(&data).map_err(|error| Failure::io(data.display(), error))?;
    let stop = parent::stop_signal(false)?.token;
    let home = tempfile::Builder::new().prefix("instance-").tempdir_in(&data);
    let home = home.map_err(|error| Failure::io(data.display(), error))?;
    let directory = Directory::open(home.path())?;
    let path = directory.path().to_owned();
    let plan = Plan {
        listen: ([127, 0, 0, 1], free_port()?).into(),
        database_url: None,
        postgres_dir: place.postgres_dir,
        guest_image: place.guest_image,
        no_kvm: place.no_kvm,
        sample: true,
        throwaway: true,
        announce: false,
    };
    let steps = Steps::begin();
    let started = tokio::select! {
        started = steps.step("Start a fresh Shepherd", async || Instance::start(directory, plan.clone(), &|_| {}).await) => started,
        () = stop.cancelled() => Err(Failure::new("INTERRUPTED", "stopped")),
    };
    let instance = match started {
        Ok(instance) => instance,
        Err(failure) => {
            stop_database(&path, &plan).await?;
            return Err(kept(home, failure));
        }
    };
    steps.note(&format!("{} with PostgreSQL and the clusters local and sim", instance.url));
    let told = tokio::select! {
        told = tell(&steps, &instance, &data) => told,
        () = stop.cancelled() => Err(Failure::new("INTERRUPTED", "stopped")),
    };
    let stopped = instance.stop().await;
    match told.and(stopped) {
        Ok(()) => {
            steps.end();
            Ok(())
        }
        Err(failure) => Err(kept(home, failure)),
    }
}

/// After an error people want to see the logs.
fn kept(home: tempfile::TempDir, failure: Failure) -> Failure {
    let path = home.keep();
    Failure::new(
        "DEMO_FAILED",
        format!("{failure}\nWhat is left of the instance, logs above all, is in {}", path.display()),
    )
}

async fn tell(steps: &Steps, instance: &Instance, data: &std::path::Path) -> Result<(), Failure> {
    let stage = Stage::prepare(steps, instance).await?;
    let first = request::first_vm(steps, &stage).await?;
    guest::console(steps, &stage, &first).await?;
    guest::screenshot(steps, &stage, &first, data).await?;
    ops::modify(steps, &stage, &first).await?;
    ops::stop_and_start(steps, &stage, &first).await?;
    ops::killed_server(steps, &stage, instance).await?;
    ops::delete(steps, &stage, instance, &first).await?;
    ops::audit(steps, &stage, &first).await?;
    proof::tampered_export(steps, &stage, instance, data).await
}

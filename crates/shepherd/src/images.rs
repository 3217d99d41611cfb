//! `shepherd minivirt`: the embedded cluster as a process of its own, and its images.

use clap::{Args, Subcommand};
use shepherd_minivirt::cli::{Command as Engine, ImageArgs, ServeArgs};

use crate::failure::Failure;
use crate::logs::{self, LogArgs, LogFormat};
use crate::parent::{self, Told};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run an embedded cluster until it is told to stop; guests outlive it
    Serve(Box<EngineArgs>),
    /// Manage the images guests start from
    Image(ImageArgs),
}

#[derive(Debug, Args)]
pub struct EngineArgs {
    #[command(flatten)]
    serve: ServeArgs,
    #[command(flatten)]
    logs: LogArgs,
    /// End when standard input does: `up` holds the other end
    #[arg(long, hide = true)]
    until_stdin_closes: bool,
    /// End guests when told to stop by a signal
    #[arg(long, hide = true)]
    stop_guests: bool,
}

pub async fn minivirt(command: Command) -> Result<(), Failure> {
    match command {
        Command::Image(args) => {
            let done = shepherd_minivirt::cli::run(Engine::Image(args), &mut std::io::stdout()).await;
            done.map_err(|error| Failure::new("MINIVIRT_IMAGE", error.to_string()))
        }
        Command::Serve(args) => serve(*args).await,
    }
}

async fn serve(args: EngineArgs) -> Result<(), Failure> {
    let format = args.logs.log_format;
    logs::begin(&args.logs)?;
    let stop = parent::stop_signal(args.until_stdin_closes)?;
    let config = args.serve.config();
    let listen = config.listen;
    let started = shepherd_minivirt::start(config).await;
    let (handle, task) = started.map_err(|error| match error {
        shepherd_minivirt::EngineError::Listen { source, .. } => Failure::port(listen, &source, "--listen"),
        error => Failure::new("MINIVIRT_START", error.to_string()),
    })?;
    if format == LogFormat::Text {
        println!("minivirt serves {}\nexport KUBECONFIG={}", handle.url, handle.kubeconfig.display());
    }
    let told = stop.told().await;
    // Told to stop guests too, and not merely orphaned: whoever starts the next engine finds the guests of an orphan.
    match args.stop_guests && told == Told::Signal {
        true => handle.stop_with_guests(),
        false => handle.stop(),
    }
    task.await.map_err(|error| Failure::new("MINIVIRT_ENDED", error.to_string()))
}

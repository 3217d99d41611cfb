//! The one binary: wires the parts together and holds no rule of its own.
//!
//! Commands that run on the server's machine are here (`serve`, `migrate`, `admin`, `up`, `demo`, `sim`, `minivirt`, `doctor`);
//! commands for people who use a server somewhere are `shepherd_cli`.

mod admin;
mod arguments;
mod demo;
mod doctor;
mod failure;
mod images;
mod instance;
mod logs;
mod migrate;
mod parent;
mod sample;
mod serve;
mod settings;
mod sim;
mod up;

use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use arguments::{Arguments, Command};
use failure::Failure;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // Several libraries speak TLS; all shall use the same provider. Fails only if there is one already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: this program cannot start its threads: {error}");
            return ExitCode::FAILURE;
        }
    };
    let code = match runtime.block_on(run(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            failure.exit()
        }
    };
    // A thread may be waiting for the keyboard; nothing of value is left to wait for.
    runtime.shutdown_background();
    code
}

async fn run(arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        Command::Serve(args) => serve::run(args).await,
        Command::Migrate(args) => migrate::run(args).await,
        Command::Admin(command) => admin::run(command).await,
        Command::Up(args) => up::run(args).await,
        Command::Demo(args) => demo::run(args).await,
        Command::Sim(args) => sim::run(*args, &arguments.globals).await,
        Command::Minivirt(command) => images::minivirt(command).await,
        Command::Doctor(args) => doctor::run(args).await,
        Command::Completion { shell } => {
            // Into memory first: the library panics when whoever reads has seen enough.
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "shepherd", &mut script);
            let _ = std::io::stdout().write_all(&script);
            Ok(())
        }
        Command::Version => {
            println!("shepherd {}", env!("CARGO_PKG_VERSION"));
            Ok(())
        }
        Command::Client(command) => Ok(shepherd_cli::run(command, &arguments.globals).await?),
    }
}

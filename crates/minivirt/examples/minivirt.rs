//! minivirt by itself: `cargo run -p shepherd-minivirt --example minivirt -- serve --data DIR --runtime simulated`.

use clap::Parser;
use shepherd_minivirt::cli::{self, CliError, Command};

#[derive(Parser)]
#[command(name = "minivirt", about = "An embedded KubeVirt-compatible cluster")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[tokio::main]
async fn main() -> Result<(), CliError> {
    cli::run(Arguments::parse().command, &mut std::io::stdout()).await
}

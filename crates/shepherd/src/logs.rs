//! What this process says about itself: JSON lines for machines, short lines for people. Always on standard error.

use clap::{Args, ValueEnum};
use tracing_subscriber::EnvFilter;

use crate::failure::Failure;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

#[derive(Debug, Clone, Args)]
pub struct LogArgs {
    /// How log lines look
    #[arg(long, value_enum, default_value_t = LogFormat::Json, env = "SHEPHERD_LOG_FORMAT", help_heading = "Logs")]
    pub log_format: LogFormat,
    /// What is logged, such as `info` or `info,shepherd_server=debug`
    #[arg(long, default_value = "info,memory_serve=warn", env = "SHEPHERD_LOG", help_heading = "Logs")]
    pub log: String,
}

/// Begins to log. Panics are logged too: a task that panics is otherwise a silent one.
pub fn begin(args: &LogArgs) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&args.log);
    let filter = filter.map_err(|error| Failure::new("USAGE", format!("--log {}: {error}", args.log)))?;
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match args.log_format {
        LogFormat::Json => logs.json().flatten_event(true).with_span_list(false).init(),
        LogFormat::Text => logs.with_target(false).compact().init(),
    }
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let text = panic.payload_as_str().unwrap_or("no message");
        tracing::error!(panic.place = place, panic.text = text, "a defect of ours");
    }));
    Ok(())
}

//! Runs the function: Lambda starts this program, and ends it.

use std::io::{self, Write};
use std::process::ExitCode;

use lambda_http::{Error, lambda_runtime};
use lambda_receiver::{Guard, app};
use receiver_support::Config;
use tokio::runtime;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::{FilterExt, filter_fn};
use tracing_subscriber::prelude::*;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If standard error is gone there is nobody left to tell.
            let _ = writeln!(io::stderr(), "lambda-receiver: {error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), Error> {
    let Config { webhook, log, .. } = Config::from_env()?;
    // CloudWatch has the time.
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).without_time();
    tracing_subscriber::registry().with(lines.with_filter(log.and(filter_fn(is_without_secrets)))).init();

    // The keys are read once: what a function is configured with is changed by starting another.
    let service = Guard::new(app(webhook.into_verifier()));
    // One event at a time.
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(lambda_runtime::run(service))
}

/// At TRACE the runtime logs every event as it came, with the signature and the credentials.
fn is_without_secrets(metadata: &Metadata<'_>) -> bool {
    *metadata.level() != Level::TRACE || !metadata.target().starts_with("lambda_runtime")
}

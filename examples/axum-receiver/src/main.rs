//! Runs the receiver until it is told to stop.

use std::process::ExitCode;

fn main() -> ExitCode {
    receiver_support::run("axum-receiver", || Ok(axum_receiver::serve))
}

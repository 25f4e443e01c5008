//! Runs the receiver until it is told to stop.

use std::process::ExitCode;

fn main() -> ExitCode {
    receiver_support::run("axum-receiver", async |_| Ok(axum_receiver::serve))
}

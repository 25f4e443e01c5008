//! Runs the receiver until it is told to stop.

use std::process::ExitCode;

fn main() -> ExitCode {
    receiver_support::run("axum-receiver", async |listener, verifier, stop| {
        Ok(axum_receiver::serve(listener, verifier, stop).await?)
    })
}

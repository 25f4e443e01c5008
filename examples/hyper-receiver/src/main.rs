//! Runs the receiver until it is told to stop.

use std::process::ExitCode;

fn main() -> ExitCode {
    receiver_support::run("hyper-receiver", async |listener, verifier, stop| {
        hyper_receiver::serve(listener, verifier, stop).await;
        Ok(())
    })
}

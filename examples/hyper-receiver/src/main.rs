//! Runs the receiver until it is told to stop.

use std::process::ExitCode;

fn main() -> ExitCode {
    receiver_support::run("hyper-receiver", async |_| Ok(hyper_receiver::serve))
}

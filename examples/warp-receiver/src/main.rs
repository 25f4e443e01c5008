//! Runs the receiver until it is told to stop.

use std::process::ExitCode;

fn main() -> ExitCode {
    receiver_support::run("warp-receiver", || Ok(warp_receiver::serve))
}

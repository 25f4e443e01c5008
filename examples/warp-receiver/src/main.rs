//! Runs the receiver until it is told to stop.

use std::process::ExitCode;

fn main() -> ExitCode {
    receiver_support::run("warp-receiver", async |_| Ok(warp_receiver::serve))
}

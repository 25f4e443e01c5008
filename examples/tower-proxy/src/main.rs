//! Runs the proxy until it is told to stop.

use std::process::ExitCode;

use tower_proxy::{Upstream, serve};

fn main() -> ExitCode {
    receiver_support::run("tower-proxy", async |_| {
        let upstream = Upstream::from_vars(|name| std::env::var(name).ok())?;
        Ok(async |listener, verifier, stop| serve(listener, verifier, stop, upstream).await)
    })
}

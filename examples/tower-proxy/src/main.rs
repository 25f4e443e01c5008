//! Runs the proxy until it is told to stop.

use std::process::ExitCode;

use tower_proxy::{Upstream, serve};

fn main() -> ExitCode {
    receiver_support::run("tower-proxy", async |listener, verifier, stop| {
        let upstream = Upstream::from_vars(|name| std::env::var(name).ok())?;
        serve(listener, verifier, stop, upstream).await;
        Ok(())
    })
}

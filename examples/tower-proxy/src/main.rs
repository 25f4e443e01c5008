//! Runs the proxy until it is told to stop.

use std::process::ExitCode;

use untis_webhook_proxy::Upstream;

fn main() -> ExitCode {
    receiver_support::run("tower-proxy", async |_| {
        let upstream: Upstream = std::env::var("UPSTREAM")
            .unwrap_or_default()
            .parse()
            .map_err(|error| format!("UPSTREAM: {error}"))?;
        Ok(async |listener, verifier, stop| tower_proxy::serve(listener, verifier, stop, upstream).await)
    })
}

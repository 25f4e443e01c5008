//! Runs the receiver until it is told to stop.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use axum_receiver::{Config, app};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;
use untis_webhook_axum::Verifier;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If standard error is gone there is nobody left to tell.
            let _ = writeln!(io::stderr(), "axum-receiver: {error}");
            ExitCode::from(2)
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).init();

    let config = Config::from_vars(|name| std::env::var(name).ok())?;
    let stop = stop_signal()?;
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|error| format!("cannot listen on {}: {error}", config.listen))?;
    let keys = config.keys.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>().join(", ");
    tracing::info!(address = %listener.local_addr()?, keys, "listening");

    axum::serve(listener, app(Verifier::new(config.keys))).with_graceful_shutdown(stop).await?;
    tracing::info!("stopped");
    Ok(())
}

/// Resolves on SIGINT or SIGTERM, from now on. Requests that have begun are answered then, and no more are
/// taken.
#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Resolves on Ctrl-C. Requests that have begun are answered then, and no more are taken.
#[cfg(not(unix))]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    })
}

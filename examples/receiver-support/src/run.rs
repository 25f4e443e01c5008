use std::error::Error;
use std::io::{self, Write};
use std::pin::Pin;
use std::process::ExitCode;

use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;
use untis_webhook::Verifier;

use crate::Config;

/// Resolves when the receiver is to stop.
pub type Stop = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs a receiver: reads the configuration, listens, and serves until SIGINT or SIGTERM.
///
/// What goes wrong before that is said on standard error, after the receiver's name, and is exit code 2.
pub fn run<F>(name: &str, serve: impl FnOnce(TcpListener, Verifier, Stop) -> F) -> ExitCode
where
    F: Future<Output = Result<(), Box<dyn Error>>>,
{
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(name, &error),
    };
    match runtime.block_on(try_run(serve)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(name, &*error),
    }
}

fn fail(name: &str, error: &dyn Error) -> ExitCode {
    // If standard error is gone there is nobody left to tell.
    let _ = writeln!(io::stderr(), "{name}: {error}");
    ExitCode::from(2)
}

async fn try_run<F>(serve: impl FnOnce(TcpListener, Verifier, Stop) -> F) -> Result<(), Box<dyn Error>>
where
    F: Future<Output = Result<(), Box<dyn Error>>>,
{
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).init();

    let config = Config::from_env()?;
    let stop = stop_signal()?;
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|error| format!("cannot listen on {}: {error}", config.listen))?;
    let keys = config.webhook.keys.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>().join(", ");
    tracing::info!(address = %listener.local_addr()?, keys, "listening");

    serve(listener, config.webhook.into_verifier(), Box::pin(stop)).await?;
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

use std::error::Error;
use std::io::{self, Write};
use std::pin::Pin;
use std::process::ExitCode;

use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use untis_webhook::{KeySet, Verifier};
use untis_webhook_config::Config as Webhook;

use crate::Config;

/// Resolves when the receiver is to stop.
pub type Stop = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs a receiver: reads the configuration, listens, and serves until SIGINT or SIGTERM.
///
/// `prepare` reads what the receiver has to be told besides, opens what it needs, and gives the function that serves.
///
/// What goes wrong before it listens is said on standard error, after the receiver's name, and is exit code 2.
pub fn run<S>(name: &str, prepare: impl AsyncFnOnce(&Webhook) -> Result<S, Box<dyn Error>>) -> ExitCode
where
    S: AsyncFnOnce(TcpListener, Verifier, Stop),
{
    match try_run(prepare) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If standard error is gone there is nobody left to tell.
            let _ = writeln!(io::stderr(), "{name}: {error}");
            ExitCode::from(2)
        }
    }
}

fn try_run<S>(prepare: impl AsyncFnOnce(&Webhook) -> Result<S, Box<dyn Error>>) -> Result<(), Box<dyn Error>>
where
    S: AsyncFnOnce(TcpListener, Verifier, Stop),
{
    let Config { webhook, listen, log } = Config::from_env()?;
    tracing_subscriber::fmt().with_env_filter(log).with_ansi(false).init();

    let runtime = Runtime::new()?;
    runtime.block_on(async {
        let serve = prepare(&webhook).await?;
        let stop = stop_signal()?;
        let listener = TcpListener::bind(listen).await;
        let listener = listener
            .map_err(|error| format!("cannot listen on {listen}: {error}: LISTEN names another address"))?;
        let names = |keys: &KeySet| keys.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>().join(", ");
        tracing::info!(address = %listener.local_addr()?, keys = names(&webhook.keys), "listening");

        let (verifier, _watch) = webhook.into_watched_verifier(move |reloaded| match reloaded {
            Ok(keys) => tracing::info!(keys = names(keys), "other keys are trusted from now on"),
            Err(error) => tracing::warn!(%error, "the keys of before are trusted on"),
        })?;
        serve(listener, verifier, Box::pin(stop)).await;
        tracing::info!("stopped");
        Ok::<_, Box<dyn Error>>(())
    })?;
    // Whatever still runs, such as the resolution of a name, is not waited for.
    runtime.shutdown_background();
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

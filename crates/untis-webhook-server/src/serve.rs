//! From the settings to the end: what is opened, in which order it is served, and in which it stops.

use std::io::{self, Write};
use std::mem;
use std::process::ExitCode;
use std::sync::Arc;

use tokio::runtime::Runtime;
use untis_webhook_serve::causes;

use self::daemon::Daemon;
use self::error::StartError;
use self::sockets::Sockets;
use self::stop::{HangUps, Signals};
use crate::settings::Settings;
use crate::var;

pub(crate) mod daemon;
mod deliveries;
pub(crate) mod error;
mod log;
mod proxy;
mod reloaded;
pub(crate) mod sockets;
pub(crate) mod stop;
#[cfg_attr(not(unix), path = "serve/no_systemd.rs")]
mod systemd;
pub(crate) mod tenants;
mod work;

/// Runs until SIGINT or SIGTERM, and has the settings read again at SIGHUP or when a file changed.
///
/// What goes wrong before the first connection is taken is said on standard error, in one sentence, and is exit code 2.
pub(crate) fn serve(settings: Settings) -> ExitCode {
    match try_serve(settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If standard error is gone there is nobody left to tell.
            let _ = writeln!(io::stderr(), "untis-webhookd: {}", causes(&error));
            ExitCode::from(2)
        }
    }
}

fn try_serve(mut settings: Settings) -> Result<(), StartError> {
    log::init(mem::take(&mut settings.log), settings.log_format);
    let sockets = Sockets::take()?;
    let config = settings.source.config.clone();
    let read = Arc::new(move || Settings::read(config.as_deref(), var));
    let runtime = Runtime::new().map_err(StartError::Runtime)?;
    runtime.block_on(async {
        let mut signals = Signals::new().map_err(StartError::Runtime)?;
        let hang_ups = HangUps::new().map_err(StartError::Runtime)?;
        // A database can be long in answering.
        let daemon = tokio::select! {
            opened = Daemon::open(settings, sockets) => opened?,
            () = signals.next() => return Ok(()),
        };
        let daemon = daemon.reading_again(read, hang_ups);
        systemd::ready();
        let stop = async {
            signals.next().await;
            systemd::stopping();
        };
        tokio::select! {
            () = daemon.run_until(stop) => {}
            () = systemd::alive() => {}
        }
        Ok::<_, StartError>(())
    })?;
    // Whatever still runs, such as the resolution of a name, is not waited for.
    runtime.shutdown_background();
    Ok(())
}

//! `untis-webhookd`: receives, verifies and handles the webhooks of the Untis Platform, for an application in any
//! language. Unofficial: not affiliated with Untis.

mod admin;
mod api;
mod args;
mod commands;
mod config;
mod metrics;
mod notify;
mod serve;
mod settings;
#[cfg(test)]
mod tests;
mod time;

use std::env::{self, VarError};
use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use untis_webhook_serve::causes;

use crate::args::{Args, Command};
use crate::commands::{check, keygen, quickstart, tenants};
use crate::config::ConfigError;
use crate::settings::Settings;

fn main() -> ExitCode {
    let Args { config, command } = Args::parse();
    let settings = || Settings::read(config.as_deref(), var);
    match command {
        Command::Check => or_2(settings()).map_or_else(|code| code, |settings| check::run(&settings)),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Args::command(), "untis-webhookd", &mut io::stdout());
            ExitCode::SUCCESS
        }
        Command::Keygen(args) => or_2(keygen::run(&args)).map_or_else(|code| code, |()| ExitCode::SUCCESS),
        Command::Quickstart { folder } => quickstart::run(&folder),
        Command::Rekey => or_2(settings()).map_or_else(|code| code, tenants::rekey),
        Command::Serve => or_2(settings()).map_or_else(|code| code, serve::serve),
        Command::Tenants(args) => {
            or_2(settings()).map_or_else(|code| code, |settings| tenants::run(settings, args))
        }
    }
}

/// A variable of the environment.
fn var(name: &str) -> Result<Option<String>, ConfigError> {
    match env::var(name) {
        Ok(value) => Ok(Some(value)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(ConfigError::not_unicode(name)),
    }
}

fn or_2<T>(result: Result<T, impl Error + 'static>) -> Result<T, ExitCode> {
    result.map_err(|error| fail(&error, 2))
}

/// Says it on standard error. If that is gone there is nobody left to tell.
fn fail(error: &(dyn Error + 'static), code: u8) -> ExitCode {
    let _ = writeln!(io::stderr(), "untis-webhookd: {}", causes(error));
    ExitCode::from(code)
}

//! `untis-webhookd`: receives, verifies and handles the webhooks of the Untis Platform, for an application in any
//! language. Unofficial: not affiliated with Untis.

mod admin;
mod api;
mod args;
mod commands;
mod config;
mod metrics;
mod notify;
mod output;
mod recent;
mod reload;
mod serve;
mod settings;
#[cfg(test)]
mod tests;
mod time;
mod tls;

use std::env::{self, VarError};
use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ContextValue;
use clap::{CommandFactory, Parser};
use untis_webhook_config::may_be_key;
use untis_webhook_serve::causes;

use crate::args::{Args, Command};
use crate::commands::{check, keygen, quickstart, tenants};
use crate::config::ConfigError;
use crate::output::{done, escaped};
use crate::settings::Settings;

fn main() -> ExitCode {
    let Args { config, command } = Args::try_parse().unwrap_or_else(|error| to_be_shown(error).exit());
    let then = |run: &dyn Fn(Settings) -> ExitCode| {
        let variable = || env::var_os("UNTIS_WEBHOOK_CONFIG").filter(|file| !file.is_empty());
        match Settings::read(config.clone().or_else(|| variable().map(PathBuf::from)).as_deref(), var) {
            Ok(settings) => run(settings),
            Err(error) => fail(&error, 2),
        }
    };
    match command {
        Command::Check => then(&|settings| check::run(&settings)),
        Command::Completions { shell } => {
            let mut completions = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "untis-webhookd", &mut completions);
            done(completions)
        }
        Command::Keygen(args) => keygen::run(&args),
        Command::Quickstart { folder } => quickstart::run(&folder),
        Command::Rekey => then(&tenants::rekey),
        Command::Serve => then(&serve::serve),
        Command::Tenants(args) => then(&|settings| tenants::run(settings, &args)),
    }
}

/// The error without what may be a key of what it repeats of the arguments, and nothing for a terminal to obey.
fn to_be_shown(mut error: clap::Error) -> clap::Error {
    let safe = |text: &String| match may_be_key(text) {
        true => "text that is not repeated, since it may be a key".to_owned(),
        false => escaped(text),
    };
    let repeated: Vec<_> = error.context().map(|(kind, value)| (kind, value.clone())).collect();
    for (kind, value) in repeated {
        let value = match value {
            ContextValue::String(text) => ContextValue::String(safe(&text)),
            ContextValue::Strings(texts) => ContextValue::Strings(texts.iter().map(safe).collect()),
            // A suggestion, which repeats what it is about.
            ContextValue::StyledStrs(texts) => {
                let texts = texts.iter().map(ToString::to_string).filter(|text| !may_be_key(text));
                ContextValue::StyledStrs(texts.map(|text| escaped(&text).into()).collect())
            }
            // The usage: ours.
            value => value,
        };
        error.insert(kind, value);
    }
    error
}

/// A variable of the environment.
fn var(name: &str) -> Result<Option<String>, ConfigError> {
    match env::var(name) {
        Ok(value) => Ok(Some(value)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(ConfigError::not_unicode(name)),
    }
}

/// Says it on standard error. If that is gone there is nobody left to tell.
fn fail(error: &(dyn Error + 'static), code: u8) -> ExitCode {
    let _ = writeln!(io::stderr(), "untis-webhookd: {}", causes(error));
    ExitCode::from(code)
}

//! `untis-webhook`: sign, verify and inspect webhooks of the Untis Platform. Unofficial: not affiliated with Untis.

mod args;
mod client;
mod commands;
mod documented;
mod input;
mod output;

use std::process::ExitCode;

use clap::Parser;
use clap::error::{ContextKind, ContextValue};
use untis_webhook_config::{KEYS, may_be_key};

use crate::args::{Args, Command};
use crate::commands::{completions, inspect, keygen, listen, send, sign, verify};
use crate::output::{StdoutError, Verdict, escaped};

fn main() -> ExitCode {
    let args = Args::try_parse().unwrap_or_else(|error| to_be_shown(error).exit());
    let result = match args.command {
        Command::Completions(args) => completions::run(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::Keygen(args) => keygen::run(&args),
        Command::Listen(args) => listen::run(&args),
        Command::Send(args) => send::run(&args),
        Command::Sign(args) => sign::run(&args),
        Command::Verify(args) => verify::run(&args),
    };
    match result {
        Ok(Verdict::Done) => ExitCode::SUCCESS,
        Ok(Verdict::Refused) => ExitCode::from(1),
        Err(error) if error.downcast_ref().is_some_and(StdoutError::is_broken_pipe) => ExitCode::SUCCESS,
        Err(error) => {
            output::error(format_args!("{error:#}"));
            ExitCode::from(2)
        }
    }
}

/// The error with what it repeats of the arguments made safe to show: for a terminal, and where it may be a key.
fn to_be_shown(mut error: clap::Error) -> clap::Error {
    let repeated: Vec<_> = error.context().map(|(kind, value)| (kind, value.clone())).collect();
    for (kind, value) in repeated {
        let value = match value {
            ContextValue::String(text) => ContextValue::String(argument(&text)),
            ContextValue::Strings(texts) => {
                ContextValue::Strings(texts.iter().map(|text| argument(text)).collect())
            }
            // A suggestion, which repeats what it is about.
            ContextValue::StyledStrs(texts) => {
                let texts = texts.iter().map(ToString::to_string).filter(|text| !may_be_key(text));
                ContextValue::StyledStrs(texts.map(|text| escaped(text).into()).collect())
            }
            // The usage: ours.
            value => value,
        };
        error.insert(kind, value);
    }
    let missing = error.get(ContextKind::InvalidArg);
    if matches!(missing, Some(ContextValue::Strings(missing)) if missing.iter().any(|arg| arg.starts_with("--key ")))
    {
        let tip =
            format!("{KEYS} is read in its place, and untis-webhook keygen makes a key for development");
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}

/// An argument that was not understood, as it may be shown: of `secret=...` the name alone.
fn argument(text: &str) -> String {
    match text.split_once(['=', '@']) {
        _ if is_option(text) => text.to_owned(),
        _ if may_be_key(text) => "text that is not repeated, since it may be a key".to_owned(),
        Some((name, _)) if !name.contains(':') => format!("{}=...", escaped(name)),
        Some(_) => "an address with a user name or a query".to_owned(),
        None => escaped(text),
    }
}

/// An option of ours as clap writes it, such as `--key <NAME=FILE>`.
fn is_option(text: &str) -> bool {
    let parts = text.strip_prefix("--").and_then(|text| text.strip_suffix('>')?.split_once(" <"));
    parts.is_some_and(|(name, value)| {
        name.bytes().all(|octet| octet.is_ascii_lowercase() || octet == b'-')
            && value.bytes().all(|octet| octet.is_ascii_uppercase() || octet == b'=')
    })
}

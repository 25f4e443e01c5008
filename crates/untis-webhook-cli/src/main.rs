//! `untis-webhook`: sign, verify and inspect webhooks of the Untis Platform. Unofficial: not affiliated with Untis.

mod args;
mod client;
mod commands;
mod input;
mod output;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ContextValue;

use crate::args::{Args, Command};
use crate::commands::{completions, inspect, keygen, listen, send, sign, verify};
use crate::output::{StdoutError, Verdict, escaped};

fn main() -> ExitCode {
    let args = Args::try_parse().unwrap_or_else(|error| with_escapes(error).exit());
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

/// The error with what it repeats of the arguments made safe for a terminal.
fn with_escapes(mut error: clap::Error) -> clap::Error {
    let repeated: Vec<_> = error.context().map(|(kind, value)| (kind, value.clone())).collect();
    for (kind, value) in repeated {
        let value = match value {
            ContextValue::String(text) => ContextValue::String(escaped(text)),
            ContextValue::Strings(texts) => ContextValue::Strings(texts.into_iter().map(escaped).collect()),
            ContextValue::StyledStrs(texts) => {
                ContextValue::StyledStrs(texts.into_iter().map(|text| escaped(text).into()).collect())
            }
            // The usage: ours.
            value => value,
        };
        error.insert(kind, value);
    }
    error
}

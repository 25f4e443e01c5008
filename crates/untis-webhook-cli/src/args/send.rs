use std::path::PathBuf;

use clap::{ArgGroup, Args as Arguments, ValueEnum};

use super::{Signing, seconds};

/// Sign a documented event, or a body, and post it to a receiver
#[derive(Debug, Arguments)]
#[command(
    group = ArgGroup::new("payload").args(["event", "body"]).required(true),
    after_help = "Example:
  untis-webhook send created --set tenantId=67890 --to http://127.0.0.1:8080/webhook
  untis-webhook send deletion --forge tampered-body --to http://127.0.0.1:8080/webhook"
)]
pub(crate) struct Send {
    /// The event, in small letters or as the platform writes it
    #[arg(ignore_case = true)]
    pub(crate) event: Option<Event>,
    /// Send this file in place of an event; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) body: Option<PathBuf>,
    /// The receiver's address, http or https
    #[arg(long, value_name = "URL")]
    pub(crate) to: String,
    /// Set a field of the event; one that is not documented is a warning. May be repeated
    #[arg(long, value_name = "FIELD=VALUE", requires = "event")]
    pub(crate) set: Vec<String>,
    /// Leave out a field of the event. May be repeated
    #[arg(long, value_name = "FIELD", requires = "event")]
    pub(crate) without: Vec<String>,
    /// Forge it: a receiver must answer 401
    #[arg(long, value_name = "KIND")]
    pub(crate) forge: Option<Forge>,
    #[command(flatten)]
    pub(crate) signing: Signing,
    /// How often it is sent
    #[arg(long, default_value = "1", value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub(crate) count: u64,
    /// How many are under way at once
    #[arg(long, default_value = "1", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) concurrency: u16,
    /// How many seconds an answer may take, at most a day
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds())]
    pub(crate) timeout: u64,
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// How a receiver is reached.
#[derive(Debug, Arguments)]
pub(crate) struct Connection {
    /// Go through this proxy. Without it through none, whatever the environment says
    #[arg(long, value_name = "URL")]
    pub(crate) proxy: Option<String>,
    /// Trust the certificates of this file, in PEM, and no others: for https of your own
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// Trust any certificate, also one that is not the receiver's: for a test with nothing secret in it
    #[arg(long, conflicts_with = "ca")]
    pub(crate) insecure: bool,
}

/// An event that the platform documents.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Event {
    /// Credentials: a first activation
    Created,
    /// Credentials: an activation once more
    #[value(alias = "reactivation")]
    Reactivated,
    /// Credentials: a password was reset
    Reset,
    /// Credentials in the deprecated first version
    CredentialsV1,
    /// A deactivation
    #[value(alias = "deactivated")]
    Deactivation,
    /// A deletion
    #[value(alias = "deleted")]
    Deletion,
    /// A deactivation in its older spelling
    OlderDeactivation,
    /// A deletion in its older spelling
    OlderDeletion,
}

/// What is forged.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Forge {
    /// No Algorithm header
    MissingAlgorithm,
    /// No Authorization header
    MissingSignature,
    /// Another algorithm claimed than the one that signed
    OtherAlgorithm,
    /// Signed by a key that nobody trusts
    OtherKey,
    /// One octet more than what was signed
    TamperedBody,
}

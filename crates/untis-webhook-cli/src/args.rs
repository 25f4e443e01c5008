mod given;
mod send;

use std::path::PathBuf;

use clap::builder::RangedU64ValueParser;
use clap::{ArgGroup, Args as Arguments, Parser, Subcommand};
use clap_complete::Shell;
use untis_webhook::Algorithm;
use untis_webhook_config::{ALGORITHM_HEADER, KEYS, SIGNATURE_HEADER};

pub(crate) use self::given::Given;
pub(crate) use self::send::{Connection, Event, Forge, Send};

/// Sign, verify and inspect webhooks of the Untis Platform.
///
/// Unofficial: not affiliated with Untis.
///
/// Exit codes: 0 verified or done; 1 refused, with the reason on standard output; 2 wrong usage, or something that could
/// not be read or written.
#[derive(Debug, Parser)]
#[command(name = "untis-webhook", version, max_term_width = 100)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Completions(Completions),
    Inspect(Inspect),
    Keygen(Keygen),
    Listen(Listen),
    Send(Send),
    Sign(Sign),
    Verify(Verify),
}

/// Print the completions for a shell
#[derive(Debug, Arguments)]
#[command(
    after_help = "Example:\n  untis-webhook completions bash > ~/.local/share/bash-completion/completions/untis-webhook"
)]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: Shell,
}

/// Make a key pair for development
///
/// The private key signs as the platform does (`sign`); the public key is what a receiver trusts, in the form in which Untis
/// publishes keys: base64 of SubjectPublicKeyInfo, without PEM armour.
#[derive(Debug, Arguments)]
#[command(after_help = "Example:
  untis-webhook keygen
  UNTIS_WEBHOOK_KEYS=development=untis-public.txt your-receiver")]
pub(crate) struct Keygen {
    /// Where the private key goes, as PKCS#8 in PEM, readable by its owner alone
    #[arg(long, value_name = "FILE", default_value = "untis-private.pem")]
    pub(crate) private: PathBuf,
    /// Where the public key goes
    #[arg(long, value_name = "FILE", default_value = "untis-public.txt")]
    pub(crate) public: PathBuf,
    /// The size of the key, in bits
    #[arg(long, default_value = "2048", value_parser = clap::value_parser!(u16).range(2048..=8192))]
    pub(crate) bits: u16,
    /// Replace files that are there: the keys in them are lost. What cannot be replaced stays as it is
    #[arg(long)]
    pub(crate) force: bool,
}

/// Receive deliveries on loopback, for development, and say what each is
///
/// A delivery that is verified is answered 204 and shown with its secrets masked. One that is refused is answered as the
/// libraries answer it; what `inspect` says of it is shown, and what to do about it.
#[derive(Debug, Arguments)]
#[command(after_help = "Example:
  untis-webhook listen --key development=untis-public.txt --forward http://127.0.0.1:3000/webhook")]
pub(crate) struct Listen {
    #[command(flatten)]
    pub(crate) keys: Keys,
    #[command(flatten)]
    pub(crate) headers: Headers,
    /// The port on 127.0.0.1; 0 is any that is free
    #[arg(long, default_value = "8080")]
    pub(crate) port: u16,
    /// Pass what is verified on to this address, unchanged, and answer what it answers
    #[arg(long, value_name = "URL")]
    pub(crate) forward: Option<String>,
    /// The longest body that is read, in octets, at most 1 GiB
    #[arg(long, value_name = "OCTETS", default_value = "65536", value_parser = octets())]
    pub(crate) body_limit: u64,
    /// How many seconds a body may take, at most a day
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds())]
    pub(crate) body_deadline: u64,
    /// Show secrets as they are
    #[arg(long)]
    pub(crate) show_secrets: bool,
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
}

/// Sign a body as the platform does, and print its two headers
#[derive(Debug, Arguments)]
#[command(
    group = ArgGroup::new("form").args(["http", "curl"]),
    after_help = "Example:
  untis-webhook sign --private untis-private.pem --curl http://127.0.0.1:8080/webhook body.json | sh"
)]
pub(crate) struct Sign {
    #[command(flatten)]
    pub(crate) signing: Signing,
    /// Print the whole request, for this path
    #[arg(long, value_name = "PATH")]
    pub(crate) http: Option<String>,
    /// Print a curl command that sends it to this address
    #[arg(long, value_name = "URL")]
    pub(crate) curl: Option<String>,
    /// The body's file; `-` is standard input
    pub(crate) body: PathBuf,
}

/// How a body is signed.
#[derive(Debug, Arguments)]
pub(crate) struct Signing {
    /// The private key, as PKCS#8 in PEM; `keygen` makes one
    #[arg(long, value_name = "FILE", default_value = "untis-private.pem")]
    pub(crate) private: PathBuf,
    /// The algorithm, by its Java name
    #[arg(long, value_name = "NAME", default_value = "SHA256withRSA")]
    pub(crate) algorithm: Algorithm,
}

/// Check a body and its two headers against the keys
///
/// The headers and the body come from a saved request, from the options, or from both: an option goes before the request.
/// What is verified is also decoded. An event that cannot be read is said so, since receivers refuse it, and is still 0: it is
/// genuine.
#[derive(Debug, Arguments)]
#[command(after_help = "Example:
  untis-webhook verify --key production=untis-public.txt --request saved.http
  untis-webhook verify --key production=untis-public.txt \\
      --authorization \"$SIGNATURE\" --algorithm SHA256withRSA body.json")]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(crate) check: Check,
}

/// Say which key made a signature, or why it is none of theirs
///
/// Each key is tried alone. Of the headers: what is missing, repeated, or in the signature's place, and where else in the
/// request the signature is. Of the body: whether it is the one that was signed and, if it is not, which usual rewriting on the
/// way makes it so; what cannot be checked is said with "perhaps". Of a genuine event: whether it can be read. One that cannot
/// is still 0.
#[derive(Debug, Arguments)]
#[command(after_help = "Example:
  untis-webhook inspect --key production=production.txt --key integration=integration.txt --request saved.http")]
pub(crate) struct Inspect {
    #[command(flatten)]
    pub(crate) check: Check,
}

/// What is checked, against which keys.
#[derive(Debug, Arguments)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) keys: Keys,
    #[command(flatten)]
    pub(crate) delivery: Delivery,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// The keys to trust.
#[derive(Debug, Arguments)]
pub(crate) struct Keys {
    /// A public key: base64 as Untis publishes it, PEM or DER. May be repeated
    #[arg(
        long = "key",
        value_name = "NAME=FILE",
        env = KEYS,
        hide_env_values = true,
        value_delimiter = ',',
        value_parser = Given::parser("--key", KEYS),
        required = true
    )]
    pub(crate) keys: Vec<Given>,
}

/// The headers to read, where a front end renames them.
#[derive(Debug, Arguments)]
pub(crate) struct Headers {
    /// The header of the signature, `Authorization` unless it is given
    #[arg(
        long,
        value_name = "NAME",
        env = SIGNATURE_HEADER,
        value_parser = Given::parser("--signature-header", SIGNATURE_HEADER)
    )]
    pub(crate) signature_header: Option<Given>,
    /// The header of the algorithm, `Algorithm` unless it is given
    #[arg(
        long,
        value_name = "NAME",
        env = ALGORITHM_HEADER,
        value_parser = Given::parser("--algorithm-header", ALGORITHM_HEADER)
    )]
    pub(crate) algorithm_header: Option<Given>,
}

/// A delivery, or what there is of one.
#[derive(Debug, Arguments)]
pub(crate) struct Delivery {
    #[command(flatten)]
    pub(crate) headers: Headers,
    /// A saved request: head, empty line, body; `-` is standard input. Any version of HTTP, or none, and what `curl -v`
    /// prints
    #[arg(long, value_name = "FILE")]
    pub(crate) request: Option<PathBuf>,
    /// The value of the signature's header; line ends in it are left out
    #[arg(long, value_name = "BASE64")]
    pub(crate) authorization: Option<String>,
    /// The value of the algorithm's header
    #[arg(long, value_name = "NAME")]
    pub(crate) algorithm: Option<String>,
    /// The body's file; `-` is standard input
    pub(crate) body: Option<PathBuf>,
}

/// A time limit that is one.
fn seconds() -> RangedU64ValueParser {
    clap::value_parser!(u64).range(1..=24 * 60 * 60)
}

/// A size that a memory has.
fn octets() -> RangedU64ValueParser {
    clap::value_parser!(u64).range(..=1024 * 1024 * 1024)
}

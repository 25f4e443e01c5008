use std::path::PathBuf;

use clap::{Args as Arguments, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

/// Receive, verify and handle webhooks of the Untis Platform, for an application in any language.
///
/// Unofficial: not affiliated with Untis.
///
/// What can be set stands in untis-webhookd.toml, each value with the environment variable that says the same.
///
/// Exit codes: 0 done; 1 it cannot be done; 2 wrong usage or a wrong configuration.
#[derive(Debug, Parser)]
#[command(name = "untis-webhookd", version, max_term_width = 100)]
pub(crate) struct Args {
    /// The file of the configuration, in place of UNTIS_WEBHOOK_CONFIG; what the environment says wins
    // Not as clap's `env`: an empty variable is one that is not set, and no help repeats a value.
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) config: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Say what is wrong with the configuration, or what it is
    Check,
    /// Print the completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    Keygen(Keygen),
    /// Make what is missing for a first try, in a folder of its own, and serve
    ///
    /// The key of a pretend platform, a store key, a token and a configuration. It prints how to send it a delivery, and how
    /// to ask for the school's credentials.
    Quickstart {
        /// The folder
        #[arg(default_value = "untis-quickstart")]
        folder: PathBuf,
    },
    /// Encrypt again, under the first store key, what is under another
    ///
    /// Deliveries may come meanwhile. When nothing is left under a key it can be taken away.
    Rekey,
    /// Receive, until SIGINT or SIGTERM
    Serve,
    /// Look at tenants, and decide about them
    #[command(subcommand)]
    Tenants(Tenants),
}

/// Make a key or a secret, in a file that its owner alone can read
///
/// A file that is there is left alone.
#[derive(Debug, Arguments)]
#[command(after_help = "Example:
  untis-webhookd keygen store-key store-key.txt
  untis-webhookd keygen token api-token.txt
  untis-webhookd keygen secret notify-secret.txt")]
pub(crate) struct Keygen {
    /// What it is for
    pub(crate) kind: Kind,
    /// Where it goes
    pub(crate) file: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Kind {
    /// With which the application checks what it is told: whsec_ and base64 of 32 octets
    Secret,
    /// Under which what is stored is encrypted: base64 of 32 octets
    StoreKey,
    /// With which the application asks the API: 43 characters
    Token,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Tenants {
    /// Give out this set from now on
    Accept(Set),
    /// Print all tenants, a line of JSON for each
    ///
    /// `import` takes such lines, if they have the secrets.
    Export {
        /// With the credentials of those that are active, and with personal data: keep it secret
        #[arg(long)]
        show_secrets: bool,
    },
    /// Erase a tenant; its id and fingerprints stay for 400 days, so that late retries do not bring it back
    Forget {
        #[command(flatten)]
        tenant: Tenant,
        /// Erase those as well: a late retry brings the tenant back then, and its versions begin anew
        #[arg(long)]
        everything: bool,
    },
    /// Take over credentials that the application has already
    ///
    /// A line of JSON for each school, with the texts tenantId, clientId, secret, password and host. It may also have
    /// eventType, country, region, language, schoolName, activatorUsername, activatorEmail, schoolEmail and
    /// schoolPhoneNumber. What has another status than active is skipped. A school of which was heard already is left as
    /// it is, so that it can be done again; the application is told of none. A line that cannot be taken is said, and the
    /// others are.
    Import {
        /// The lines; - is standard input
        file: PathBuf,
    },
    /// List tenants, in the order of their ids
    List {
        /// Those that are so alone
        #[arg(long, value_name = "STATUS", value_parser = ["active", "deactivated", "deleted"])]
        status: Option<String>,
        /// A line of JSON for each
        #[arg(long)]
        json: bool,
    },
    /// Tell the application again at once what failed or was given up; of all tenants if none is named
    Redrive {
        /// The platform's id of the school
        tenant_id: Option<String>,
    },
    /// Destroy this candidate, or take what came again for a replay
    Reject(Set),
    /// Undo a deactivation or a deletion, as long as the set is there
    Restore(Tenant),
    /// Show a tenant with its sets, without what is secret of them
    Show {
        #[command(flatten)]
        tenant: Tenant,
        /// As a line of JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Arguments)]
pub(crate) struct Tenant {
    /// The platform's id of the school
    pub(crate) tenant_id: String,
}

#[derive(Debug, Arguments)]
pub(crate) struct Set {
    #[command(flatten)]
    pub(crate) tenant: Tenant,
    /// The number of the set, as `show` says
    pub(crate) set: u64,
}

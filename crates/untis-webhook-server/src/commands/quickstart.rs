use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use untis_webhook_testkit::SigningKey;

use super::keygen::{make, write};
use crate::args::Kind;
use crate::config::ConfigError;
use crate::output::escaped;
use crate::serve::serve;
use crate::settings::{ApiListen, Mode, Notify, Settings};
use crate::{fail, var};

/// Makes what is missing in a folder of its own, and serves with that.
pub(crate) fn run(folder: &Path) -> ExitCode {
    let made = prepare(folder).map_err(QuickstartError::Make);
    let read = made.and_then(|file| Settings::read(Some(&file), var).map_err(QuickstartError::Read));
    match read {
        Ok(settings) => {
            say(folder, &settings);
            serve(settings)
        }
        Err(error) => fail(&error, 2),
    }
}

/// Gives the configuration.
fn prepare(folder: &Path) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let [private, public] = [PRIVATE, PUBLIC].map(|file| folder.join(file));
    if !public.exists() {
        // It may have been cut off between the two.
        if !private.exists() {
            write(&private, SigningKey::generate().to_pkcs8_pem().as_bytes())?;
        }
        let key = SigningKey::from_pkcs8_pem(&fs::read_to_string(&private)?).map_err(io::Error::other)?;
        write(&public, format!("{}\n", key.public_key_base64()).as_bytes())?;
    }
    for (kind, file) in [(Kind::StoreKey, STORE_KEY), (Kind::Token, TOKEN), (Kind::Secret, SECRET)] {
        if !folder.join(file).exists() {
            make(kind, &folder.join(file))?;
        }
    }
    let configuration = folder.join("untis-webhookd.toml");
    if !configuration.exists() {
        // As a text of TOML: the folder's name may have anything in it.
        let file = |file: &str| toml_text(&folder.join(file).display().to_string());
        let text = format!(
            "# All else that can be set stands in the annotated untis-webhookd.toml.\n\
             keys = [{}]\n\n\
             [tenants]\n\
             client_ids = [\"test-client-id\"]\n\
             database = {}\n\
             store_keys = [{}]\n\n\
             [tenants.api]\n\
             token_file = {}\n\n\
             [tenants.notify]\n\
             url = \"http://127.0.0.1:3000/untis\"\n\
             secret_file = {}\n",
            toml_text(&format!("pretend={}", public.display())),
            toml_text(&format!("sqlite:{}", folder.join("tenants.db").display())),
            toml_text(&format!("first={}", folder.join(STORE_KEY).display())),
            file(TOKEN),
            file(SECRET),
        );
        write(&configuration, text.as_bytes())?;
    }
    Ok(configuration)
}

fn say(folder: &Path, settings: &Settings) {
    let file = |file| shell_word(&folder.join(file).display().to_string());
    let Settings { listen, path, mode, .. } = settings;
    eprintln!("For development: it trusts a pretend platform, whose private key is {}.", file(PRIVATE));
    eprintln!("For production put the platform's public key in its place, and your own client ids.");
    eprintln!("A delivery, in another terminal:");
    // Who has cargo run it has a checkout, and may have nothing installed.
    let command = match env::var_os("CARGO") {
        Some(_) => "cargo run -p untis-webhook-cli --",
        None => "untis-webhook",
    };
    eprintln!("  {command} send created --private {} --to http://{listen}{path}", file(PRIVATE));
    let Mode::Tenants(tenants) = mode else { return };
    if let Some(Notify { url, .. }) = &tenants.notify {
        eprintln!("The application is told at {}, and checks with {}.", url, file(SECRET));
    }
    if let Some(ApiListen::Tcp(address)) = tenants.api.as_ref().map(|api| &api.listen) {
        eprintln!("The school's credentials:");
        eprintln!(
            "  curl -H \"Authorization: Bearer $(cat {})\" http://{address}/v1/tenants/12345/credentials",
            file(TOKEN)
        );
    }
}

/// A basic string of TOML.
fn toml_text(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '"' | '\\' => escaped.extend(['\\', c]),
            c if c.is_control() => escaped.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => escaped.push(c),
        }
    }
    format!("\"{escaped}\"")
}

/// A word of a shell, and nothing for a terminal to obey.
fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-".contains(c);
    match text.chars().all(is_plain) {
        true => text.to_owned(),
        false => escaped(&format!("'{}'", text.replace('\'', r"'\''"))),
    }
}

/// Why it does not start.
#[derive(Debug, thiserror::Error)]
enum QuickstartError {
    #[error("cannot make what is missing")]
    Make(#[source] io::Error),
    #[error(transparent)]
    Read(ConfigError),
}

const PRIVATE: &str = "pretend-platform-private.pem";
const PUBLIC: &str = "pretend-platform-public.txt";
const STORE_KEY: &str = "store-key.txt";
const TOKEN: &str = "api-token.txt";
const SECRET: &str = "notify-secret.txt";

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use serde::{Deserialize, Deserializer};
use untis_webhook::event::{Credentials, CredentialsEventType, Secret};
use untis_webhook_config::shown;
use untis_webhook_tenants::{Imported, Registry, RegistryError, Store};
use zeroize::Zeroizing;

use super::OperationError;
use crate::output::print;

/// Why the lines end early.
#[derive(Debug, thiserror::Error)]
pub(super) enum ImportError {
    #[error("{0}: expected lines of JSON")]
    Read(String, #[source] io::Error),
    #[error("line {0}: expected no more than 64 KiB in a line, found more")]
    Long(usize),
}

/// A line that cannot be taken is said, and the others are.
pub(super) async fn run<S: Store>(registry: &Registry<S>, file: &Path) -> Result<ExitCode, OperationError> {
    let failed = |error| ImportError::Read(shown(file), error);
    let mut input: Box<dyn BufRead> = match file == Path::new("-") {
        true => Box::new(io::stdin().lock()),
        false => Box::new(BufReader::new(File::open(file).map_err(failed)?)),
    };
    // Of one length, since what grows leaves copies behind.
    let mut line = Zeroizing::new(Vec::with_capacity(LIMIT + 1));
    let mut counts = Counts::default();
    for number in 1.. {
        line.clear();
        (&mut input).take(ONE_MORE).read_until(b'\n', &mut line).map_err(failed)?;
        match line.len() {
            0 => break,
            1..=LIMIT => {}
            _ => return Err(ImportError::Long(number).into()),
        }
        // An editor may have put a byte order mark before the first.
        let text = line.strip_prefix("\u{feff}".as_bytes()).filter(|_| number == 1).unwrap_or(&line);
        if !text.trim_ascii().is_empty() {
            take(registry, number, text, &mut counts).await?;
        }
    }
    let Counts { activated, known, skipped, refused } = counts;
    print(format!("activated {activated}, known {known}, skipped {skipped}, refused {refused}\n"))?;
    Ok(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

#[derive(Default)]
struct Counts {
    activated: u64,
    known: u64,
    skipped: u64,
    refused: u64,
}

async fn take<S: Store>(
    registry: &Registry<S>,
    number: usize,
    line: &[u8],
    counts: &mut Counts,
) -> Result<(), OperationError> {
    let credentials = match serde_json::from_slice::<Line>(line) {
        Ok(Line { status: Some(status), .. }) if status != "active" => {
            counts.skipped += 1;
            return Ok(());
        }
        Ok(line) => line.into_credentials(),
        // What serde says repeats values.
        Err(_) => None,
    };
    let Some(credentials) = credentials else {
        refuse(number, EXPECTED, counts);
        return Ok(());
    };
    match registry.import(&credentials).await {
        Ok(Imported::Activated) => counts.activated += 1,
        Ok(Imported::Known) => counts.known += 1,
        Err(RegistryError::Operate(error)) => refuse(number, &error.to_string(), counts),
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

fn refuse(number: usize, why: &str, counts: &mut Counts) {
    counts.refused += 1;
    // If standard error is gone there is nobody left to tell.
    let _ = writeln!(io::stderr(), "untis-webhookd: line {number}: {why}");
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    tenant_id: String,
    status: Option<String>,
    event_type: Option<String>,
    client_id: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    secret: Option<Secret>,
    #[serde(default, deserialize_with = "secret")]
    password: Option<Secret>,
    host: Option<String>,
    country: Option<String>,
    region: Option<String>,
    language: Option<String>,
    school_name: Option<String>,
    activator_username: Option<String>,
    activator_email: Option<String>,
    school_email: Option<String>,
    school_phone_number: Option<String>,
}

impl Line {
    fn into_credentials(self) -> Option<Credentials> {
        let event_type = match self.event_type {
            None => None,
            Some(name) => Some(CredentialsEventType::ALL.into_iter().find(|known| known.as_str() == name)?),
        };
        let mut credentials =
            Credentials::new(self.tenant_id, self.client_id?, self.secret?, self.password?, self.host?);
        credentials.event_type = event_type;
        credentials.country = self.country;
        credentials.region = self.region;
        credentials.language = self.language;
        credentials.school_name = self.school_name;
        credentials.activator_username = self.activator_username;
        credentials.activator_email = self.activator_email;
        credentials.school_email = self.school_email;
        credentials.school_phone_number = self.school_phone_number;
        Some(credentials)
    }
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?.map(Zeroizing::new);
    Ok(text.map(|text| Secret::new(&text)))
}

const EXPECTED: &str = "expected an object of JSON with the texts tenantId, clientId, secret, password and host, and \
                        texts where there are others, found something else";

/// Octets in a line.
const LIMIT: usize = 64 * 1024;

/// To see whether that was all.
const ONE_MORE: u64 = 64 * 1024 + 1;

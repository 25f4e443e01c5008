use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, bail, ensure};
use untis_webhook::VerifyingKey;
use untis_webhook_config::shown;
use untis_webhook_testkit::SigningKey;
use zeroize::Zeroizing;

/// A file, or standard input for `-`.
pub(crate) fn read(file: &Path) -> Result<Vec<u8>> {
    static STDIN_IS_READ: AtomicBool = AtomicBool::new(false);

    if file == Path::new("-") {
        let again = STDIN_IS_READ.swap(true, Ordering::Relaxed);
        ensure!(
            !again,
            "expected - once, found it twice: standard input is read once, so save one of the two"
        );
        return read_to_limit(io::stdin()).context("cannot read standard input");
    }
    let is_folder = fs::metadata(file).is_ok_and(|found| found.is_dir());
    ensure!(!is_folder, "cannot read {}: expected a file, found a folder", shown(file));
    File::open(file)
        .map_err(Into::into)
        .and_then(read_to_limit)
        .with_context(|| format!("cannot read {}", shown(file)))
}

fn read_to_limit(input: impl Read) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(LIMIT.saturating_add(1)).read_to_end(&mut bytes)?;
    match u64::try_from(bytes.len()) {
        Ok(..=LIMIT) => Ok(bytes),
        _ => bail!("expected at most 64 MiB, found more"),
    }
}

/// A private key.
pub(crate) fn signing_key(file: &Path) -> Result<SigningKey> {
    if matches!(file.try_exists(), Ok(false)) && file != Path::new("-") {
        bail!("cannot read {}, which is not there: untis-webhook keygen makes a key", shown(file));
    }
    let bytes = Zeroizing::new(read(file)?);
    // Windows puts a byte order mark before it.
    let pem = str::from_utf8(&bytes).ok().map(|pem| pem.trim_start_matches('\u{feff}'));
    let key = pem.and_then(|pem| SigningKey::from_pkcs8_pem(pem).ok()).with_context(|| {
        let (name, (found, next)) = (shown(file), what(&bytes));
        format!("{name}: expected an RSA private key as PKCS#8 in PEM, found {found}: {next}")
    })?;
    // One that no receiver trusts may also be too short to sign.
    VerifyingKey::from_der(&key.public_key_der()).with_context(|| shown(file))?;
    Ok(key)
}

/// What is there in place of a private key, and what can be done about it.
fn what(bytes: &[u8]) -> (&'static str, &'static str) {
    let text = String::from_utf8_lossy(bytes);
    let decrypt = "take its password off with openssl pkey -in FILE -out NEW";
    let make = "untis-webhook keygen makes one";
    let has = |label: &str| text.contains(&format!("-----BEGIN {label}-----"));
    match () {
        () if bytes.is_empty() => ("nothing", make),
        () if has("ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED") => {
            ("an encrypted one", decrypt)
        }
        () if has("RSA PRIVATE KEY") => {
            ("one as PKCS#1", "write it anew with openssl pkcs8 -topk8 -nocrypt -in FILE -out NEW")
        }
        () if has("PRIVATE KEY") => ("one that is damaged or not of RSA", make),
        () if has("EC PRIVATE KEY") || has("OPENSSH PRIVATE KEY") => ("one of another kind", make),
        () if has("CERTIFICATE") => ("a certificate", "name the file of its private key"),
        () if VerifyingKey::from_bytes(bytes).is_ok() => ("a public key", "name the file of the private key"),
        () => ("something else", make),
    }
}

/// Octets that are read: many times what a receiver takes.
const LIMIT: u64 = 64 * 1024 * 1024;

use std::path::{Path, PathBuf};

use untis_webhook::{KeyError, KeySet, VerifyingKey};

use crate::{KeysError, may_be_key, read_key};

/// Reads the keys of entries `NAME=FILE`, or `NAME=KEY` with the public key itself.
///
/// ```
/// use untis_webhook_config::keys;
/// # let public_key = untis_webhook_testkit::SigningKey::shared().public_key_base64();
///
/// let set = keys([format!("production={public_key}").as_str()])?;
/// assert_eq!(set.iter().len(), 1);
///
/// let error = keys(["production"]).unwrap_err();
/// assert!(error.to_string().starts_with("expected NAME=FILE"));
/// # Ok::<(), untis_webhook_config::KeysError>(())
/// ```
///
/// # Errors
///
/// [`KeysError`] if an entry is none, its file holds no key, or the keys are no [`KeySet`].
pub fn keys<'a>(entries: impl IntoIterator<Item = &'a str>) -> Result<KeySet, KeysError> {
    keys_and_files(entries).map(|(keys, _)| keys)
}

/// The same, and the files that they are from.
pub(crate) fn keys_and_files<'a>(
    entries: impl IntoIterator<Item = &'a str>,
) -> Result<(KeySet, Vec<PathBuf>), KeysError> {
    let (mut keys, mut files) = (Vec::new(), Vec::new());
    for entry in entries {
        let (name, value) = named(entry)?;
        let (key, file) = key(value)?;
        keys.push((name, key));
        files.extend(file.map(Path::to_owned));
    }
    Ok((KeySet::new(keys)?, files))
}

fn named(entry: &str) -> Result<(&str, &str), KeysError> {
    let entry = entry.trim();
    let fault = match entry {
        "" => Some("nothing"),
        _ if is_quoted(entry) => Some(QUOTES),
        _ if is_armoured(entry) && !entry.contains('=') => Some("PEM in place of a name and a file"),
        _ => None,
    };
    if let Some(fault) = fault {
        return Err(KeysError::Entry(fault));
    }
    match entry.split_once('=').map(|(name, value)| (name.trim(), value.trim())) {
        None => Err(KeysError::Entry("text without =: put a name before the file")),
        // A name is short, so this is a key whose padding has the first =.
        Some((name, _)) if is_armoured(name) || (name.len() >= 32 && may_be_key(name)) => {
            Err(KeysError::Entry("a longer text before the =: is it a key without a name?"))
        }
        Some((_, "")) => Err(KeysError::Entry("a name without a file")),
        Some((_, value)) if is_quoted(value) => Err(KeysError::Entry(QUOTES)),
        Some((name, value)) => Ok((name, value)),
    }
}

/// The key that this is, or that is in the file of this name.
fn key(value: &str) -> Result<(VerifyingKey, Option<&Path>), KeysError> {
    let file = Path::new(value);
    let from_file = || Ok((read_key(file)?, Some(file)));
    match value.parse::<VerifyingKey>() {
        _ if !may_be_key(value) => from_file(),
        Ok(key) => Ok((key, None)),
        // Text that only looks like base64 may name a file all the same.
        Err(KeyError::NotBase64(_) | KeyError::NotDer | KeyError::Truncated) if !is_armoured(value) => {
            from_file()
        }
        Err(error) => Err(KeysError::Inline(error)),
    }
}

fn is_armoured(text: &str) -> bool {
    text.contains("-----") || text.contains(['\n', '\r']) || text.contains(r"\n")
}

pub(crate) fn is_quoted(text: &str) -> bool {
    text.starts_with(['"', '\'']) || text.ends_with(['"', '\''])
}

const QUOTES: &str = "quotation marks around it: docker's --env-file keeps them, so write it without";

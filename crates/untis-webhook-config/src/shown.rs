use std::path::Path;

/// The file's name for an error, if it looks like one; otherwise, that it is not repeated.
///
/// What was given as a name may be a key: `--private "$(cat private.pem)"`. So it is repeated if it is none that
/// [`may_be_key`], and has no character that is unusual in a path.
///
/// ```
/// use std::path::Path;
///
/// use untis_webhook_config::shown;
///
/// assert_eq!(shown(Path::new("/run/secrets/production.txt")), "/run/secrets/production.txt");
/// assert!(shown(Path::new("-----BEGIN PRIVATE KEY-----")).contains("not repeated"));
/// ```
pub fn shown(file: &Path) -> String {
    let name = file.display().to_string();
    let is_usual = |c: char| c.is_alphanumeric() || " /\\._-@:~%()[]".contains(c);
    match name.chars().all(is_usual) && !may_be_key(&name) {
        true => name,
        false => "a file whose name is not repeated, since it may be a key".to_owned(),
    }
}

/// Whether a text may be a key, or a piece of one, in PEM, base64, base32 or hexadecimal: what is not repeated in an error.
///
/// It has `-----`, many colons, more than 255 octets, or a word that is none of a language. It says so of other texts too,
/// if they are long or odd enough.
///
/// ```
/// use untis_webhook_config::may_be_key;
///
/// assert!(may_be_key("MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEA"));
/// assert!(!may_be_key("--private=untis-private.pem"));
/// ```
pub fn may_be_key(text: &str) -> bool {
    text.len() > LONGEST
        || text.contains("-----")
        || text.matches(':').count() > MOST_COLONS
        || text.split(|c: char| !c.is_ascii_alphanumeric()).any(is_piece)
        || text.split_whitespace().any(|word| !is_path(word) && is_mixed(word, 20))
}

/// Whether this is as long as pieces of keys are, and no word of a language.
fn is_piece(word: &str) -> bool {
    is_mixed(word, 12) || (word.len() >= 16 && !word.bytes().all(|octet| octet.is_ascii_lowercase()))
}

/// Whether what is between slashes and hyphens are names: nothing in base64 has an extension.
fn is_path(word: &str) -> bool {
    word.contains('.') || word.starts_with('/')
}

/// Whether this has so many octets, and letters of both cases and digits among them.
fn is_mixed(text: &str, least: usize) -> bool {
    let has = |kind: fn(&u8) -> bool| text.bytes().any(|octet| kind(&octet));
    text.len() >= least
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_digit)
}

/// Octets of any text that is repeated: `NAME_MAX` of Linux.
const LONGEST: usize = 255;

/// Colons of a text that is repeated: an address and its port. In a key they stand between octets.
const MOST_COLONS: usize = 2;

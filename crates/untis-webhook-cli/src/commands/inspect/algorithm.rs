//! What is in the header of the algorithm.

use untis_webhook::Algorithm;
use untis_webhook::Algorithm::{Sha256WithRsa, Sha384WithRsa, Sha512WithRsa};

/// What a value that names no supported algorithm is, as the end of a sentence about its header.
pub(super) fn look(value: &[u8]) -> String {
    let Ok(text) = str::from_utf8(value) else { return "holds octets that are no text".into() };
    let bare = text.trim_matches(|c: char| c.is_whitespace() || c == '"' || c == '\'');
    if bare.is_empty() {
        return "is empty".into();
    }
    if bare.parse::<Algorithm>().is_ok() {
        let around = if text.trim() == bare { "white space" } else { "quotes" };
        return format!("has {around} around the algorithm's name");
    }
    if bare.len() > LONGEST {
        return "holds what is longer than an algorithm's name".into();
    }
    if bare.split(',').all(|name| name.trim().parse::<Algorithm>().is_ok()) {
        return "names an algorithm more than once, as headers that were joined do".into();
    }
    let name = letters_and_digits(bare);
    if let Some((algorithm, whose)) = other_name(&name) {
        return format!("names {algorithm} as {whose} does: the platform sends its Java name");
    }
    match OTHERS.iter().find(|(part, _)| name.contains(part)) {
        Some((_, what)) => format!("names {what}"),
        None => "names an algorithm that is not known here".into(),
    }
}

/// Whether it is an algorithm's name, and can be nothing else.
pub(super) fn names_one(text: &str) -> bool {
    let name = letters_and_digits(text);
    other_name(&name).is_some()
        || ["withrsa", "withecdsa"].iter().any(|end| name.ends_with(end) && name.len() < LONGEST)
}

fn other_name(name: &str) -> Option<(Algorithm, &'static str)> {
    NAMES.iter().find(|(other, ..)| *other == name).map(|(_, algorithm, whose)| (*algorithm, *whose))
}

/// What is left of a name without what separates its parts, in lower case.
fn letters_and_digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Other names of what is supported, and who uses them.
const NAMES: [(&str, Algorithm, &str); 24] = [
    ("rs256", Sha256WithRsa, "JOSE"),
    ("rs384", Sha384WithRsa, "JOSE"),
    ("rs512", Sha512WithRsa, "JOSE"),
    ("rsav15sha256", Sha256WithRsa, "RFC 9421"),
    ("rsav15sha384", Sha384WithRsa, "RFC 9421"),
    ("rsav15sha512", Sha512WithRsa, "RFC 9421"),
    ("rsasha256", Sha256WithRsa, "OpenSSL"),
    ("rsasha384", Sha384WithRsa, "OpenSSL"),
    ("rsasha512", Sha512WithRsa, "OpenSSL"),
    ("sha256rsa", Sha256WithRsa, "Windows"),
    ("sha384rsa", Sha384WithRsa, "Windows"),
    ("sha512rsa", Sha512WithRsa, "Windows"),
    ("sha256withrsaencryption", Sha256WithRsa, "X.509"),
    ("sha384withrsaencryption", Sha384WithRsa, "X.509"),
    ("sha512withrsaencryption", Sha512WithRsa, "X.509"),
    ("128401135491111", Sha256WithRsa, "an object identifier"),
    ("128401135491112", Sha384WithRsa, "an object identifier"),
    ("128401135491113", Sha512WithRsa, "an object identifier"),
    ("httpwwww3org200104xmldsigmorersasha256", Sha256WithRsa, "an XML signature"),
    ("httpwwww3org200104xmldsigmorersasha384", Sha384WithRsa, "an XML signature"),
    ("httpwwww3org200104xmldsigmorersasha512", Sha512WithRsa, "an XML signature"),
    ("sha256", Sha256WithRsa, "a hash alone"),
    ("sha384", Sha384WithRsa, "a hash alone"),
    ("sha512", Sha512WithRsa, "a hash alone"),
];

/// What is not supported, by a part of its name.
const OTHERS: [(&str, &str); 18] = [
    ("none", "no hash, which is never taken"),
    ("md2", "MD2, which is broken and never taken"),
    ("md5", "MD5, which is broken and never taken"),
    ("sha1", "SHA-1, which is broken and never taken"),
    ("pss", "RSASSA-PSS, which the platform does not use"),
    ("mgf1", "RSASSA-PSS, which the platform does not use"),
    ("ps256", "RSASSA-PSS, which the platform does not use"),
    ("hmac", "an HMAC, which the platform does not use"),
    ("hs256", "an HMAC, which the platform does not use"),
    ("hs512", "an HMAC, which the platform does not use"),
    ("ecdsa", "ECDSA, which the platform does not use"),
    ("es256", "ECDSA, which the platform does not use"),
    ("ed25519", "EdDSA, which the platform does not use"),
    ("eddsa", "EdDSA, which the platform does not use"),
    ("sha3", "a hash that the platform does not use"),
    ("sha224", "a hash that the platform does not use"),
    (
        "rsassapkcs1v15",
        "RSASSA-PKCS1-v1_5, and not with which hash: the platform sends a Java name, such as SHA256withRSA",
    ),
    ("rsa", "RSA, and no hash that is known here: the platform sends a Java name, such as SHA256withRSA"),
];

/// Characters of a name.
const LONGEST: usize = 64;

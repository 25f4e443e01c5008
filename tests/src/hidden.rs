//! What must not be shown, recognised in each form in which it might be.

use std::collections::BTreeSet;
use std::fmt::Write;

use aho_corasick::AhoCorasick;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// Octets that must not be shown.
#[derive(Clone, Debug, Default)]
pub struct Hidden(BTreeSet<String>);

impl Hidden {
    /// Hides this text: nothing may contain it.
    pub fn text(&mut self, text: &str) {
        self.0.insert(text.to_owned());
    }

    /// Hides this text of ASCII characters: nothing may contain it, nor its base64, hexadecimal or UTF-16, wherever it
    /// begins in what was encoded.
    pub fn secret(&mut self, text: &str) {
        assert!(text.is_ascii() && text.len() >= 8, "too short to be told from chance, or not ASCII");
        self.text(text);
        for before in 0..3 {
            // Without the characters that what is before or after it could change.
            let base64 = BASE64_STANDARD.encode([&vec![0; before][..], text.as_bytes()].concat());
            let whole = (before + text.len()) / 3 * 4;
            self.0.insert(base64[[0, 2, 3][before]..whole].to_owned());
        }
        let hex: String = text.bytes().map(|octet| format!("{octet:02x}")).collect();
        self.0.insert(hex.to_uppercase());
        self.0.insert(hex);
        self.0.insert(text.chars().flat_map(|c| [c, '\0']).collect());
        self.0.insert(text.chars().flat_map(|c| ['\0', c]).collect());
    }

    /// Hides these octets: nothing may contain twenty-four of them in a row that begin at a multiple of eight, as text,
    /// base64, hexadecimal, or a list of numbers.
    pub fn octets(&mut self, octets: &[u8]) {
        for window in octets.windows(24).step_by(8) {
            self.0.extend(str::from_utf8(window).ok().map(str::to_owned));
            self.0.insert(format!("{window:?}").trim_matches(['[', ']']).to_owned());
            // Without the characters that what is before or after it could change.
            self.0.insert(BASE64_STANDARD.encode(window).trim_end_matches('=')[..28].to_owned());
            self.0.insert(window.iter().fold(String::new(), |mut hex, octet| {
                let _ = write!(hex, "{octet:02x}");
                hex
            }));
        }
    }

    /// Panics if one of them is shown.
    pub fn assert_absent(&self, what: &str, shown: &str) {
        let all = AhoCorasick::new(&self.0).expect("not too many");
        if let Some(found) = all.find(shown) {
            let line = shown[..found.end()].lines().next_back().unwrap_or_default();
            panic!("{what} shows {}: {line}", &shown[found.range()]);
        }
    }

    /// How many texts are looked for.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_in_every_form_wherever_it_begins() {
        let secret = "test-password";
        let mut hidden = Hidden::default();
        hidden.secret(secret);
        let utf16: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut forms =
            vec![secret.to_owned(), String::from_utf8(utf16).unwrap(), "746573742d70617373776f7264".into()];
        for around in ["", "a", "ab", "abc"] {
            forms.push(BASE64_STANDARD.encode([around, secret, around].concat()));
        }
        for shown in forms {
            let found = std::panic::catch_unwind(|| hidden.assert_absent("it", &format!("{{{shown}}}")));
            assert!(found.is_err(), "{shown:?}");
        }
        hidden.assert_absent("it", "test-passwort");
    }

    #[test]
    fn octets_are_found_in_every_form_and_other_octets_are_not() {
        let secret: Vec<u8> = (b'A'..=b'Y').collect();
        let mut hidden = Hidden::default();
        hidden.octets(&secret);
        let base64 = BASE64_STANDARD.encode(&secret);
        let hex: String = secret.iter().map(|octet| format!("{octet:02x}")).collect();
        for shown in ["ABCDEFGHIJKLMNOPQRSTUVWXY", &format!("{secret:?}"), &base64, &hex] {
            let found = std::panic::catch_unwind(|| hidden.assert_absent("it", &format!("shown: {shown}.")));
            assert!(found.is_err(), "{shown}");
        }
        hidden.assert_absent("it", "ABCDEFGHIJKLMNOPQRSTUVW");
    }
}

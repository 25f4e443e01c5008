//! From a JSON string to its text (RFC 8259 section 7), with no copy that is not wiped.

use std::str::Chars;

use zeroize::Zeroizing;

/// The text of this JSON value, which is well-formed. `None` if it is another value, or has a lone surrogate.
pub(super) fn decode(json: &str) -> Option<Zeroizing<String>> {
    let escaped = json.strip_prefix('"')?.strip_suffix('"')?;
    // No text is longer than its JSON, so nothing is left behind by growing.
    let mut text = Zeroizing::new(String::with_capacity(escaped.len()));
    let mut rest = escaped;
    while let Some((plain, after)) = rest.split_once('\\') {
        let mut chars = after.chars();
        text.push_str(plain);
        text.push(unescape(&mut chars)?);
        rest = chars.as_str();
    }
    text.push_str(rest);
    Some(text)
}

/// What stands after a backslash.
fn unescape(chars: &mut Chars<'_>) -> Option<char> {
    Some(match chars.next()? {
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => {
            let unit = code_unit(chars)?;
            match char::from_u32(unit) {
                Some(character) => character,
                // A surrogate: the low one of the pair follows, escaped as well.
                None if chars.next()? == '\\' && chars.next()? == 'u' => pair(unit, code_unit(chars)?)?,
                None => return None,
            }
        }
        itself @ ('"' | '\\' | '/') => itself,
        _ => return None,
    })
}

fn code_unit(chars: &mut Chars<'_>) -> Option<u32> {
    (0..4).try_fold(0, |unit, _| Some(unit * 16 + chars.next()?.to_digit(16)?))
}

/// The character of a surrogate pair (RFC 2781 section 2.2).
fn pair(high: u32, low: u32) -> Option<char> {
    match (high, low) {
        (0xd800..0xdc00, 0xdc00..0xe000) => {
            char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What serde_json makes of it.
    fn peer(json: &str) -> Option<String> {
        serde_json::from_str(json).ok()
    }

    #[test]
    fn every_escape_is_read_as_serde_json_reads_it() {
        let escapes = [
            r#"\""#,
            r"\\",
            r"\/",
            r"\b",
            r"\f",
            r"\n",
            r"\r",
            r"\t",
            r"\u0000",
            r"\u00fc",
            r"\u00FC",
            r"\u20ac",
            r"\ud83d\ude00",
            r"\uD83D\uDE00",
            r"\ud800",
            r"\udc00",
            r"\ude00\ud83d",
            r"\ud800\u0041",
            r"\ud800\n",
            r"\ud800x",
            r"\udbff\udfff",
            r"\ud800\udc00",
            r"\ud800\ud800",
            "ü",
            "😀",
            "a",
            "",
        ];
        for a in escapes {
            for b in escapes {
                for c in escapes {
                    let json = format!("\"{a}{b}{c}\"");
                    assert_eq!(decode(&json).map(|text| text.to_string()), peer(&json), "{json}");
                }
            }
        }
    }

    #[test]
    fn every_code_unit_is_read_as_serde_json_reads_it() {
        for unit in 0..=0xffff_u32 {
            for json in [format!("\"\\u{unit:04x}\""), format!("\"\\ud83d\\u{unit:04X}\"")] {
                assert_eq!(decode(&json).map(|text| text.to_string()), peer(&json), "{json}");
            }
        }
    }

    #[test]
    fn another_value_is_no_text() {
        for json in ["null", "true", "1", "[]", "{}", "[\"a\"]"] {
            assert!(decode(json).is_none(), "{json}");
        }
    }
}

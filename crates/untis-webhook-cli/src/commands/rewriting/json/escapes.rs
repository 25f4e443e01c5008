//! `\u00fc`, `\/` and `\u003c`, for characters that need no escape.

use super::Rewritten;
use super::read::{Json, Token};

/// Characters that some writers escape and others do not, each kind at a choice of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    NotAscii,
    Slash,
    Html,
}

/// How a kind of character is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    AsItIs,
    Plain,
    /// These, or all if it is empty, as `\u` escapes with digits in this case.
    Escaped(&'static str, Case),
    /// `\/`.
    Short,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    Lower,
    Upper,
}

use Case::{Lower, Upper};
use Style::{AsItIs, Escaped, Plain, Short};

/// Characters beyond ASCII, slashes, and characters that mean something in HTML, as a writer has them.
type Styles = [Style; 3];

/// What is usual of each kind of character alone, beside what is kept as it is.
const NOT_ASCII: [Style; 4] = [Plain, Escaped("", Lower), Escaped("", Upper), SEPARATORS];

const SLASH: [Style; 2] = [Plain, Short];

const HTML: [Style; 8] = [
    Plain,
    Escaped("<>&", Lower),
    Escaped("<>&'", Lower),
    GSON,
    PHP_HEX,
    DOT_NET,
    Escaped("<>&'\"", Lower),
    Escaped("<>&", Upper),
];

/// What usual writers do to all kinds.
const WRITERS: [Styles; USUAL] = [
    [Plain, Plain, Plain],                              // JavaScript, Jackson, serde_json
    [Escaped("", Lower), Plain, Plain],                 // Python
    [Escaped("", Lower), Short, Plain],                 // PHP
    [Plain, Short, Plain],                              // PHP, with JSON_UNESCAPED_UNICODE
    [SEPARATORS, Plain, Escaped("<>&", Lower)],         // Go, Rails
    [SEPARATORS, Plain, GSON],                          // Gson
    [Escaped("", Upper), Plain, Plain],                 // Jackson, where it is asked to
    [Escaped("", Upper), Plain, DOT_NET],               // .NET
    [Escaped("", Lower), Short, PHP_HEX],               // PHP, with its flags for HTML
    [Escaped("", Lower), Plain, Escaped("<>&", Lower)], // Python, for HTML
];

/// How many of the styles are those of usual writers.
pub(super) const USUAL: usize = 10;

/// Line ends to JavaScript.
const SEPARATORS: Style = Escaped("\u{2028}\u{2029}", Lower);

const GSON: Style = Escaped("<>&='", Lower);

const PHP_HEX: Style = Escaped("<>&'\"", Upper);

const DOT_NET: Style = Escaped("<>&'+\"`", Upper);

/// What is tried: each writer, and each kind or two kinds changed with the rest as it is. Kinds that are not there stay.
fn styles(has: [bool; 3]) -> impl Iterator<Item = Styles> {
    let pairs = NOT_ASCII.into_iter().flat_map(|style| SLASH.map(|slash| [style, slash, AsItIs]));
    let alone = NOT_ASCII.into_iter().map(|style| [style, AsItIs, AsItIs]);
    let alone = alone.chain(SLASH.into_iter().map(|style| [AsItIs, style, AsItIs]));
    let alone = alone.chain(HTML.into_iter().map(|style| [AsItIs, AsItIs, style]));
    let all = WRITERS.into_iter().chain(alone).chain(pairs);
    all.map(move |[not_ascii, slash, html]| {
        let [has_not_ascii, has_slash, has_html] = has;
        let of = |has, style| if has { style } else { AsItIs };
        [of(has_not_ascii, not_ascii), of(has_slash, slash), of(has_html, html)]
    })
}

pub(super) fn undone<'a>(json: &'a Json<'_>) -> impl Iterator<Item = Rewritten> + 'a {
    let mut has = [false; 3];
    for token in json.tokens() {
        let Token::Text(text) = token else { continue };
        for kind in units(text).filter_map(|(c, _)| kind_of(c?)) {
            let [not_ascii, slash, html] = &mut has;
            match kind {
                Kind::NotAscii => *not_ascii = true,
                Kind::Slash => *slash = true,
                Kind::Html => *html = true,
            }
        }
    }
    let mut tried = vec![];
    let new = move |styles: &Styles| {
        let new = !tried.contains(styles);
        tried.push(*styles);
        new
    };
    styles(has).filter(new).filter_map(|styles| {
        let mut counts = [(0, 0); 3];
        let written = json.write(|token, text| match token {
            Token::Text(token) => write(token, styles, &mut counts, text),
            other => text.push_str(other.as_str()),
        });
        Some((what(counts)?.into(), written))
    })
}

/// A character of a text and how it is written there. `None` is what is no character: half of a surrogate pair, a quote.
type Unit<'a> = (Option<char>, &'a str);

fn units(text: &str) -> impl Iterator<Item = Unit<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let (c, len) = match first {
            '\\' => escape(rest),
            c => (Some(c), c.len_utf8()),
        };
        let (raw, after) = rest.split_at_checked(len).unwrap_or((rest, ""));
        rest = after;
        Some((c, raw))
    })
}

/// The character that an escape stands for, and the escape's length.
fn escape(text: &str) -> (Option<char>, usize) {
    let unit = |from: usize| {
        let digits = text.get(from..)?.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    match (unit(0), unit(6)) {
        (Some(high), Some(low)) if (0xd800..0xdc00).contains(&high) => {
            match char::decode_utf16([high, low]).next() {
                Some(Ok(c)) => (Some(c), 12),
                _ => (None, 6),
            }
        }
        (Some(unit), _) => (char::from_u32(unit.into()), 6),
        (None, _) if text.starts_with("\\/") => (Some('/'), 2),
        (None, _) if text.starts_with("\\\"") => (Some('"'), 2),
        // Another escape of two characters, which stays as it is.
        (None, _) => (None, text.chars().take(2).map(char::len_utf8).sum()),
    }
}

fn kind_of(c: char) -> Option<Kind> {
    match c {
        '/' => Some(Kind::Slash),
        '<' | '>' | '&' | '\'' | '=' | '+' | '`' | '"' => Some(Kind::Html),
        c if !c.is_ascii() => Some(Kind::NotAscii),
        _ => None,
    }
}

/// Writes the text in these styles, and counts for each kind what was an escape and is one no longer, and the other way round;
/// an escape in another case is both.
fn write(token: &str, styles: Styles, counts: &mut [(usize, usize); 3], text: &mut String) {
    let inner = token.strip_prefix('"').unwrap_or(token);
    let (inner, end) = inner.strip_suffix('"').map_or((inner, ""), |inner| (inner, "\""));
    text.push('"');
    for (c, raw) in units(inner) {
        let kind = c.and_then(|c| kind_of(c).zip(Some(c)));
        let Some((kind, c)) = kind else {
            text.push_str(raw);
            continue;
        };
        let [not_ascii, slash, html] = styles;
        let [not_ascii_counts, slash_counts, html_counts] = &mut *counts;
        let (style, (lost, added)) = match kind {
            Kind::NotAscii => (not_ascii, not_ascii_counts),
            Kind::Slash => (slash, slash_counts),
            Kind::Html => (html, html_counts),
        };
        let start = text.len();
        style.write(c, raw, text);
        let written = text.get(start..).unwrap_or_default();
        if written != raw {
            let is_escape = |text: &str| text.starts_with('\\') && text != "\\\"";
            *lost = lost.saturating_add(usize::from(is_escape(raw)));
            *added = added.saturating_add(usize::from(is_escape(written)));
        }
    }
    text.push_str(end);
}

impl Style {
    fn write(self, c: char, raw: &str, text: &mut String) {
        match self {
            AsItIs => text.push_str(raw),
            Short => text.push_str("\\/"),
            Escaped(which, case) if which.is_empty() || which.contains(c) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    text.push_str(&match case {
                        Lower => format!("\\u{unit:04x}"),
                        Upper => format!("\\u{unit:04X}"),
                    });
                }
            }
            Plain | Escaped(..) if c == '"' => text.push_str("\\\""),
            Plain | Escaped(..) => text.push(c),
        }
    }
}

/// What happened on the way from what was written now to what arrived.
fn what(counts: [(usize, usize); 3]) -> Option<String> {
    let examples = ["\\u00fc", "\\/", "\\u003c"];
    let changed = |which: fn(&(usize, usize)) -> bool| -> Vec<_> {
        counts.iter().zip(examples).filter(|(count, _)| which(count)).map(|(_, example)| example).collect()
    };
    let clauses = [
        (changed(|(lost, added)| *lost > 0 && *added == 0), "characters were written as JSON escapes"),
        (
            changed(|(lost, added)| *lost == 0 && *added > 0),
            "JSON escapes were written as the characters they are for",
        ),
        (changed(|(lost, added)| *lost > 0 && *added > 0), "JSON escapes were written in another way"),
    ];
    let clauses: Vec<_> = clauses
        .iter()
        .filter(|(examples, _)| !examples.is_empty())
        .map(|(examples, what)| format!("{what} (such as {})", examples.join(" and ")))
        .collect();
    (!clauses.is_empty()).then(|| clauses.join(", "))
}

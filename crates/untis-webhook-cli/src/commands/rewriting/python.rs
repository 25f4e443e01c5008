//! What Python's `repr` makes of parsed JSON: quotes of either kind, `None`, `True` and `False`.

/// The JSON before. `None` if a text does not end.
pub(super) fn json(repr: &str) -> Option<String> {
    let mut json = String::new();
    let mut rest = repr;
    while let Some(c) = rest.chars().next() {
        let (token, after) = match c {
            '\'' | '"' => text(rest.strip_prefix(c)?, c)?,
            _ if c.is_ascii_alphabetic() => {
                let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
                let (word, after) = rest.split_at_checked(end)?;
                (word_of_json(word).to_owned(), after)
            }
            _ => (c.to_string(), rest.strip_prefix(c)?),
        };
        json.push_str(&token);
        rest = after;
    }
    Some(json)
}

fn word_of_json(word: &str) -> &str {
    match word {
        "None" => "null",
        "True" => "true",
        "False" => "false",
        other => other,
    }
}

/// A text up to its closing quote, as JSON writes it, and what follows.
fn text(after_quote: &str, quote: char) -> Option<(String, &str)> {
    let mut text = String::new();
    let mut rest = after_quote.chars();
    loop {
        match rest.next()? {
            c if c == quote => return Some((serde_json::to_string(&text).ok()?, rest.as_str())),
            '\\' => {
                let (c, digits) = match rest.next()? {
                    'n' => ('\n', 0),
                    'r' => ('\r', 0),
                    't' => ('\t', 0),
                    'x' => ('\0', 2),
                    'u' => ('\0', 4),
                    'U' => ('\0', 8),
                    c => (c, 0),
                };
                let (number, after) = rest.as_str().split_at_checked(digits)?;
                rest = after.chars();
                let escaped = u32::from_str_radix(number, 16).ok().and_then(char::from_u32);
                text.push(escaped.unwrap_or(c));
            }
            c => text.push(c),
        }
    }
}

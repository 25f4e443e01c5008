/// A text from outside as a log may show it: all but printable ASCII escaped, and cut after 100 characters.
pub(crate) fn shown(text: &str) -> String {
    let escaped = text.chars().take(LONGEST).flat_map(char::escape_default);
    let cut = if text.chars().nth(LONGEST).is_some() { "…" } else { "" };
    format!("\"{}{cut}\"", escaped.collect::<String>())
}

const LONGEST: usize = 100;

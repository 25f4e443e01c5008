use std::error::Error;
use std::iter::successors;

/// A text from outside as a log may show it: all but printable ASCII escaped, and cut after 100 characters.
///
/// ```
/// assert_eq!(untis_webhook_serve::shown("/a\npath"), r#""/a\npath""#);
/// ```
pub fn shown(text: &str) -> String {
    let escaped = text.chars().take(LONGEST).flat_map(char::escape_default);
    let cut = if text.chars().nth(LONGEST).is_some() { "…" } else { "" };
    format!("\"{}{cut}\"", escaped.collect::<String>())
}

/// The error's text, and that of all that caused it.
///
/// ```
/// use std::io::Error;
///
/// use untis_webhook_serve::causes;
///
/// let error = Error::other("no route to host");
/// assert_eq!(causes(&error), "no route to host");
/// ```
pub fn causes(error: &(dyn Error + 'static)) -> String {
    let causes = successors(Some(error), |&error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

const LONGEST: usize = 100;

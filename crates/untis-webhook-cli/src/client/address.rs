use anyhow::{Context, Result, bail};
use http::Uri;

/// The address of a receiver, as this option has it.
pub(crate) fn address(option: &str, text: &str) -> Result<Uri> {
    let expected = || format!("{option}: expected an address such as http://127.0.0.1:8080/webhook, found");
    if let Some(found) = unlike_an_address(text) {
        bail!("{} {found}", expected());
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        bail!("{} {text:?}: write {}", expected(), with_scheme(text));
    };
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        bail!("{} one that begins with {scheme}://: a receiver has http:// or https://", expected());
    }
    if rest.starts_with(['/', '?', ':']) || rest.is_empty() {
        bail!("{} {text:?}, which has no host", expected());
    }
    let uri: Uri = text.parse().with_context(|| format!("{} {text:?}", expected()))?;
    let authority = uri.authority().map(|authority| authority.as_str()).unwrap_or_default();
    let has_port =
        authority.rsplit_once(':').is_some_and(|(_, port)| !port.is_empty() && !port.contains(']'));
    match () {
        () if has_port && uri.port_u16().is_none() => {
            bail!("{} {authority:?}: a port is a number up to 65535", expected())
        }
        () => Ok(uri),
    }
}

/// An address as it is shown: without its query, which may hold a token.
pub(crate) fn shown(to: &str) -> &str {
    to.split('?').next().unwrap_or_default()
}

/// What was found where it is not worth, or not wise, to be repeated.
fn unlike_an_address(text: &str) -> Option<&'static str> {
    let (_, rest) = text.split_once("://").unwrap_or(("", text));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    match text {
        "" => Some("nothing"),
        // ureq would send them in Authorization, which is the signature's.
        _ if authority.contains('@') => Some("one with a user name in it: write it without"),
        _ if !text.contains(['.', ':']) && text.len() > 32 => Some("another text, which is not repeated"),
        // It may be a key; an address of this length has a scheme at least.
        _ if text.contains("-----") || text.len() > if text.contains("://") { 2000 } else { 60 } => {
            Some("another text, which is not repeated")
        }
        _ if text.contains(char::is_whitespace) => Some("one with a space or a line break in it"),
        _ => None,
    }
}

/// What was meant by an address without a scheme.
fn with_scheme(text: &str) -> String {
    let text = text.trim_start_matches("http:").trim_start_matches("https:").trim_start_matches('/');
    let authority = text.split(['/', '?']).next().unwrap_or_default();
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    let is_loopback = host.eq_ignore_ascii_case("localhost") || host.starts_with("127.") || host == "[::1]";
    match host {
        "" => format!("http://localhost{text}"),
        _ if host.bytes().all(|c| c.is_ascii_digit()) => format!("http://localhost:{text}"),
        _ if is_loopback => format!("http://{text}"),
        _ => format!("https://{text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn every_text_that_is_no_address_gets_one_error_with_the_next_step() {
        let long = format!("http://localhost/{}", "a".repeat(2000));
        for (text, found) in [
            ("", "nothing"),
            ("localhost", r#""localhost": write http://localhost"#),
            ("localhost:8080", r#""localhost:8080": write http://localhost:8080"#),
            ("localhost:8080/webhook", r#""localhost:8080/webhook": write http://localhost:8080/webhook"#),
            ("127.0.0.1:8080/", r#""127.0.0.1:8080/": write http://127.0.0.1:8080/"#),
            ("[::1]:8080", r#""[::1]:8080": write http://[::1]:8080"#),
            (":8080", r#"":8080": write http://localhost:8080"#),
            ("http:/127.0.0.1/a", r#""http:/127.0.0.1/a": write http://127.0.0.1/a"#),
            ("example.com/hook", r#""example.com/hook": write https://example.com/hook"#),
            ("ftp://localhost/", "one that begins with ftp://: a receiver has http:// or https://"),
            ("a b", "one with a space or a line break in it"),
            ("http://a\nb/", "one with a space or a line break in it"),
            ("3000", r#""3000": write http://localhost:3000"#),
            ("http://", r#""http://", which has no host"#),
            ("http:///webhook", r#""http:///webhook", which has no host"#),
            ("https://:8080/", r#""https://:8080/", which has no host"#),
            ("http://localhost:99999/", r#""localhost:99999": a port is a number up to 65535"#),
            ("https://user:secret@localhost/", "one with a user name in it: write it without"),
            ("http://-----BEGIN", "another text, which is not repeated"),
            (&"a".repeat(61), "another text, which is not repeated"),
            (&long, "another text, which is not repeated"),
        ] {
            let error =
                address("--to", text).map(|uri| uri.to_string()).unwrap_or_else(|error| error.to_string());
            let expected = "--to: expected an address such as http://127.0.0.1:8080/webhook, found ";
            assert_eq!(error, format!("{expected}{found}"), "{text}");
        }
        for text in ["http://localhost", "HTTP://localhost:1/a?b", "https://[::1]:8080/", "http://a:/"] {
            assert!(address("--to", text).is_ok(), "{text}");
        }
    }
}

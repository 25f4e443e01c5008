use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use zeroize::Zeroizing;

use crate::api::tokens::Tokens;

/// Who may see the page. On loopback that is whoever is on this machine, but for names and contact data; elsewhere, and for
/// those, who shows the API's token. A browser does so as a password (RFC 7617), whatever the user's name.
pub(crate) struct Access {
    is_on_loopback: bool,
    tokens: Tokens,
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Viewer {
    /// On this machine.
    Anybody,
    /// With the token of this number.
    Operator(usize),
}

/// Why it is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoAccess {
    /// Another page asks, or shows it within itself.
    CrossSite,
    /// There is no token that could be shown.
    Nobody,
    /// No token was shown, or another one.
    NotShown,
}

impl Access {
    pub(crate) fn new(is_on_loopback: bool, tokens: Tokens) -> Self {
        Self { is_on_loopback, tokens }
    }

    pub(crate) fn is_on_loopback(&self) -> bool {
        self.is_on_loopback
    }

    pub(super) fn viewer(&self, headers: &HeaderMap) -> Result<Viewer, NoAccess> {
        if is_cross_site(headers) {
            return Err(NoAccess::CrossSite);
        }
        match (self.operator(headers), self.is_on_loopback) {
            (Ok(number), _) => Ok(Viewer::Operator(number)),
            (Err(_), true) => Ok(Viewer::Anybody),
            (Err(no_access), false) => Err(no_access),
        }
    }

    /// Who may see names and contact data.
    ///
    /// # Errors
    ///
    /// That nobody may, or that no token was shown.
    pub(super) fn operator(&self, headers: &HeaderMap) -> Result<usize, NoAccess> {
        if self.tokens.is_empty() {
            return Err(NoAccess::Nobody);
        }
        let number = password(headers).and_then(|token| self.tokens.number(token.trim_ascii()));
        number.or_else(|| self.tokens.caller(headers).ok()?.token).ok_or(NoAccess::NotShown)
    }
}

fn password(headers: &HeaderMap) -> Option<Zeroizing<Vec<u8>>> {
    let mut shown = headers.get_all(AUTHORIZATION).iter();
    let (Some(shown), None) = (shown.next(), shown.next()) else { return None };
    let (scheme, credentials) = shown.as_bytes().split_at_checked(6)?;
    if !scheme.eq_ignore_ascii_case(b"Basic ") {
        return None;
    }
    let decoded = Zeroizing::new(BASE64_STANDARD.decode(credentials.trim_ascii()).ok()?);
    let colon = decoded.iter().position(|octet| *octet == b':')?;
    Some(Zeroizing::new(decoded.get(colon + 1..)?.to_vec()))
}

/// Whether a page of another origin asks (what a browser says of that, no page can change), and does not merely lead here.
/// Programs say nothing.
fn is_cross_site(headers: &HeaderMap) -> bool {
    let said = |name| headers.get(name).map(|value| value.as_bytes());
    let leads_here =
        said("sec-fetch-mode") == Some(b"navigate") && said("sec-fetch-dest") == Some(b"document");
    match said("sec-fetch-site") {
        None | Some(b"none" | b"same-origin") => false,
        Some(_) => !leads_here,
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};
    use untis_webhook::event::Secret;

    use super::*;

    fn headers(said: &[(&'static str, &str)]) -> HeaderMap {
        let said = said
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()));
        said.collect()
    }

    fn shown(scheme: &str, text: &str) -> String {
        format!("{scheme} {}", BASE64_STANDARD.encode(text))
    }

    #[test]
    fn who_shows_a_token_as_a_password_or_as_a_bearer_is_the_operator_and_nobody_else() {
        let tokens = || Tokens::new(&[Secret::new("old: token"), Secret::new("new token")]);
        let (here, elsewhere) = (Access::new(true, tokens()), Access::new(false, tokens()));
        for (authorization, expected) in [
            (shown("Basic", "anybody:old: token"), Some(1)),
            (shown("basic", ":new token"), Some(2)),
            ("Bearer new token".to_owned(), Some(2)),
            (shown("Basic", "new token"), None),
            (shown("Basic", "new token:"), None),
            (shown("Basic", "x:new"), None),
            (shown("Bearer", "x:new token"), None),
            ("Basic new token".to_owned(), None),
            ("Basic".to_owned(), None),
            (String::new(), None),
        ] {
            let headers = headers(&[("authorization", &authorization)]);
            assert_eq!(here.operator(&headers).ok(), expected, "{authorization}");
            assert_eq!(here.viewer(&headers), Ok(expected.map_or(Viewer::Anybody, Viewer::Operator)));
            assert_eq!(elsewhere.viewer(&headers), expected.map(Viewer::Operator).ok_or(NoAccess::NotShown));
        }
        let nobodys = Access::new(false, Tokens::new(&[]));
        assert_eq!(nobodys.viewer(&headers(&[("authorization", "Bearer ")])), Err(NoAccess::Nobody));
        assert_eq!(Access::new(true, Tokens::new(&[])).operator(&HeaderMap::new()), Err(NoAccess::Nobody));
    }

    #[test]
    fn a_page_of_another_origin_may_lead_here_and_no_more() {
        let here = Access::new(true, Tokens::new(&[]));
        for (site, mode, dest, expected) in [
            ("none", "navigate", "document", true),
            ("same-origin", "no-cors", "image", true),
            ("cross-site", "navigate", "document", true),
            ("cross-site", "navigate", "iframe", false),
            ("cross-site", "no-cors", "image", false),
            ("cross-site", "cors", "empty", false),
            ("same-site", "no-cors", "script", false),
            ("unheard of", "cors", "empty", false),
        ] {
            let headers =
                headers(&[("sec-fetch-site", site), ("sec-fetch-mode", mode), ("sec-fetch-dest", dest)]);
            assert_eq!(here.viewer(&headers) == Ok(Viewer::Anybody), expected, "{site} {mode} {dest}");
        }
    }
}

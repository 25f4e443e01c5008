use std::sync::Arc;

use arc_swap::ArcSwap;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};
use untis_webhook::event::Secret;

/// The tokens of those who may ask, by their hashes: to compare these takes the same time whatever they are, and however
/// long the token is that was shown. A clone shares them.
#[derive(Clone)]
pub(crate) struct Tokens(Arc<ArcSwap<Vec<[u8; 32]>>>);

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The number of the token, the first is 1; none where none is needed.
    pub(crate) token: Option<usize>,
}

impl Tokens {
    pub(crate) fn new(tokens: &[Secret]) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(hashes(tokens))))
    }

    /// These count from now on, and no other.
    pub(crate) fn replace(&self, tokens: &[Secret]) {
        self.0.store(Arc::new(hashes(tokens)));
    }

    /// # Errors
    ///
    /// The challenge (RFC 6750 section 3) for who shows no token, or another.
    pub(crate) fn caller(&self, headers: &HeaderMap) -> Result<Caller, &'static str> {
        if self.is_empty() {
            return Ok(Caller { token: None });
        }
        let mut shown = headers.get_all(AUTHORIZATION).iter();
        let (Some(shown), None) = (shown.next(), shown.next()) else { return Err(NO_TOKEN) };
        // The scheme is the same in any case (RFC 9110 section 11.1).
        let Some((scheme, token)) = shown.as_bytes().split_at_checked(7) else { return Err(NO_TOKEN) };
        if !scheme.eq_ignore_ascii_case(b"Bearer ") {
            return Err(NO_TOKEN);
        }
        let number = self.number(token.trim_ascii()).ok_or(ANOTHER_TOKEN)?;
        Ok(Caller { token: Some(number) })
    }

    /// Which of them this is.
    pub(crate) fn number(&self, token: &[u8]) -> Option<usize> {
        let hash: [u8; 32] = Sha256::digest(token).into();
        // Each is compared, whichever it is.
        let equal: Vec<Choice> = self.0.load().iter().map(|other| hash.ct_eq(other)).collect();
        Some(equal.into_iter().position(bool::from)? + 1)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.load().is_empty()
    }
}

fn hashes(tokens: &[Secret]) -> Vec<[u8; 32]> {
    tokens.iter().map(|token| Sha256::digest(token.expose()).into()).collect()
}

const NO_TOKEN: &str = "Bearer";

const ANOTHER_TOKEN: &str = r#"Bearer error="invalid_token""#;

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn caller(tokens: &[&str], shown: &[&str]) -> Result<Option<usize>, &'static str> {
        let tokens: Vec<_> = tokens.iter().map(|token| Secret::new(token)).collect();
        let shown = shown.iter().map(|shown| (AUTHORIZATION, HeaderValue::from_str(shown).unwrap()));
        Tokens::new(&tokens).caller(&shown.collect()).map(|caller| caller.token)
    }

    #[test]
    fn who_shows_a_token_is_let_in_and_nobody_else() {
        let tokens = ["old token", "new token"];
        assert_eq!(caller(&tokens, &["Bearer old token"]), Ok(Some(1)));
        assert_eq!(caller(&tokens, &["bearer new token"]), Ok(Some(2)));
        for (shown, challenge) in [
            (&[][..], NO_TOKEN),
            (&["Bearer"], NO_TOKEN),
            (&["Basic old token"], NO_TOKEN),
            (&["old token"], NO_TOKEN),
            (&["Bearer old token", "Bearer old token"], NO_TOKEN),
            (&["Bearer "], ANOTHER_TOKEN),
            (&["Bearer old toke"], ANOTHER_TOKEN),
            (&["Bearer old tokens"], ANOTHER_TOKEN),
            (&["Bearer Old token"], ANOTHER_TOKEN),
        ] {
            assert_eq!(caller(&tokens, shown), Err(challenge), "{shown:?}");
        }
        assert_eq!(caller(&[], &[]), Ok(None));
    }
}

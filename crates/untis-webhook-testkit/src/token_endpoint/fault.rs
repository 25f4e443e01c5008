use std::fmt;

use http::header::{CONTENT_TYPE, HeaderValue, LOCATION};
use http::{Response, StatusCode};

/// What goes wrong with a token request, in place of an answer that means something.
///
/// ```
/// use http::StatusCode;
/// use untis_webhook_testkit::{Fault, Refusal, TokenEndpoint};
///
/// let endpoint = TokenEndpoint::start();
/// // Credentials of no `School`:
/// endpoint.accept("12345", "test-client-id", "a password");
///
/// // The next two requests fail, then all of them, then none.
/// endpoint.fail_next(2, Fault::status(StatusCode::SERVICE_UNAVAILABLE));
/// endpoint.fail(Fault::html());
/// endpoint.fail(Fault::redirect("http://127.0.0.1:1/elsewhere"));
/// endpoint.recover();
///
/// // What is not current is refused, in one of the ways that there are.
/// endpoint.revoke("12345", "test-client-id", "a password");
/// endpoint.refuse_with(Refusal::InvalidGrant);
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub enum Fault {
    /// This answer, whatever the request was. See [`status`](Self::status), [`html`](Self::html) and
    /// [`redirect`](Self::redirect).
    Answer(Response<String>),
    /// The connection is closed without an answer.
    Close,
    /// An answer of 200 whose body does not end.
    Endless,
    /// No answer, and the connection stays open until the client gives up.
    Hang,
    /// An answer of 200 with a token that breaks off before its end.
    Truncate,
}

impl Fault {
    /// An answer of this status, and a text: 500, 503, whatever a gateway says.
    pub fn status(status: StatusCode) -> Self {
        let mut answer = Response::new(status.to_string());
        *answer.status_mut() = status;
        Self::Answer(answer)
    }

    /// A page for people, with status 200: a sign-in page, or that of another service.
    pub fn html() -> Self {
        let mut answer = Response::new("<!DOCTYPE html><title>Sign in</title>".to_owned());
        answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        Self::Answer(answer)
    }

    /// A redirection, 307: a client that follows it sends its credentials there.
    ///
    /// # Panics
    ///
    /// If the address is not a header value.
    #[allow(clippy::expect_used, reason = "documented, and a test wants to stop here")]
    pub fn redirect(location: &str) -> Self {
        let mut answer = Response::new(String::new());
        *answer.status_mut() = StatusCode::TEMPORARY_REDIRECT;
        answer.headers_mut().insert(LOCATION, HeaderValue::from_str(location).expect("an address"));
        Self::Answer(answer)
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(answer) => f.debug_tuple("Answer").field(&answer.status()).finish(),
            Self::Close => f.write_str("Close"),
            Self::Endless => f.write_str("Endless"),
            Self::Hang => f.write_str("Hang"),
            Self::Truncate => f.write_str("Truncate"),
        }
    }
}

/// When a change of what is current is noticed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Lag {
    /// At once.
    #[default]
    AtOnce,
    /// After so many more requests for the school.
    Requests(usize),
    /// When [`catch_up`](crate::TokenEndpoint::catch_up) says so.
    UntilCaughtUp,
}

/// How credentials that are not current are refused (RFC 6749 section 5.2). How the platform does is not documented.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// 401 with `invalid_client`.
    #[default]
    InvalidClient,
    /// 400 with `invalid_grant`.
    InvalidGrant,
    /// 400 with `unauthorized_client`.
    UnauthorizedClient,
}

impl Refusal {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::InvalidClient, Self::InvalidGrant, Self::UnauthorizedClient];

    pub(super) fn answer(self) -> (StatusCode, &'static str) {
        match self {
            Self::InvalidClient => (StatusCode::UNAUTHORIZED, "invalid_client"),
            Self::InvalidGrant => (StatusCode::BAD_REQUEST, "invalid_grant"),
            Self::UnauthorizedClient => (StatusCode::BAD_REQUEST, "unauthorized_client"),
        }
    }
}

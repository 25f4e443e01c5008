use http::Uri;
use http::uri::{Authority, Scheme};

/// Where the application listens.
#[derive(Clone, Debug)]
pub struct Upstream(Authority);

impl Upstream {
    /// Reads `UPSTREAM`: the application's host and port, such as `127.0.0.1:3000`.
    ///
    /// # Errors
    ///
    /// [`UpstreamError`] if it is not set or is something else.
    pub fn from_vars(var: impl Fn(&str) -> Option<String>) -> Result<Self, UpstreamError> {
        let upstream = var("UPSTREAM").and_then(|upstream| upstream.trim().parse::<Authority>().ok());
        // Without a port it would be 80, which is not where an application listens that says nothing of it.
        let is_whole = |upstream: &Authority| {
            upstream.port_u16().is_some_and(|port| port != 0)
                && !upstream.host().is_empty()
                && !upstream.as_str().contains('@')
        };
        upstream.filter(is_whole).map(Self).ok_or(UpstreamError)
    }

    /// The same path and query, there.
    pub(crate) fn uri(&self, uri: &Uri) -> Option<Uri> {
        let mut parts = uri.clone().into_parts();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(self.0.clone());
        Uri::from_parts(parts).ok()
    }
}

/// There is no such upstream. What was given is not repeated: it may be a secret in the wrong place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("UPSTREAM: expected the application's host and port such as 127.0.0.1:3000, found something else")]
#[non_exhaustive]
pub struct UpstreamError;

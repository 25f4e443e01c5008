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
        let upstream = var("UPSTREAM").unwrap_or_default();
        upstream.parse().map(Self).map_err(|_| UpstreamError(upstream))
    }

    /// The same path and query, there.
    pub(crate) fn uri(&self, uri: &Uri) -> Option<Uri> {
        let mut parts = uri.clone().into_parts();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(self.0.clone());
        Uri::from_parts(parts).ok()
    }
}

/// There is no such upstream.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("UPSTREAM: expected the application's host and port such as 127.0.0.1:3000, found {0:?}")]
pub struct UpstreamError(String);

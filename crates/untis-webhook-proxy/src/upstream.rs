use std::str::FromStr;

use http::HeaderValue;
use http::uri::Authority;

/// Where the application listens: its host and port, such as `127.0.0.1:3000`, with `http://` before it or without.
///
/// ```
/// use untis_webhook_proxy::Upstream;
///
/// assert!("127.0.0.1:3000".parse::<Upstream>().is_ok());
/// assert!("http://application:3000".parse::<Upstream>().is_ok());
/// // Without a port it would be 80, which is not where an application listens that says nothing of it.
/// assert!("application".parse::<Upstream>().is_err());
/// assert!("https://application:3000".parse::<Upstream>().is_err());
/// ```
#[derive(Clone, Debug)]
pub struct Upstream {
    authority: Authority,
    host: HeaderValue,
}

impl Upstream {
    /// The host and the port.
    pub fn as_str(&self) -> &str {
        self.authority.as_str()
    }

    /// What the header `host` says to it.
    pub(crate) fn host(&self) -> HeaderValue {
        self.host.clone()
    }
}

impl FromStr for Upstream {
    type Err = UpstreamError;

    fn from_str(upstream: &str) -> Result<Self, UpstreamError> {
        let upstream = upstream.trim();
        let upstream = upstream
            .strip_prefix("http://")
            .map_or(upstream, |upstream| upstream.strip_suffix('/').unwrap_or(upstream));
        let authority: Authority = upstream.parse().map_err(|_| UpstreamError)?;
        let is_whole = authority.port_u16().is_some_and(|port| port != 0)
            && !authority.host().is_empty()
            && !authority.as_str().contains('@');
        match HeaderValue::from_str(authority.as_str()) {
            Ok(host) if is_whole => Ok(Self { authority, host }),
            _ => Err(UpstreamError),
        }
    }
}

/// There is no such upstream. What was given is not repeated: it may be a secret in the wrong place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected the application's host and port such as 127.0.0.1:3000, found something else")]
#[non_exhaustive]
pub struct UpstreamError;

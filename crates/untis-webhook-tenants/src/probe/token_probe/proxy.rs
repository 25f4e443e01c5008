use std::io;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{HOST, HeaderValue, PROXY_AUTHORIZATION};
use http::uri::Scheme;
use http::{Request, Uri};
use http_body_util::Empty;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use percent_encoding::percent_decode_str;
use tokio::io::{AsyncRead, AsyncWrite};
use zeroize::Zeroizing;

use super::api_url::{ApiUrl, port, unbracketed};
use super::connection::exchange;
use super::{Inconclusive, TokenProbeError};

/// A proxy that connects to whatever it is told (RFC 9110 section 9.3.6). What goes through it is TLS.
#[derive(Clone, Debug)]
pub(super) struct Proxy {
    pub(super) host: String,
    pub(super) port: u16,
    /// Sensitive: its `Debug` says no more.
    authorization: Option<HeaderValue>,
}

impl Proxy {
    pub(super) fn parse(url: &str) -> Result<Self, TokenProbeError> {
        let uri: Uri = url.trim().parse().map_err(|_| TokenProbeError::Proxy)?;
        let (scheme, authority) = uri.scheme().zip(uri.authority()).ok_or(TokenProbeError::Proxy)?;
        let ends = uri.path() == "/" && uri.query().is_none() && !url.contains('#');
        if *scheme != Scheme::HTTP || !ends || authority.host().is_empty() {
            return Err(TokenProbeError::Proxy);
        }
        let user = authority.as_str().rsplit_once('@').map(|(user, _)| user);
        Ok(Self {
            host: unbracketed(authority.host()).to_owned(),
            port: port(&uri, 80).ok_or(TokenProbeError::Proxy)?,
            authorization: user.map(authorization).transpose()?,
        })
    }

    /// Has it connect to the API.
    pub(super) async fn tunnel(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        api: &ApiUrl,
    ) -> Result<TokioIo<Upgraded>, Inconclusive> {
        let host = if api.host.contains(':') { format!("[{}]", api.host) } else { api.host.clone() };
        let target = format!("{host}:{}", api.port);
        let mut request = Request::connect(&target).header(HOST, &target);
        if let Some(authorization) = &self.authorization {
            request = request.header(PROXY_AUTHORIZATION, authorization);
        }
        let request = request.body(Empty::<Bytes>::new());
        let request = request.map_err(|error| Inconclusive::Http(io::Error::other(error)))?;
        exchange(stream, request, async |response| {
            if !response.status().is_success() {
                return Err(Inconclusive::Proxy(response.status().as_u16()));
            }
            let upgraded = hyper::upgrade::on(response).await;
            upgraded.map(TokioIo::new).map_err(|error| Inconclusive::Http(io::Error::other(error)))
        })
        .await
    }
}

fn authorization(user: &str) -> Result<HeaderValue, TokenProbeError> {
    let (user, password) = user.split_once(':').unwrap_or((user, ""));
    let decoded = |text| Zeroizing::new(percent_decode_str(text).collect::<Vec<u8>>());
    let credentials = Zeroizing::new([&*decoded(user), b":".as_slice(), &*decoded(password)].concat());
    let value = Zeroizing::new(format!("Basic {}", *Zeroizing::new(BASE64_STANDARD.encode(&*credentials))));
    let mut value = HeaderValue::from_str(&value).map_err(|_| TokenProbeError::Proxy)?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_may_have_a_user_and_shows_nothing_of_it() {
        let proxy = Proxy::parse("http://user:p%40ss@proxy.example:3128").unwrap();
        assert_eq!((&*proxy.host, proxy.port), ("proxy.example", 3128));
        let expected = format!("Basic {}", BASE64_STANDARD.encode("user:p@ss"));
        assert_eq!(proxy.authorization.as_ref().unwrap(), &expected);
        assert!(!format!("{proxy:?}").contains(&expected));
        for (url, host, port) in [
            ("http://user:pass@proxy.example", "proxy.example", 80),
            ("http://[::1]", "::1", 80),
            ("http://user@[::1]:3128/", "::1", 3128),
        ] {
            let proxy = Proxy::parse(url).unwrap();
            assert_eq!((&*proxy.host, proxy.port), (host, port), "{url}");
        }
        for url in
            ["", "proxy:3128", "https://proxy:3128", "socks5://proxy", "http://proxy/path", "http://proxy?q"]
        {
            assert_eq!(Proxy::parse(url).unwrap_err(), TokenProbeError::Proxy, "{url}");
        }
    }
}

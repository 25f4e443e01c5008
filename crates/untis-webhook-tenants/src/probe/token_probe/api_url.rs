use std::net::IpAddr;

use http::Uri;
use http::header::HeaderValue;
use http::uri::Scheme;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio_rustls::rustls::pki_types::ServerName;

use super::TokenProbeError;

/// The platform's API of one environment: `API_URL`.
#[derive(Clone, Debug)]
pub(super) struct ApiUrl {
    /// Without the brackets of an IPv6 address.
    pub(super) host: String,
    pub(super) port: u16,
    /// Of the certificate; `None` of http.
    pub(super) server_name: Option<ServerName<'static>>,
    /// Of the `Host` header.
    pub(super) authority: HeaderValue,
    base: String,
}

impl ApiUrl {
    pub(super) fn parse(url: &str) -> Result<Self, TokenProbeError> {
        let uri: Uri = url.trim().parse().map_err(|_| TokenProbeError::Url)?;
        let (scheme, authority) = uri.scheme().zip(uri.authority()).ok_or(TokenProbeError::Url)?;
        let is_https = *scheme == Scheme::HTTPS;
        let is_plain = !authority.as_str().contains('@') && uri.query().is_none() && !url.contains('#');
        if !is_plain || !(is_https || *scheme == Scheme::HTTP) {
            return Err(TokenProbeError::Url);
        }
        let host = unbracketed(authority.host());
        let address = host.parse::<IpAddr>();
        if !is_https && address.is_ok_and(|address| !is_near(address)) {
            return Err(TokenProbeError::NotPrivate);
        }
        let server_name = ServerName::try_from(host.to_owned()).map_err(|_| TokenProbeError::Url)?;
        Ok(Self {
            host: host.to_owned(),
            port: port(&uri, if is_https { 443 } else { 80 }).ok_or(TokenProbeError::Url)?,
            server_name: is_https.then_some(server_name),
            authority: HeaderValue::from_str(authority.as_str()).map_err(|_| TokenProbeError::Url)?,
            base: uri.path().trim_end_matches('/').to_owned(),
        })
    }

    /// The path of a tenant's token endpoint; none if the id is no segment of a path.
    pub(super) fn token_path(&self, tenant_id: &str) -> Option<String> {
        let tenant_id = Some(tenant_id).filter(|tenant_id| !["", ".", ".."].contains(tenant_id))?;
        let tenant_id = utf8_percent_encode(tenant_id, NOT_UNRESERVED);
        Some(format!("{}/WebUntis/api/sso/v3/{tenant_id}/token", self.base))
    }
}

/// The port of an address; none if it says one that is none.
pub(super) fn port(uri: &Uri, default: u16) -> Option<u16> {
    // After a user's name and password, and after the colons of an IPv6 address.
    let has_port = uri.authority()?.as_str().rsplit(['@', ']']).next()?.contains(':');
    if has_port { uri.port_u16().filter(|port| *port != 0) } else { Some(default) }
}

pub(super) fn unbracketed(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// Whether what goes there in the clear stays on this machine (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3) or in
/// this network (RFC 1918, RFC 4193).
pub(super) fn is_near(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_private(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local(),
    }
}

/// RFC 3986 section 2.3. What is unreserved stands as it is: not every gateway knows that it is the same encoded.
const NOT_UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_https_or_http_to_near_by_and_nothing_more() {
        for (url, path, authority) in [
            ("https://api.integration.webuntis.dev", "", "api.integration.webuntis.dev"),
            (" https://api.example:8443/base/ ", "/base", "api.example:8443"),
            ("http://127.0.0.1:8080", "", "127.0.0.1:8080"),
            ("http://[::1]:8080/", "", "[::1]:8080"),
            ("http://10.1.2.3", "", "10.1.2.3"),
            ("http://[fd00::1]", "", "[fd00::1]"),
            ("http://[::ffff:10.1.2.3]", "", "[::ffff:10.1.2.3]"),
            ("http://platform.internal", "", "platform.internal"),
        ] {
            let url = ApiUrl::parse(url).unwrap();
            assert_eq!(url.authority, authority);
            assert_eq!(url.token_path("12345").unwrap(), format!("{path}/WebUntis/api/sso/v3/12345/token"));
        }
        for url in
            ["http://8.8.8.8", "http://[2001:db8::1]", "http://169.254.169.254", "http://[::ffff:8.8.8.8]"]
        {
            assert_eq!(ApiUrl::parse(url).unwrap_err(), TokenProbeError::NotPrivate, "{url}");
        }
        for url in [
            "",
            "/",
            "api.example",
            "api.example:443",
            "ftp://api.example",
            "https://",
            "https://user:secret@api.example",
            "https://api.example?secret",
            "https://api.example#secret",
            "https://api.example:0",
            "https://api.example:65536",
            "https://api.example:",
            "https://api .example",
            "https://-/",
            // Numbers that a resolver takes for an address.
            "http://0",
            "http://2130706433",
            "http://0x08080808",
            "http://8.8.2056",
            "http://010.8.8.8",
        ] {
            assert_eq!(ApiUrl::parse(url).unwrap_err(), TokenProbeError::Url, "{url}");
        }
    }

    #[test]
    fn a_tenants_id_is_one_segment_of_the_path_whatever_is_in_it() {
        let url = ApiUrl::parse("https://api.example").unwrap();
        let segment =
            |tenant_id| url.token_path(tenant_id).map(|path| path.split('/').nth(5).unwrap().to_owned());
        assert_eq!(segment("3f1c-9_a.b~c"), Some("3f1c-9_a.b~c".to_owned()));
        assert_eq!(segment("../a?b#c;d"), Some("..%2Fa%3Fb%23c%3Bd".to_owned()));
        assert_eq!(segment("..\\a"), Some("..%5Ca".to_owned()));
        assert_eq!(segment("%2e%2E"), Some("%252e%252E".to_owned()));
        assert_eq!(segment("%2f"), Some("%252f".to_owned()));
        assert_eq!(segment("..."), Some("...".to_owned()));
        assert_eq!(segment("höhere"), Some("h%C3%B6here".to_owned()));
        assert_eq!(segment("a\r\nb c"), Some("a%0D%0Ab%20c".to_owned()));
        assert_eq!(["", ".", ".."].map(segment), [None, None, None]);
    }
}

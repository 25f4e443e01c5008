use std::net::IpAddr;

use http::header::HOST;
use http::uri::Authority;
use http::{Request, Version};

/// Whether a request names this machine as a program on it would, and not by a name that somebody else owns.
pub(super) fn is_for_loopback<B>(request: &Request<B>) -> bool {
    let mut hosts = request.headers().get_all(HOST).iter();
    let host = match (request.uri().authority(), hosts.next(), hosts.next()) {
        (Some(authority), None, _) => authority.clone(),
        (None, Some(host), None) => match Authority::try_from(host.as_bytes()) {
            Ok(authority) => authority,
            Err(_) => return false,
        },
        // No browser speaks it, and nothing else has to say a name.
        (None, None, _) => return request.version() == Version::HTTP_10,
        (Some(authority), Some(host), None) if authority.as_str().as_bytes() == host.as_bytes() => {
            authority.clone()
        }
        _ => return false,
    };
    let host = host.host().trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_somebody_elses_is_none_of_this_machine() {
        for (host, expected) in [
            ("localhost", true),
            ("LOCALHOST:9090", true),
            ("127.0.0.1:9090", true),
            ("127.8.9.1", true),
            ("[::1]:9090", true),
            ("attacker.example", false),
            ("localhost.attacker.example", false),
            ("127.0.0.1.attacker.example:9090", false),
            ("10.0.0.1", false),
            ("0.0.0.0:9090", false),
            ("", false),
            ("a b", false),
        ] {
            let request = Request::get("/livez").header(HOST, host).body(()).unwrap();
            assert_eq!(is_for_loopback(&request), expected, "{host:?}");
        }
        let twice = Request::get("/livez").header(HOST, "localhost").header(HOST, "attacker.example");
        assert!(!is_for_loopback(&twice.body(()).unwrap()));
        let absolute = Request::get("http://attacker.example/livez").header(HOST, "localhost");
        assert!(!is_for_loopback(&absolute.body(()).unwrap()));
        assert!(!is_for_loopback(&Request::get("/livez").body(()).unwrap()));
        assert!(is_for_loopback(&Request::get("/livez").version(Version::HTTP_10).body(()).unwrap()));
        assert!(is_for_loopback(&Request::get("http://localhost:9090/livez").body(()).unwrap()));
    }
}

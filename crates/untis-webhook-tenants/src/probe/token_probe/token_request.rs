use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::Request;
use http::header::{ACCEPT, AUTHORIZATION, CONNECTION, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use http_body_util::Full;
use zeroize::Zeroizing;

use super::CredentialSet;
use super::api_url::ApiUrl;

/// A token request of the client credentials grant (RFC 6749 section 4.4.2).
pub(super) fn token_request(
    api: &ApiUrl,
    path: &str,
    authorization: HeaderValue,
) -> http::Result<Request<Full<Bytes>>> {
    Request::post(path)
        .header(HOST, &api.authority)
        .header(AUTHORIZATION, authorization)
        .header(ACCEPT, "application/json")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(CONNECTION, "close")
        .header(USER_AGENT, concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")))
        .body(Full::from("grant_type=client_credentials"))
}

/// The values of `Authorization` that show this set, each once: as it is, in UTF-8 and in Latin-1 (RFC 7617 section 2
/// leaves that open), and encoded before (RFC 6749 section 2.3.1). Which of them the platform reads is not documented, and
/// a refusal of another one would prove nothing.
pub(super) fn authorizations(set: CredentialSet<'_>) -> Vec<HeaderValue> {
    let (client_id, password) = (set.client_id, set.password.expose());
    let mut spellings = Vec::with_capacity(3);
    // RFC 7617: a user name has no colon.
    if !client_id.contains(':') {
        spellings.push(basic(client_id.as_bytes(), password.as_bytes()));
        let latin1 = latin1(client_id).zip(latin1(password));
        spellings.extend(latin1.map(|(client_id, password)| basic(&client_id, &password)));
    }
    let encoded =
        |text: &str| Zeroizing::new(form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>());
    spellings.push(basic(encoded(client_id).as_bytes(), encoded(password).as_bytes()));
    spellings.dedup();
    spellings.into_iter().flatten().collect()
}

fn latin1(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut octets = Zeroizing::new(Vec::with_capacity(text.len()));
    for character in text.chars() {
        octets.push(u8::try_from(character).ok()?);
    }
    Some(octets)
}

fn basic(user: &[u8], password: &[u8]) -> Option<HeaderValue> {
    let credentials = Zeroizing::new([user, b":", password].concat());
    let value = Zeroizing::new(["Basic ", &Zeroizing::new(BASE64_STANDARD.encode(&*credentials))].concat());
    let mut value = HeaderValue::from_str(&value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use untis_webhook::event::Secret;

    use super::*;

    #[test]
    fn credentials_are_shown_in_every_spelling_in_which_they_differ() {
        let rows: [(&str, &str, &[&[u8]]); 7] = [
            ("id", "abc-1_2.3*", &[b"id:abc-1_2.3*"]),
            ("an id", "a+b/c=", &[b"an id:a+b/c=", b"an+id:a%2Bb%2Fc%3D"]),
            ("i:d", "a:b", &[b"i%3Ad:a%3Ab"]),
            ("id", "a:b", &[b"id:a:b", b"id:a%3Ab"]),
            ("id", "h\u{f6}he", &[b"id:h\xc3\xb6he", b"id:h\xf6he", b"id:h%C3%B6he"]),
            ("id", "\u{20ac}", &[b"id:\xe2\x82\xac", b"id:%E2%82%AC"]),
            ("id\r\nx: y", "\0", &[b"id%0D%0Ax%3A+y:%00"]),
        ];
        for (client_id, password, expected) in rows {
            let (secret, password) = (Secret::new("secret"), Secret::new(password));
            let set = CredentialSet { client_id, secret: &secret, password: &password, host: "host" };
            let shown: Vec<_> = authorizations(set)
                .iter()
                .map(|value| {
                    BASE64_STANDARD.decode(value.to_str().unwrap().strip_prefix("Basic ").unwrap()).unwrap()
                })
                .collect();
            assert_eq!(shown, expected, "{client_id:?}");
        }
    }
}

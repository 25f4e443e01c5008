use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::Request;
use sha2::Sha256;
use untis_webhook_tests::wire::{self, Connection};

use untis_webhook_tests::port::Port;

/// Whoever reaches the application, and knows its secret or does not.
pub(crate) struct Stranger<'a> {
    port: &'a Port,
    pub(crate) secret: Vec<u8>,
}

pub(crate) type Headers = Vec<(&'static str, String)>;

impl<'a> Stranger<'a> {
    pub(crate) fn new(secret: &str, port: &'a Port) -> Self {
        let secret = BASE64_STANDARD.decode(secret.trim_start_matches("whsec_")).unwrap();
        Self { port, secret }
    }

    /// Those of a message that is signed with each of these secrets, so many seconds from now.
    pub(crate) fn headers(&self, seconds: i64, body: &[u8], secrets: &[&[u8]]) -> Headers {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let timestamp = now.checked_add_signed(seconds).unwrap().to_string();
        let signatures = secrets.iter().map(|secret| {
            let mut hmac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
            hmac.update(format!("{ID}.{timestamp}.").as_bytes());
            hmac.update(body);
            format!("v1,{}", BASE64_STANDARD.encode(hmac.finalize().into_bytes()))
        });
        let signatures = signatures.collect::<Vec<_>>().join(" ");
        vec![
            ("webhook-id", ID.to_owned()),
            ("webhook-timestamp", timestamp),
            ("webhook-signature", signatures),
        ]
    }

    /// What is not the daemon's, each for one reason.
    pub(crate) fn forgeries(&self, body: &[u8]) -> Vec<(&'static str, Headers)> {
        let genuine = || self.headers(0, body, &[&self.secret]);
        let with = |header: usize, change: fn(&str) -> String| {
            let mut headers = genuine();
            headers[header].1 = change(&headers[header].1);
            headers
        };
        let without = |header: usize| {
            let mut headers = genuine();
            headers.remove(header);
            headers
        };
        vec![
            ("old", self.headers(-TOLERATED - 40, body, &[&self.secret])),
            ("of the future", self.headers(TOLERATED + 40, body, &[&self.secret])),
            ("signed by others", self.headers(0, body, &[b"a stranger", b"another"])),
            ("over another body", self.headers(0, b"{}", &[&self.secret])),
            ("another id", with(0, |id| format!("{id}0"))),
            ("another time", with(1, |time| (time.parse::<u64>().unwrap() - 1).to_string())),
            ("no time", with(1, |_| "now".to_owned())),
            ("another version", with(2, |signature| signature.replace("v1,", "v2,"))),
            ("without its version", with(2, |signature| signature.replace("v1,", ""))),
            ("half a signature", with(2, |signature| signature[..signature.len() / 2].to_owned())),
            ("an empty signature", with(2, |_| "v1,".to_owned())),
            ("no id", without(0)),
            ("no timestamp", without(1)),
            ("no signature", without(2)),
        ]
    }

    pub(crate) async fn send_genuine(&self, body: &[u8]) -> Option<u16> {
        self.send(&self.headers(0, body, &[&self.secret]), body).await
    }

    /// The status, or none if it closes without one.
    pub(crate) async fn send(&self, headers: &Headers, body: &[u8]) -> Option<u16> {
        let headers = headers.iter().map(|(name, value)| (*name, &**value));
        let length = body.len().to_string();
        let headers: Vec<_> = headers.chain([("content-length", &*length)]).collect();
        let request = Request::post("/untis").body(Bytes::new()).unwrap();
        let mut connection = Connection::to(self.port.address()).await;
        connection.send([wire::head(&request, &headers).as_bytes(), body].concat()).await;
        connection.response().await.map(|response| response.status)
    }
}

/// Seconds: within the five minutes of Standard Webhooks, and with what is added to it beyond them.
pub(crate) const TOLERATED: i64 = 270;

const ID: &str = "msg_1";

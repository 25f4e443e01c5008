//! The table: what is sent, and what must come back, the same from every stack.

use crate::platform::BODY;
use bytes::Bytes;
use untis_webhook::Algorithm;

use super::exchange::{Body, Exchange, forged, genuine, signed, signed_with};

/// A kind of request, and its outcome in every stack.
pub(crate) struct Row {
    pub(crate) group: &'static str,
    pub(crate) name: &'static str,
    /// One or several; each has the outcome.
    pub(crate) exchanges: fn() -> Vec<Exchange>,
    pub(crate) http1: &'static str,
    /// Empty where HTTP/2 has no such request.
    pub(crate) http2: &'static str,
}

macro_rules! rows {
    ($($group:literal { $($name:literal => $http1:literal, $http2:literal: $exchanges:expr;)* })*) => {
        &[$($(Row {
            group: $group,
            name: $name,
            exchanges: || { let all: Vec<Exchange> = $exchanges.into(); all },
            http1: $http1,
            http2: $http2,
        },)*)*]
    };
}

pub(crate) static ROWS: &[Row] = rows! {
    "Genuine" {
        "`SHA256withRSA`" => "204, kept", "204, kept": [genuine()];
        "`SHA384withRSA`, `SHA512withRSA`" => "204, kept", "204, kept":
            [signed_with(Algorithm::Sha384WithRsa), signed_with(Algorithm::Sha512WithRsa)];
        "an event that is not known" => "204, kept", "204, kept":
            [signed(r#"{"tenantId":"12345","eventType":"NOT_KNOWN_YET"}"#)];
        "header names in odd case" => "204, kept", "":
            [genuine().renamed("authorization", "AUTHORIZATION").renamed("algorithm", "aLGORITHM")];
        "the algorithm in odd case" => "204, kept", "204, kept": [genuine().changed("algorithm", |_| b"sha256WITHrsa".into())];
        "other content types, or none" => "204, kept", "204, kept":
            [
                genuine().changed("content-type", |_| b"text/plain".into()),
                genuine().changed("content-type", |_| b"multipart/form-data; boundary=x".into()),
                genuine().without("content-type"),
            ];
        "white space around the header values" => "204, kept", "":
            [genuine().changed("authorization", padded).changed("algorithm", padded)];
    }
    "Headers" {
        "no headers of ours" => "401, kept", "401, kept": [genuine().without("authorization").without("algorithm")];
        "`Authorization` missing" => "401, kept", "401, kept": [genuine().without("authorization")];
        "`Algorithm` missing" => "401, kept", "401, kept": [genuine().without("algorithm")];
        "`Authorization` twice, the same value" => "401, kept", "401, kept":
            [doubled("authorization", None, true), doubled("authorization", None, false)];
        "`Authorization` twice, another value, in both orders" => "401, kept", "401, kept":
            [doubled("authorization", Some("AQID"), true), doubled("authorization", Some("AQID"), false)];
        "`Algorithm` twice, the same value" => "401, kept", "401, kept":
            [doubled("algorithm", None, true), doubled("algorithm", None, false)];
        "`Algorithm` twice, another value, in both orders" => "401, kept", "401, kept":
            [doubled("algorithm", Some("SHA512withRSA"), true), doubled("algorithm", Some("SHA512withRSA"), false)];
        "`Authorization` empty" => "401, kept", "401, kept": [genuine().changed("authorization", |_| vec![])];
        "`Algorithm` empty" => "401, kept", "401, kept": [genuine().changed("algorithm", |_| vec![])];
        "`Authorization` not ASCII" => "401, kept", "401, kept":
            [genuine().changed("authorization", |value| [&value[..], "ä".as_bytes()].concat())];
        "`Algorithm` not ASCII" => "401, kept", "401, kept":
            [genuine().changed("algorithm", |value| [&value[..], b"\xff"].concat())];
        "either of 8 KiB" => "401, kept", "401, kept":
            ["authorization", "algorithm"].map(|name| genuine().changed(name, |_| vec![b'A'; 8192]));
        "`Authorization` of 64 KiB" => "401, kept", "no answer, closed": [genuine().changed("authorization", |_| vec![b'A'; 65536])];
        "`Algorithm` of 64 KiB" => "401, kept", "no answer, closed": [genuine().changed("algorithm", |_| vec![b'A'; 65536])];
    }
    "Algorithms" {
        "each that is not taken" => "401, kept", "401, kept":
            [
                "SHA1withRSA", "SHA224withRSA", "MD5withRSA", "MD2withRSA", "NONEwithRSA", "none", "RS256", "SHA256",
                "SHA512/256withRSA", "SHA3-256withRSA", "RSASSA-PSS", "SHA256withRSAandMGF1", "SHA256withRSA/PSS",
                "SHA256withECDSA", "Ed25519", "HmacSHA256", "SHA256withRSA,SHA256withRSA", "SHA256 withRSA",
            ].map(|name| genuine().changed("algorithm", |_| name.into()));
        "another of ours than the one that signed" => "401, kept", "401, kept":
            ["SHA384withRSA", "SHA512withRSA"].map(|name| genuine().changed("algorithm", |_| name.into()));
    }
    "Signatures" {
        "by somebody else" => "401, kept", "401, kept": [forged()];
        "a scheme word before it" => "401, kept", "401, kept":
            ["Bearer ", "Basic ", "Signature ", "RSA "].map(|word| {
                genuine().changed("authorization", |value| [word.as_bytes(), &value].concat())
            });
        "white space inside" => "401, kept", "401, kept": [inserted(b" "), inserted(b"\t")];
        "a line break inside" => "400, closed", "": [inserted(b"\r\n "), inserted(b"\r\n\t")];
        "unpadded" => "401, kept", "401, kept":
            [genuine().changed("authorization", |value| value.into_iter().filter(|&octet| octet != b'=').collect())];
        "URL-safe alphabet" => "401, kept", "401, kept": [url_safe()];
        "another base64 of the same octets" => "401, kept", "401, kept": [trailing_bits()];
        "one octet" => "401, kept", "401, kept": [genuine().changed("authorization", |_| b"AQ==".into())];
        "in quotes" => "401, kept", "401, kept":
            [genuine().changed("authorization", |value| [b"\"", &value[..], b"\""].concat())];
    }
    "Bodies" {
        "empty" => "400, kept", "400, kept": [signed(""), signed("").body(Body::Chunked(vec![]))];
        "one byte" => "400, kept", "400, kept": [signed("x"), signed("x").body(Body::Chunked(vec!["x".into()]))];
        "JSON that is no event" => "422, kept", "422, kept": [signed("{}"), signed("[]"), signed("null")];
        "at the limit" => "204, kept", "204, kept": [signed(body_of(LIMIT)), chunked(body_of(LIMIT), 1000)];
        "one over the limit, declared" => "413, closed", "413, kept": [signed(body_of(LIMIT + 1))];
        "one over the limit, not declared, and not ended" => "413, closed", "413, kept":
            [genuine().body(Body::Unended(vec![Bytes::from(vec![b' '; LIMIT]), " ".into()]))];
        "a length of 10<sup>15</sup> declared, nothing sent" => "413, closed", "": [genuine().body(Body::Withheld(1_000_000_000_000_000))];
        "the same, forged" => "401, closed", "": [forged().body(Body::Withheld(1_000_000_000_000_000))];
        "one byte a chunk" => "204, kept", "204, kept": [chunked(BODY.into(), 1)];
        "split in two, anywhere" => "204, kept", "204, kept":
            (0..=BODY.len()).map(|at| genuine().body(Body::Pieces(vec![BODY[..at].into(), BODY[at..].into()]))).collect::<Vec<_>>();
        "with trailers" => "204, kept", "204, kept": [genuine().body(Body::Trailed(BODY.into()))];
        "one byte changed" => "401, kept", "401, kept": [genuine().body(Body::Declared(BODY.replace('1', "2").into()))];
        "one byte more" => "401, kept", "401, kept": [genuine().body(Body::Declared(format!("{BODY} ").into()))];
        "one byte less" => "401, kept", "401, kept": [genuine().body(Body::Declared(BODY[1..].into()))];
        "signed, compressed by the sender (`Content-Encoding: gzip`)" => "400, kept", "400, kept":
            [signed(GZIP).with("content-encoding", "gzip")];
        "compressed on the way" => "401, kept", "401, kept":
            [genuine().with("content-encoding", "gzip").body(Body::Declared(Bytes::from_static(GZIP)))];
        "shorter than declared, the sender's half closed" => "400, closed", "": [genuine().body(Body::Short(BODY.into()))];
        "whole, the sender's half closed" => "204, closed", "": [genuine().body(Body::HalfClosed(BODY.into()))];
    }
    "Protocol" {
        "`Expect: 100-continue`, genuine: asked for, then taken" => "204, kept", "": [genuine().body(Body::Expected(BODY.into()))];
        "`Expect: 100-continue`, forged: never asked for" => "401, closed", "": [forged().body(Body::Expected(BODY.into()))];
        "forged, its body does not come" => "401, closed", "": [forged().body(Body::Withheld(43))];
        "another method, signed" => "405, kept", "405, kept": METHODS.map(|method| genuine().method(method));
        "another method, not signed" => "401, kept", "401, kept": METHODS.map(|method| forged().method(method));
        "a query" => "204, kept", "204, kept": ["/webhook?", "/webhook?from=untis&x=%2F"].map(|target| genuine().target(target));
        "another path, signed" => "404, kept", "404, kept": PATHS.map(|path| genuine().target(path));
        "another path, not signed" => "401, kept", "401, kept": PATHS.map(|path| forged().target(path));
        "a slash after the path" => "404, kept", "404, kept":
            ["/webhook/", "/webhook/?", "/webhook//"].map(|path| genuine().target(path));
        "another spelling of the path" => "404, kept", "404, kept":
            [
                "//webhook", "/./webhook", "/webhook/.", "/x/../webhook", "/WEBHOOK", "/Webhook", "/%77ebhook", "/webhook%2F",
                "/webhook%3F", "/webhook;x", "/webhook%00", "/webhook%20",
            ].map(|path| genuine().target(path));
        "the whole address as the target" => "204, kept", "":
            ["http://localhost/webhook", "http://another.example:8080/webhook?x"].map(|target| genuine().target(target));
        "the whole address of another path" => "404, kept", "":
            ["http://localhost", "http://localhost/", "http://localhost/webhook/"].map(|target| genuine().target(target));
        "`CONNECT`" => "404, kept", "no answer, kept": [genuine().method("CONNECT").target("localhost:80")];
        "`*` as the target" => "404, kept", "": [genuine().target("*"), genuine().method("OPTIONS").target("*")];
        "HTTP/1.0" => "204, closed", "": [genuine().version("HTTP/1.0")];
        "HTTP/1.0, forged" => "401, closed", "": [forged().version("HTTP/1.0")];
    }
};

/// Those of HTTP but `POST` and `CONNECT`, and two others.
const METHODS: [&str; 9] = ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "PROPFIND", "post"];

const PATHS: [&str; 4] = ["/", "/elsewhere", "/webhook/x", "/webhooks"];

/// The layer's default.
const LIMIT: usize = 64 * 1024;

/// An event that is so long.
fn body_of(len: usize) -> Bytes {
    let (start, end) = (r#"{"tenantId":"12345","eventType":"DELETION","reasonText":""#, r#""}"#);
    format!("{start}{}{end}", "x".repeat(len - start.len() - end.len())).into()
}

fn chunked(body: Bytes, size: usize) -> Exchange {
    let chunks = body.chunks(size).map(Bytes::copy_from_slice).collect();
    signed(body).body(Body::Chunked(chunks))
}

fn doubled(name: &str, value: Option<&str>, before: bool) -> Exchange {
    let exchange = genuine();
    let value = value.map_or_else(|| exchange.value(name), |value| value.as_bytes().to_vec());
    exchange.doubled(name, value, before)
}

fn padded(value: Vec<u8>) -> Vec<u8> {
    [b" \t ", &value[..], b" \t"].concat()
}

fn inserted(what: &'static [u8]) -> Exchange {
    genuine().changed("authorization", |value| [&value[..76], what, &value[76..]].concat())
}

/// A signature that has characters of which the two alphabets differ, in the other one.
fn url_safe() -> Exchange {
    genuine().changed("authorization", |value| {
        let other = |octet: &u8| match octet {
            b'+' => b'-',
            b'/' => b'_',
            other => *other,
        };
        let safe: Vec<u8> = value.iter().map(other).collect();
        assert_ne!(safe, value, "this signature is the same in both alphabets");
        safe
    })
}

/// The same signature with a bit set that no octet has.
fn trailing_bits() -> Exchange {
    genuine().changed("authorization", |mut value| {
        // 256 octets are 341 groups of three and one octet more: two characters, of which the last has four
        // bits to spare.
        let last = value.len() - 3;
        assert!(value.ends_with(b"==") && b"AQgw".contains(&value[last]));
        value[last] += 1;
        value
    })
}

/// `{}`, compressed: RFC 1952 around a stored block.
const GZIP: &[u8] = &[
    0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0, 0xff, // no name, no time, of an unknown system
    0x01, 2, 0, 0xfd, 0xff, b'{', b'}', // the last block, stored, two octets
    0x43, 0xbf, 0xa6, 0xa3, 2, 0, 0, 0, // CRC-32, length
];

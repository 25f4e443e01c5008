use http::header::{CONNECTION, CONTENT_LENGTH, EXPECT, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue};

/// Makes the headers of a delivery those of a request to the application, which says by which key it is signed.
pub(crate) fn forwarded(headers: &mut HeaderMap, key_id: HeaderValue, host: HeaderValue) {
    remove_hop_by_hop(headers);
    let dropped: Vec<_> = headers.keys().filter(|name| !is_plain(name)).cloned().collect();
    for name in dropped.iter().chain(&REPLACED).chain(&ANOTHER_REQUEST) {
        headers.remove(name);
    }
    headers.insert(KEY, key_id);
    headers.insert(HOST, host);
}

/// Makes the headers of the application's answer those of the answer to the sender.
pub(crate) fn answered(headers: &mut HeaderMap) {
    remove_hop_by_hop(headers);
    // It may say another length than that of the body as it was read: that of an answer in chunks counts for nothing, and whoever
    // believed it would take the rest for the next answer (RFC 9112 section 6.3).
    headers.remove(CONTENT_LENGTH);
}

/// What is said of one connection is not passed on to the next (RFC 9110 section 7.6.1).
fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let named: Vec<HeaderName> =
        named.flat_map(|value| value.split(',')).filter_map(|name| name.trim().parse().ok()).collect();
    for name in named.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
}

/// Whether the name has letters, digits and hyphens alone. CGI and WSGI make one variable of `x-untis-key`,
/// `x_untis_key` and `x.untis.key`, so that another name could pass for ours.
fn is_plain(name: &HeaderName) -> bool {
    name.as_str().bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-')
}

/// Names the key that signed the delivery. Whatever came under this name is not ours.
const KEY: HeaderName = HeaderName::from_static("x-untis-key");

/// What is said anew, of the body that is there in whole.
const REPLACED: [HeaderName; 2] = [CONTENT_LENGTH, EXPECT];

/// What makes frameworks take the request for one of another method or path than was looked at here.
const ANOTHER_REQUEST: [HeaderName; 6] = [
    HeaderName::from_static("x-http-method"),
    HeaderName::from_static("x-http-method-override"),
    HeaderName::from_static("x-method-override"),
    HeaderName::from_static("x-original-uri"),
    HeaderName::from_static("x-original-url"),
    HeaderName::from_static("x-rewrite-url"),
];

const HOP_BY_HOP: [HeaderName; 7] = [
    CONNECTION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
    // Obsolete.
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

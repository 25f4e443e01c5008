use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, Request};
use untis_webhook::{Algorithm, HeaderNames};

use crate::SigningKey;

/// A body with its signature, as the platform would deliver it.
///
/// Change the request that it makes to get a forgery: another body, no header, a header twice.
#[derive(Clone)]
pub struct Delivery {
    algorithm: Algorithm,
    signature: Vec<u8>,
    body: Bytes,
}

impl Delivery {
    /// Signs a body with `SHA256withRSA`, as the platform does.
    pub fn sign(key: &SigningKey, body: impl Into<Bytes>) -> Self {
        Self::sign_with(key, Algorithm::Sha256WithRsa, body)
    }

    /// Signs a body with another algorithm.
    pub fn sign_with(key: &SigningKey, algorithm: Algorithm, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        Self::from_signature(algorithm, key.sign(algorithm, &body), body)
    }

    /// Takes a signature that was made elsewhere, genuine or not.
    pub fn from_signature(
        algorithm: Algorithm,
        signature: impl Into<Vec<u8>>,
        body: impl Into<Bytes>,
    ) -> Self {
        Self { algorithm, signature: signature.into(), body: body.into() }
    }

    /// The body.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The headers that the platform sends: the signature, its algorithm, and the content type.
    #[allow(clippy::expect_used, reason = "base64 and a Java name are header values")]
    pub fn headers(&self) -> HeaderMap {
        let value = |text: &str| HeaderValue::from_str(text).expect("visible ASCII is a header value");
        let names = HeaderNames::default();
        HeaderMap::from_iter([
            (names.signature, value(&BASE64_STANDARD.encode(&self.signature))),
            (names.algorithm, value(self.algorithm.java_name())),
            (CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8")),
        ])
    }

    /// The whole request: a POST to `uri`.
    ///
    /// # Panics
    ///
    /// If `uri` is not a URI.
    #[allow(clippy::expect_used, reason = "documented, and a test wants to stop here")]
    pub fn into_request(self, uri: &str) -> Request<Bytes> {
        let mut request = Request::post(uri).body(self.body.clone()).expect("a URI");
        *request.headers_mut() = self.headers();
        request
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

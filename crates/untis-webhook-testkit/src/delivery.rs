use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, Request};
use untis_webhook::{Algorithm, HeaderNames};

use crate::{Forgery, SigningKey};

/// A body with its signature, as the platform would deliver it.
///
/// ```
/// use untis_webhook::Algorithm;
/// use untis_webhook_testkit::{Delivery, Forgery, Payload, SigningKey};
///
/// let key = SigningKey::shared();
/// let delivery = Delivery::sign(key, Payload::credentials_v1());
/// assert_eq!(delivery.headers()["algorithm"], "SHA256withRSA");
/// let request = delivery.clone().into_request("/webhook");
///
/// // What a receiver must refuse, and what it may be sent by another platform.
/// let forged = delivery.forge(Forgery::TamperedBody);
/// let longer = Delivery::sign_with(key, Algorithm::Sha512WithRsa, "{}");
/// let random = Delivery::from_signature(Algorithm::Sha256WithRsa, [0x5a; 256], "{}");
/// ```
#[derive(Clone)]
pub struct Delivery {
    headers: HeaderMap,
    body: Bytes,
}

impl Delivery {
    /// Signs a body, or a [`Payload`](crate::Payload), with `SHA256withRSA`, as the platform does.
    pub fn sign(key: &SigningKey, body: impl Into<Bytes>) -> Self {
        Self::sign_with(key, Algorithm::Sha256WithRsa, body)
    }

    /// Signs a body, or a [`Payload`](crate::Payload), with another algorithm.
    pub fn sign_with(key: &SigningKey, algorithm: Algorithm, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        Self::from_signature(algorithm, key.sign(algorithm, &body), body)
    }

    /// Takes a signature that was made elsewhere, genuine or not.
    pub fn from_signature(algorithm: Algorithm, signature: impl AsRef<[u8]>, body: impl Into<Bytes>) -> Self {
        let HeaderNames { signature: signature_name, algorithm: algorithm_name } = HeaderNames::default();
        let content_type = HeaderValue::from_static("application/json; charset=utf-8");
        let headers = HeaderMap::from_iter([
            (signature_name, value(&BASE64_STANDARD.encode(signature))),
            (algorithm_name, value(algorithm.java_name())),
            (CONTENT_TYPE, content_type),
        ]);
        Self { headers, body: body.into() }
    }

    /// Makes it a forgery, which a receiver must refuse for [one reason](Forgery::rejection).
    #[must_use]
    pub fn forge(mut self, forgery: Forgery) -> Self {
        let HeaderNames { signature, algorithm } = HeaderNames::default();
        match forgery {
            Forgery::MissingAlgorithm => drop(self.headers.remove(algorithm)),
            Forgery::MissingSignature => drop(self.headers.remove(signature)),
            Forgery::OtherAlgorithm => {
                let other = Algorithm::ALL.into_iter().find(|other| *other != self.algorithm());
                let other = other.unwrap_or(Algorithm::Sha512WithRsa);
                self.headers.insert(algorithm, value(other.java_name()));
            }
            Forgery::OtherKey => self = Self::sign_with(SigningKey::stranger(), self.algorithm(), self.body),
            Forgery::TamperedBody => self.body = [&self.body[..], b" "].concat().into(),
        }
        self
    }

    /// The body.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The headers that the platform sends: the signature, its algorithm, and the content type.
    pub fn headers(&self) -> HeaderMap {
        self.headers.clone()
    }

    /// The whole request: a POST to `uri`.
    ///
    /// # Panics
    ///
    /// If `uri` is not a URI.
    #[allow(clippy::expect_used, reason = "documented, and a test wants to stop here")]
    pub fn into_request(self, uri: &str) -> Request<Bytes> {
        let mut request = Request::post(uri).body(self.body).expect("a URI");
        *request.headers_mut() = self.headers;
        request
    }

    #[cfg(feature = "send")]
    pub(crate) fn into_parts(self) -> (HeaderMap, Bytes) {
        (self.headers, self.body)
    }

    /// The algorithm claimed, or the platform's if it is gone.
    fn algorithm(&self) -> Algorithm {
        let claimed = self.headers.get(HeaderNames::default().algorithm).and_then(|name| name.to_str().ok());
        claimed.and_then(|name| name.parse().ok()).unwrap_or(Algorithm::Sha256WithRsa)
    }
}

#[allow(clippy::expect_used, reason = "base64 and a Java name are header values")]
fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("visible ASCII is a header value")
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery").field("algorithm", &self.algorithm()).finish_non_exhaustive()
    }
}

use http::HeaderName;
use http::header::AUTHORIZATION;

/// The names of the two headers that carry a signature.
///
/// The platform sends [`Authorization`](AUTHORIZATION) and `Algorithm`, and that is the default. Some front
/// ends keep `Authorization` for themselves (PHP-FPM without `CGIPassAuth`, AWS API Gateway); one that can
/// copy it to another header is served by naming that header here. A renamed header is read in place of the
/// original, never beside it.
///
/// ```
/// use http::HeaderName;
/// use untis_webhook::HeaderNames;
///
/// let names = HeaderNames {
///     signature: HeaderName::from_static("x-forwarded-authorization"),
///     ..HeaderNames::default()
/// };
/// assert_eq!(names.algorithm, "algorithm");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderNames {
    /// The header with the base64 of the signature.
    pub signature: HeaderName,
    /// The header with the Java name of the signature's algorithm.
    pub algorithm: HeaderName,
}

impl Default for HeaderNames {
    fn default() -> Self {
        Self { signature: AUTHORIZATION, algorithm: HeaderName::from_static("algorithm") }
    }
}

use http::StatusCode;

/// Why a request was refused.
///
/// It is for the operator: its text says what was found and what usually causes it. The peer is told the
/// [`status`](Self::status) and nothing else. It carries no data, so that nothing of the request can leak by
/// it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// The signature is genuine, but the body ended before it was whole: the peer disconnected.
    #[error("the body ended before it was whole: did the sender, or a proxy, disconnect?")]
    BodyIncomplete,

    /// The body was not whole by the deadline.
    #[error("the body did not arrive in time")]
    BodyTimeout,

    /// The body is, or says it is, longer than the limit.
    #[error("the body is longer than the limit")]
    BodyTooLarge,

    /// A trusted key made this signature, but over another body.
    #[error(
        "the signature is genuine, but not over this body: is something rewriting it on the way (re-serialised JSON, \
         decompression, a lost line end), or is an old signature sent with a new body?"
    )]
    DigestMismatch,

    /// The signature header is not canonical base64 (standard alphabet, padded) of 1 to 1024 octets.
    #[error(
        "the signature header is not base64 of an RSA signature: it has no scheme word such as Bearer before it"
    )]
    MalformedSignature,

    /// The signature header, the algorithm header, or both are missing.
    #[error(
        "the signature or the algorithm header is missing: is a proxy removing the Authorization header?"
    )]
    MissingHeader,

    /// The signature header or the algorithm header is there more than once.
    #[error("the signature or the algorithm header is there more than once")]
    RepeatedHeader,

    /// The algorithm header names none of [`Algorithm`](crate::Algorithm).
    #[error("the algorithm header names none of SHA256withRSA, SHA384withRSA, SHA512withRSA")]
    UnsupportedAlgorithm,

    /// No trusted key made this signature with the algorithm claimed.
    #[error(
        "no trusted key made this signature: is it another environment's (integration, production), or has the \
         platform's key been replaced?"
    )]
    UntrustedSignature,
}

impl Rejection {
    /// The HTTP status that answers this rejection: 401, or what went wrong with the body.
    pub fn status(self) -> StatusCode {
        match self {
            Self::BodyIncomplete => StatusCode::BAD_REQUEST,
            Self::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::DigestMismatch
            | Self::MalformedSignature
            | Self::MissingHeader
            | Self::RepeatedHeader
            | Self::UnsupportedAlgorithm
            | Self::UntrustedSignature => StatusCode::UNAUTHORIZED,
        }
    }
}

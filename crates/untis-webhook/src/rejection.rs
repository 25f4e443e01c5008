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
    #[error("the body did not arrive in time: is the sender, or something on the way, slow or stalled?")]
    BodyTimeout,

    /// The body is, or says it is, longer than the limit.
    #[error("the body is longer than the limit")]
    BodyTooLarge,

    /// A trusted key made this signature, but over another body.
    #[error(
        "the signature is genuine, but not over this body: is something rewriting it on the way (re-serialised JSON, \
         another charset, decompression, a lost line end), or is an old signature sent with a new body?"
    )]
    DigestMismatch,

    /// The signature header is not canonical base64 (standard alphabet, padded) of 1 to 1024 octets.
    #[error(
        "the signature header does not hold a signature: the platform sends base64 (standard alphabet, padded) and nothing \
         before, in or after it"
    )]
    MalformedSignature,

    /// The signature header, the algorithm header, or both are missing.
    #[error(
        "the signature header (Authorization, unless named otherwise), the algorithm header (Algorithm), or both are missing: \
         was it sent with both, and is something on the way removing or renaming one?"
    )]
    MissingHeader,

    /// The signature header or the algorithm header is there more than once.
    #[error(
        "the signature or the algorithm header is there more than once: is something on the way adding one of its own?"
    )]
    RepeatedHeader,

    /// The algorithm header names none of [`Algorithm`](crate::Algorithm).
    #[error(
        "the algorithm header names none of SHA256withRSA, SHA384withRSA, SHA512withRSA: the platform sends the first, as a \
         Java name and nothing around it"
    )]
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
    /// What an operator does next about a request that was refused for this reason, where nothing more is known of it.
    ///
    /// ```
    /// use untis_webhook::Rejection;
    ///
    /// assert!(Rejection::MissingHeader.advice().contains("have the front end pass both headers on"));
    /// ```
    pub fn advice(self) -> &'static str {
        match self {
            Self::BodyIncomplete => {
                "look at what stands before the receiver: something closes the connection before the body has passed"
            }
            Self::BodyTimeout => {
                "look at what slows the body down on its way; if it is no fault, give it more time with body_deadline"
            }
            Self::BodyTooLarge => {
                "look at what was sent, since a real payload is less than 1 KiB; if it is genuine, raise body_limit"
            }
            Self::DigestMismatch => {
                "let the receiver have the bytes as they were sent: verify before anything parses, decompresses or re-encodes \
                 the body"
            }
            Self::MalformedSignature => {
                "look at what changes the signature's header on its way: the platform sends base64 and nothing around it"
            }
            Self::MissingHeader => {
                "have the front end pass both headers on, or copy them to others and name those in HeaderNames"
            }
            Self::RepeatedHeader => {
                "find what adds a second header on the way, and have it leave both to the platform"
            }
            Self::UnsupportedAlgorithm => {
                "check that it is the platform that sends: it uses SHA256withRSA, and nothing weaker is taken"
            }
            Self::UntrustedSignature => {
                "check that the key is the one published for the environment that sends; after a rotation, trust the old and \
                 the new one for a while"
            }
        }
    }
}

use http::StatusCode;

/// Why a delivery has no answer of the application. It is among the extensions of the response that says so.
///
/// ```
/// use http::Response;
/// use untis_webhook_proxy::NotAnswered;
///
/// /// What a middleware around the proxy may count.
/// fn is_unreachable<B>(response: &Response<B>) -> bool {
///     response.extensions().get() == Some(&NotAnswered::Unreachable)
/// }
/// # assert!(!is_unreachable(&Response::new(())));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotAnswered {
    /// It did not answer in whole within the deadline: 504.
    Late,
    /// It accepts no connection: 502.
    Unreachable,
    /// What it answered is none, or no end of it came: 502.
    Wrong,
}

impl NotAnswered {
    /// The status that says so to the platform, which sends the delivery again.
    pub fn status(self) -> StatusCode {
        match self {
            Self::Late => StatusCode::GATEWAY_TIMEOUT,
            Self::Unreachable | Self::Wrong => StatusCode::BAD_GATEWAY,
        }
    }
}

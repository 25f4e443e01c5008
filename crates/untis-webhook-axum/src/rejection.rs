use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use untis_webhook::DecodeError;

/// Why an extractor refused a request. The peer is told the status, and nothing of the text. It is in the response's
/// extensions, for whatever counts.
///
/// ```
/// use axum::response::Response;
/// use untis_webhook_axum::ExtractRejection;
///
/// /// What a middleware outside the layer may count.
/// fn is_fault_of_ours(response: &Response) -> bool {
///     matches!(response.extensions().get(), Some(ExtractRejection::LayerMissing))
/// }
/// # let response = axum::response::IntoResponse::into_response(ExtractRejection::LayerMissing);
/// # assert!(is_fault_of_ours(&response) && !is_fault_of_ours(&Response::default()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExtractRejection {
    /// The signed bytes are not what the handler asks for: 400 or 422.
    #[error(transparent)]
    Decode(DecodeError),
    /// No layer has verified the request: 500. It is a fault of the application, which must not be answered
    /// with a success.
    #[error("expected a request that VerifyLayer has verified, found one that it has not")]
    LayerMissing,
}

impl ExtractRejection {
    /// The HTTP status that answers it.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Decode(error) => error.status(),
            Self::LayerMissing => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for ExtractRejection {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

use http::header::{HeaderValue, WWW_AUTHENTICATE};
use http::{Response, StatusCode};
use untis_webhook::Rejection;

/// Makes the response to a request that was refused.
///
/// Any `Fn(Rejection) -> Response<B> + Clone` is one. Whatever it makes, the request does not reach the inner
/// service. Tell the peer no more than the status: which test a forgery failed helps the forger.
///
/// ```
/// use http::{Response, StatusCode};
/// use untis_webhook_tower::{DefaultRejectionResponse, Rejection, RejectionResponse};
///
/// /// Asks the platform to come back where a body came too slowly; all else as usual.
/// #[derive(Clone)]
/// struct ComeBack;
///
/// impl RejectionResponse<String> for ComeBack {
///     fn rejection_response(&self, rejection: Rejection) -> Response<String> {
///         let mut response: Response<String> = DefaultRejectionResponse::default().rejection_response(rejection);
///         if rejection == Rejection::BodyTimeout {
///             *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
///         }
///         response
///     }
/// }
///
/// assert_eq!(ComeBack.rejection_response(Rejection::BodyTimeout).status(), 503);
/// assert_eq!(ComeBack.rejection_response(Rejection::UntrustedSignature).status(), 401);
/// ```
pub trait RejectionResponse<B>: Clone {
    /// Makes the response.
    fn rejection_response(&self, rejection: Rejection) -> Response<B>;
}

impl<F, B> RejectionResponse<B> for F
where
    F: Fn(Rejection) -> Response<B> + Clone,
{
    fn rejection_response(&self, rejection: Rejection) -> Response<B> {
        self(rejection)
    }
}

/// The [status of the rejection](Rejection::status) and an empty body.
///
/// A 401 also has the `WWW-Authenticate` that RFC 9110 section 15.5.2 asks of it, with the scheme
/// `Untis-Signature`, a name of our own: the platform's scheme has none.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct DefaultRejectionResponse;

impl<B: Default> RejectionResponse<B> for DefaultRejectionResponse {
    fn rejection_response(&self, rejection: Rejection) -> Response<B> {
        let mut response = Response::new(B::default());
        *response.status_mut() = rejection.status();
        if rejection.status() == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Untis-Signature"));
        }
        response
    }
}

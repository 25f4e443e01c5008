/// In a response's extensions: nothing shows who asked, though nothing was refused as a [`Rejection`] is.
///
/// Its connection is kept as one after a refusal is, and is not waited for to read the response: a listener beside the
/// webhook's has few places, and who has shown nothing must not hold them.
///
/// [`Rejection`]: untis_webhook::Rejection
///
/// ```
/// use http::{Response, StatusCode};
/// use untis_webhook_serve::Stranger;
///
/// let mut response = Response::new(());
/// *response.status_mut() = StatusCode::UNAUTHORIZED;
/// response.extensions_mut().insert(Stranger);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stranger;

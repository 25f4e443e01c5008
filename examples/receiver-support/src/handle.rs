use http::header::{ALLOW, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use untis_webhook::{Event, Verified};
use untis_webhook_serve::shown;

/// What the application does with an event.
///
/// Be quick, since what was answered slowly may come again, and idempotent, since a delivery can come twice. Look at
/// the key's name: one that is trusted for tests must not write to production.
pub fn handle(event: &Verified<Event>) {
    let tenant = shown(event.tenant_id().unwrap_or_default());
    let name = shown(event.event_type().unwrap_or("credentials of version 1"));
    let key = event.key_id();
    match &**event {
        Event::Credentials(_credentials) => {}   // store them for the tenant
        Event::Deactivation(_deactivation) => {} // forget those of the tenant
        _ => {
            // Answered with success all the same: to be sent it again would not help.
            tracing::warn!(%tenant, event = %name, %key, "delivery of an event that is not known: nothing is done");
            return;
        }
    }
    // One delivery is one line.
    tracing::info!(%tenant, event = %name, %key, "delivery");
}

/// Whether this is `POST /webhook`, and what to answer if it is not, for a receiver without a router.
///
/// The path is compared as it is sent: `/webhook/` is another one, as it is to the router of axum, and not to `path!` of warp.
///
/// # Errors
///
/// The status that answers another path, 404, or another method, 405.
pub fn route<B>(request: &Request<B>) -> Result<(), StatusCode> {
    match (request.uri().path(), request.method()) {
        ("/webhook", &Method::POST) => Ok(()),
        ("/webhook", _) => Err(StatusCode::METHOD_NOT_ALLOWED),
        _ => Err(StatusCode::NOT_FOUND),
    }
}

/// A response of this status, without a body; one of 405 says which method is allowed.
pub fn respond<B: Default>(status: StatusCode) -> Response<B> {
    let mut response = Response::new(B::default());
    *response.status_mut() = status;
    if status == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
    }
    response
}

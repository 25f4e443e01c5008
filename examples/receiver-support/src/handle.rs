use http::{Method, Request, StatusCode};
use untis_webhook::{Event, Verified};

/// What the application does with an event.
///
/// Be quick, since a slow answer is delivered again, and idempotent, since a delivery can come twice. Look at
/// the key's name: one that is trusted for tests must not write to production.
pub fn handle(event: &Verified<Event>) {
    // `?` escapes what a tenant might hold: one delivery is one line.
    tracing::info!(
        tenant = ?event.tenant_id().unwrap_or_default(),
        event = ?event.event_type().unwrap_or("credentials of version 1"),
        key = %event.key_id(),
        "delivery"
    );
    match &**event {
        Event::Credentials(_credentials) => {}   // store them for the tenant
        Event::Deactivation(_deactivation) => {} // forget those of the tenant
        _ => {}                                  // an event that this version does not know
    }
}

/// `POST /webhook` and nothing else, for a receiver without a router.
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

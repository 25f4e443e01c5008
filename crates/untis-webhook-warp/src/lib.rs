#![doc = include_str!("../README.md")]
//!
//! # State
//!
//! State is what the handler holds; what earlier filters extract reaches it through [`endpoint_with`]:
//!
//! ```
//! # use std::sync::Arc;
//! # use untis_webhook_warp::{Event, Verified, VerifyLayer, endpoint};
//! # use warp::http::StatusCode;
//! # use warp::{Filter, Reply};
//! struct Schools {/* a pool of connections to a database, say */}
//!
//! impl Schools {
//!     async fn take(&self, event: Verified<Event>) -> StatusCode {
//!         StatusCode::NO_CONTENT
//!     }
//! }
//!
//! fn routes(
//!     layer: VerifyLayer,
//!     schools: Arc<Schools>,
//! ) -> impl Filter<Extract = (impl Reply,), Error = warp::Rejection> + Clone {
//!     let webhook = move |event| {
//!         let schools = Arc::clone(&schools);
//!         async move { schools.take(event).await }
//!     };
//!     warp::path!("webhook").and(warp::post()).and(endpoint(layer, webhook))
//! }
//! ```
//!
//! # Why there is no filter that rejects
//!
//! In warp, a rejection means "not this route: try the next". A filter that rejected a bad signature would
//! hand the request on: `guarded.or(open)` would answer it with 200. So the signature is checked by the last
//! filter of a route, whose error is [`Infallible`](std::convert::Infallible): what is refused is answered
//! there and then, and `.or(..)` after it alone does not even compile.
//!
//! ```compile_fail,E0271
//! # use untis_webhook_warp::{Event, Verified, VerifyLayer, endpoint};
//! # use warp::Filter;
//! # use warp::http::StatusCode;
//! # fn routes(layer: VerifyLayer) {
//! # let webhook = async |_: Verified<Event>| StatusCode::NO_CONTENT;
//! let routes = endpoint(layer, webhook).or(warp::any());
//! # }
//! ```
//!
//! Filters before it (path, method) can still pass a request on to other routes, and a route that has no
//! [`endpoint`] is not protected by one.
//!
//! # All routes at once
//!
//! [`VerifyLayer`] is a tower layer, and [`warp::service`] a tower service. Around it, the layer guards every
//! route; handlers take the proof from the request's extensions. Without the layer their filter rejects, which is 500
//! where no other route takes the request: beside an open one (`.or(..)`) it is what that answers, so an endpoint is
//! the safer form.
//!
//! ```
//! use bytes::Bytes;
//! use untis_webhook_warp::{Event, Verified, Verifier, VerifyLayer};
//! use warp::Filter;
//! use warp::http::StatusCode;
//! # use tower::{Layer, Service};
//!
//! # fn service(verifier: Verifier) {
//! let routes = warp::path!("webhook")
//!     .and(warp::post())
//!     .and(warp::ext::get::<Verified<Bytes>>())
//!     .map(|delivery: Verified<Bytes>| match delivery.event() {
//!         Ok(_event) => StatusCode::NO_CONTENT,
//!         Err(error) => error.status(),
//!     });
//! let service = VerifyLayer::new(verifier).layer(warp::service(routes));
//! # fn check(_: impl Service<warp::http::Request<http_body_util::Full<Bytes>>>) {}
//! # check(service);
//! # }
//! ```
//!
//! What is done to a request, what answers a forged one, and what is logged, is the layer's: see
//! [`untis_webhook_tower`].

mod endpoint;

pub use endpoint::{bytes_endpoint, bytes_endpoint_with, endpoint, endpoint_with};
pub use untis_webhook::{
    DecodeError, Event, HeaderNames, KeyError, KeySet, KeySetError, Rejection, Verified, Verifier,
    VerifyingKey, event,
};
pub use untis_webhook_tower::{DefaultRejectionResponse, RejectionResponse, VerifyLayer};

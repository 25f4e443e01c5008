//! A [`hyper::service::Service`] that refuses webhook requests the Untis Platform did not sign. Unofficial:
//! not affiliated with Untis.
//!
//! [`Verify`] stands in front of a service of your own, which takes a [`VerifiedBody`]; a
//! [`service_fn`](hyper::service::service_fn) is enough.
//!
//! ```
//! use std::convert::Infallible;
//!
//! use bytes::Bytes;
//! use http_body_util::Full;
//! use hyper::service::{Service, service_fn};
//! use hyper::{Request, Response, StatusCode};
//! use untis_webhook_hyper::{Event, KeySet, VerifiedBody, Verifier, Verify, VerifyingKey};
//! # use untis_webhook_testkit::{Delivery, SigningKey};
//!
//! async fn webhook(request: Request<VerifiedBody>) -> Result<Response<Full<Bytes>>, Infallible> {
//!     let mut response = Response::new(Full::default());
//!     *response.status_mut() = match request.body().verified().event() {
//!         // A key that is trusted for tests must not write to production.
//!         Ok(event) if event.key_id() != "production" => StatusCode::FORBIDDEN,
//!         Ok(event) => {
//!             match event.into_inner() {
//!                 Event::Credentials(credentials) => println!("activated by {}", credentials.tenant_id),
//!                 Event::Deactivation(deactivation) => println!("deactivated by {}", deactivation.tenant_id),
//!                 _ => println!("not known yet"),
//!             }
//!             StatusCode::NO_CONTENT
//!         }
//!         Err(error) => error.status(),
//!     };
//!     Ok(response)
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let platform = SigningKey::generate();
//! # let published_key = platform.public_key_base64();
//! let keys = KeySet::new([("production", published_key.parse::<VerifyingKey>()?)])?;
//! let service = Verify::new(Verifier::new(keys), service_fn(webhook));
//! # let delivery = Delivery::sign(&platform, r#"{"tenantId":"12345","eventType":"DELETION"}"#);
//! # let request = delivery.into_request("/webhook").map(Full::new);
//! # assert_eq!(service.call(request).await?.status(), StatusCode::NO_CONTENT);
//! # let forged = Delivery::sign(&SigningKey::generate(), "{}").into_request("/webhook").map(Full::new);
//! # assert_eq!(service.call(forged).await?.status(), StatusCode::UNAUTHORIZED);
//! # Ok(())
//! # }
//! ```
//!
//! State is what the function holds:
//!
//! ```
//! # use std::convert::Infallible;
//! # use std::sync::Arc;
//! # use bytes::Bytes;
//! # use http_body_util::Full;
//! # use hyper::{Request, Response};
//! # use hyper::service::{HttpService, service_fn};
//! # use untis_webhook_hyper::{VerifiedBody, Verifier, Verify};
//! struct Schools {/* a pool of connections to a database, say */}
//!
//! impl Schools {
//!     async fn take(&self, request: Request<VerifiedBody>) -> Result<Response<Full<Bytes>>, Infallible> {
//!         Ok(Response::default())
//!     }
//! }
//!
//! fn service(verifier: Verifier, schools: Arc<Schools>) -> impl HttpService<hyper::body::Incoming> {
//!     Verify::new(
//!         verifier,
//!         service_fn(move |request| {
//!             let schools = Arc::clone(&schools);
//!             async move { schools.take(request).await }
//!         }),
//!     )
//! }
//! ```
//!
//! Hand the service to a connection of hyper's or hyper-util's; a clone of it for each, or a reference. A
//! service that was written for a [`VerifiedBody`] does not compile there without it:
//!
//! ```compile_fail,E0277
//! # use std::convert::Infallible;
//! # use bytes::Bytes;
//! # use http_body_util::Full;
//! # use hyper::body::Incoming;
//! # use hyper::service::{HttpService, service_fn};
//! # use hyper::{Request, Response};
//! # use untis_webhook_hyper::VerifiedBody;
//! # async fn webhook(request: Request<VerifiedBody>) -> Result<Response<Full<Bytes>>, Infallible> {
//! #     Ok(Response::default())
//! # }
//! fn serve_connection(service: impl HttpService<Incoming>) {}
//!
//! serve_connection(service_fn(webhook));
//! ```
//!
//! What is done to a request, what answers a forged one, and what is logged, is the layer's: see
//! [`untis_webhook_tower`].

mod future;
mod inner;
mod service;

pub use future::ResponseFuture;
pub use service::Verify;
pub use untis_webhook::{
    DecodeError, Event, HeaderNames, KeyError, KeySet, KeySetError, Rejection, Verified, Verifier,
    VerifyingKey, event,
};
pub use untis_webhook_tower::{DefaultRejectionResponse, RejectionResponse, VerifiedBody};

#![doc = include_str!("../README.md")]
//!
//! # State
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

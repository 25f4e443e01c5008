#![doc = include_str!("../README.md")]
//!
//! # Around a service
//!
//! ```
//! use std::convert::Infallible;
//!
//! use bytes::Bytes;
//! use http::{Request, Response, StatusCode};
//! use http_body_util::Full;
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! use untis_webhook_tower::{Event, KeySet, VerifiedBody, Verifier, VerifyLayer, VerifyingKey};
//! # use untis_webhook_testkit::{Delivery, SigningKey};
//!
//! async fn handle(request: Request<VerifiedBody>) -> Result<Response<Full<Bytes>>, Infallible> {
//!     let delivery = request.into_body().into_verified();
//!     let status = match (delivery.key_id().as_str(), delivery.event().as_deref()) {
//!         ("production", Ok(Event::Credentials(_) | Event::Deactivation(_))) => StatusCode::NO_CONTENT,
//!         ("production", Ok(_)) => StatusCode::ACCEPTED,
//!         (_, Ok(_)) => StatusCode::FORBIDDEN,
//!         (_, Err(error)) => error.status(),
//!     };
//!     let mut response = Response::default();
//!     *response.status_mut() = status;
//!     Ok(response)
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let platform = SigningKey::generate();
//! # let published_key = platform.public_key_base64();
//! # let delivery = Delivery::sign(&platform, r#"{"tenantId":"12345","eventType":"DELETION"}"#);
//! # let request = delivery.into_request("/webhook").map(Full::new);
//! let keys = KeySet::new([("production", published_key.parse::<VerifyingKey>()?)])?;
//! let service = ServiceBuilder::new()
//!     .layer(VerifyLayer::new(Verifier::new(keys)))
//!     .service(service_fn(handle));
//!
//! let mut tampered = request.clone();
//! *tampered.body_mut() = Full::from("{}");
//!
//! assert_eq!(service.clone().oneshot(request).await?.status(), StatusCode::NO_CONTENT);
//! assert_eq!(service.oneshot(tampered).await?.status(), StatusCode::UNAUTHORIZED);
//! # Ok(())
//! # }
//! ```
//!
//! A handler that was written for a [`VerifiedBody`] does not compile without the layer:
//!
//! ```compile_fail,E0631
//! # use std::convert::Infallible;
//! # use bytes::Bytes;
//! # use http::{Request, Response};
//! # use http_body_util::Full;
//! # use tower::{Service, service_fn};
//! # use untis_webhook_tower::VerifiedBody;
//! # async fn handle(request: Request<VerifiedBody>) -> Result<Response<Full<Bytes>>, Infallible> {
//! #     Ok(Response::default())
//! # }
//! fn serve(service: impl Service<Request<Full<Bytes>>>) {}
//!
//! serve(service_fn(handle));
//! ```
//!
//! # Where the layer stands
//!
//! The signature is over the bytes that the platform sent. Whatever changes a body (decompression, a JSON rewriter)
//! stands inside the layer. The exception undoes what was done to it on its way: if a proxy compresses what the
//! platform sent, decompression must stand outside, before the verification, with a limit of its own:
//!
//! ```
//! # use std::convert::Infallible;
//! # use bytes::Bytes;
//! # use http::{Request, Response, StatusCode};
//! # use http_body_util::Full;
//! # use tower::{ServiceBuilder, ServiceExt, service_fn};
//! # use tower_http::decompression::RequestDecompressionLayer;
//! # use tower_http::limit::RequestBodyLimitLayer;
//! # use untis_webhook_tower::{KeySet, VerifiedBody, Verifier, VerifyLayer};
//! # use untis_webhook_testkit::{Delivery, SigningKey};
//! # async fn handle(request: Request<VerifiedBody>) -> Result<Response<Full<Bytes>>, Infallible> {
//! #     Ok(Response::default())
//! # }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let platform = SigningKey::generate();
//! # let verifier = Verifier::new(KeySet::new([("k", platform.verifying_key())])?);
//! let service = ServiceBuilder::new()
//!     // Of what arrives, compressed.
//!     .layer(RequestBodyLimitLayer::new(64 * 1024))
//!     // What is compressed in another way is refused for its signature, and not with 415 before that.
//!     .layer(RequestDecompressionLayer::new().pass_through_unaccepted(true))
//!     // What it is decompressed to has the layer's own limit. Of a forgery nothing is decompressed.
//!     .layer(VerifyLayer::new(verifier))
//!     .service(service_fn(handle));
//! # let body = r#"{"tenantId":"12345","eventType":"DELETION"}"#;
//! # let mut request = Delivery::sign(&platform, body).into_request("/webhook").map(|body| {
//! #     let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
//! #     std::io::Write::write_all(&mut gzip, &body).unwrap();
//! #     Full::<Bytes>::from(gzip.finish().unwrap())
//! # });
//! # assert_eq!(service.clone().oneshot(request.clone()).await.unwrap().status(), StatusCode::UNAUTHORIZED);
//! # request.headers_mut().insert("content-encoding", "gzip".parse()?);
//! # assert_eq!(service.oneshot(request).await.unwrap().status(), StatusCode::OK);
//! # Ok(())
//! # }
//! ```
//!
//! Whatever logs headers stands inside as well, or is told that the signature header is sensitive: from the layer
//! inwards both headers are marked so.
//!
//! # What the layer does to a request
//!
//! - The body becomes a [`VerifiedBody`]: the signed bytes in one frame. Trailers are not signed, and are
//!   dropped.
//! - A [`Verified<Bytes>`](untis_webhook::Verified) goes into the request's extensions, for frameworks that
//!   erase the type of the body.
//! - A request that is refused gets the [status of its rejection](untis_webhook::Rejection::status) and an
//!   empty body; see [`DefaultRejectionResponse`]. The [`Rejection`] goes into the response's extensions.
//!
//! A server that has answered before the body was read cannot know where on the connection the next request
//! begins. hyper drops what of the body has arrived, and closes the connection if that was not all.
//!
//! # What is logged
//!
//! At most one `tracing` event for a request, with the target `untis_webhook_tower`, and without a header value or a
//! part of the body other than the texts below:
//!
//! | level | what | fields |
//! |---|---|---|
//! | `DEBUG` | the request was refused; the message says why | `rejection` |
//! | `WARN` | the request was verified, and not answered with 2xx, or not at all: the inner service failed or panicked, or the peer hung up before it had answered. The delivery may be lost. The message says why: what [`Verified::event`](untis_webhook::Verified::event) cannot read, if it cannot, or the [`Reason`] that the inner service gives | `status` (if there is one), `method`, `path` (if it is known, without the query), `key` (its name); of an event that can be read `tenant`, `event` and `irregular` |
//! | `WARN` | it was answered with 2xx, and has [fields that are not as documented](untis_webhook::Event::irregular_fields), which are left out | the same; `irregular` has the names of these fields |
//!
//! A `path`, `tenant` or `event` is cut off after 128 characters, and escaped. With `tracing-subscriber`'s `EnvFilter`,
//! `RUST_LOG=info,untis_webhook_tower=debug` shows all three.
//!
//! # What is counted
//!
//! With the feature `metrics`, which the adapters pass on, by the recorder of the [`metrics`](https://docs.rs/metrics) facade that
//! the program has installed; an exporter for Prometheus is one line:
//!
//! ```
//! # use untis_webhook_tower::{KeySet, Verifier, VerifyLayer};
//! # let key = untis_webhook_testkit::SigningKey::generate().verifying_key();
//! # let verifier = Verifier::new(KeySet::new([("production", key)])?);
//! let metrics = metrics_exporter_prometheus::PrometheusBuilder::new().install_recorder()?;
//!
//! let layer = VerifyLayer::new(verifier); // after it, so that the recorder hears what each of them is
//! # let rendered = metrics.render(); // what is answered to Prometheus
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | metric | labels | what |
//! |---|---|---|
//! | `untis_webhook_deliveries_total` | `outcome`, `reason`, `key` | a counter of requests: `refused`, for the [`Rejection`] that `reason` names and without a key; `accepted`, which is answered with 2xx; `not_taken`, which was verified and is `NotTaken` (another answer), `Failed` (the inner service's error) or `Dropped` (without an answer: a panic, or the peer hung up) |
//! | `untis_webhook_verification_seconds` | `verdict` | a histogram from the head of a request to the verdict, `verified` or `refused`, with the body's arrival |
//! | `untis_webhook_last_verified_timestamp_seconds` | `key` | a gauge: when a delivery was last verified |
//!
//! They are called as those of the daemon `untis-webhookd` are. Labels are the names of configured keys and of variants, so
//! that no stranger adds one. Whoever hangs up before the verdict is not counted. That exporter needs `set_buckets` for a
//! histogram, and makes a summary without.

mod body_stage;
#[cfg_attr(not(feature = "metrics"), path = "not_counted.rs")]
mod counted;
mod delivery;
mod future;
mod header_stage;
mod layer;
mod rejection_response;
mod service;
mod verified_body;

pub use delivery::Reason;
pub use future::ResponseFuture;
pub use layer::VerifyLayer;
pub use rejection_response::{DefaultRejectionResponse, RejectionResponse};
pub use service::Verify;
pub use untis_webhook::{
    DecodeError, Event, HeaderNames, KeyError, KeySet, KeySetError, Rejection, Verified, Verifier,
    VerifyingKey, event,
};
pub use verified_body::VerifiedBody;

/// Whatever is logged, wherever in this crate it is.
const TARGET: &str = "untis_webhook_tower";

#![doc = include_str!("../README.md")]
//!
//! # Behind the layer
//!
//! It takes a [`VerifiedBody`](untis_webhook_tower::VerifiedBody), so that nothing but the layer can call it:
//!
//! ```no_run
//! use tower::ServiceBuilder;
//! use untis_webhook_proxy::Proxy;
//! # use untis_webhook_tower::{Verifier, VerifyLayer};
//!
//! # fn example(verifier: Verifier) -> Result<(), untis_webhook_proxy::UpstreamError> {
//! let proxy = Proxy::new("127.0.0.1:3000".parse()?);
//! let service = ServiceBuilder::new().layer(VerifyLayer::new(verifier)).service(proxy);
//! # let _ = service;
//! # Ok(())
//! # }
//! ```
//!
//! # What the application gets
//!
//! The request with its body as it was signed, over HTTP/1.1, and in the header `x-untis-key` the name of the key that
//! signed it. The body is all that is signed: the query and all other headers are the sender's word. Headers that are the
//! proxy's to say, or that make frameworks take the request for another one, are dropped. The application must listen
//! where only the proxy can reach it.
//!
//! An event that cannot be decoded is not passed on: it is 400 or 422, as of the receivers that handle it themselves.
//!
//! # What the sender gets
//!
//! The application's answer, once it is there in whole. What is no answer says so in [`NotAnswered`], in the response's
//! extensions:
//!
//! | the application | status |
//! |---|---|
//! | has not answered in whole after 10 s | 504 |
//! | does not accept a connection, closes before its answer is whole | 502 |
//! | answers what is not HTTP, with more than 1 MiB, with a head of much more than 64 KiB, or with 1xx | 502 |
//!
//! A redirection is an answer, and is not followed. A connection is closed a second after it was opened, or when what is under way
//! then has its answer. What one that has brought an answer does not answer, or not by HTTP, is sent once more on a new one, as the
//! platform would send it again: the application takes a delivery that comes twice.
//!
//! At most as many deliveries as [`connections`](untis_webhook_serve::connections) says are passed on at once; others wait
//! for one of them, within their 10 s.

mod application;
mod connection;
mod headers;
mod not_answered;
mod proxy;
mod upstream;

pub use not_answered::NotAnswered;
pub use proxy::Proxy;
pub use upstream::{Upstream, UpstreamError};

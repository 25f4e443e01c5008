#![doc = include_str!("../README.md")]
//!
//! # Around a service
//!
//! ```no_run
//! use std::convert::Infallible;
//!
//! use http::{Request, Response};
//! use http_body_util::Empty;
//! use hyper::body::{Bytes, Incoming};
//! use hyper::service::service_fn;
//! use tokio::net::TcpListener;
//!
//! # async fn example(stop: impl Future<Output = ()>) -> std::io::Result<()> {
//! let listener = TcpListener::bind("127.0.0.1:8080").await?;
//! // In its place, what verifies.
//! let service = service_fn(async |_: Request<Incoming>| {
//!     Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
//! });
//! untis_webhook_serve::serve(listener, service, stop).await;
//! # Ok(())
//! # }
//! ```
//!
//! # The limits
//!
//! | what | how long, or how many |
//! |---|---|
//! | until the first request on a connection has begun, and after one that was refused or a [stranger](Stranger)'s | 10 s |
//! | between requests after a genuine delivery | 65 s, more than reverse proxies keep an idle connection |
//! | since a request on a connection last began or was answered | 60 s |
//! | a connection, whatever comes on it | 5 min |
//! | when it is to stop, for new connections to cease, of which none has come for 100 ms | 2 s |
//! | then on each connection, for a request that is on its way | 1 s |
//! | and for what has begun | 15 s |
//! | when a connection is closed, for what its peer still sends | 1 s, 128 KiB |
//! | the head of a request | 128 KiB; 16 KiB in HTTP/2 |
//! | connections at once | 1,024, or fewer if there are not two descriptors for each |
//!
//! The body has the layer's limits. When there are no more connections to be had, those that have nothing under way leave.

mod connection;
mod limits;
mod lingering;
mod listener;
mod log_filter;
mod progress;
mod refusals;
mod serve;
mod shown;
mod stranger;

pub use limits::connections;
pub use listener::Listener;
pub use log_filter::log_filter;
pub use serve::{serve, serve_at_most};
pub use shown::{causes, shown};
pub use stranger::Stranger;

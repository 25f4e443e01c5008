use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::Request;
use axum::http::Method;
use jiff::Timestamp;
use serde::Serialize;

/// Counts what arrives.
#[derive(Debug, Default)]
pub(super) struct Arrivals(AtomicU64);

/// Which delivery it is: the how many-th, when it came, and what was asked for.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Arrival {
    number: u64,
    time: String,
    method: String,
    path: String,
}

impl Arrivals {
    pub(super) fn next(&self, request: &Request) -> Arrival {
        Arrival {
            number: self.0.fetch_add(1, Ordering::Relaxed).saturating_add(1),
            // In UTC, as the log of a receiver, and to the second.
            time: format!("{:.0}", Timestamp::now()),
            method: request.method().as_str().chars().take(LONGEST).collect(),
            // Without the query, in which a token may be.
            path: request.uri().path().chars().take(LONGEST).collect(),
        }
    }
}

impl Arrival {
    /// Whether the platform would have sent it so.
    pub(super) fn is_post(&self) -> bool {
        self.method == Method::POST.as_str()
    }
}

impl fmt::Display for Arrival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}, {} {}", self.number, self.time, self.method, self.path)
    }
}

/// Characters of a method or a path that are shown.
const LONGEST: usize = 200;

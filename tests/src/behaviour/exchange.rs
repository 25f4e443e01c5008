//! A request as a row describes it, and what came of it.

use std::fmt;

use crate::platform::{BODY, PLATFORM, STRANGER};
use bytes::Bytes;
use untis_webhook::Algorithm;
use untis_webhook_testkit::Delivery;

/// A request, and how it is sent.
#[derive(Clone)]
pub(crate) struct Exchange {
    pub(crate) method: &'static str,
    pub(crate) target: &'static str,
    /// `HTTP/1.1`, where there is a choice.
    pub(crate) version: &'static str,
    /// In their order and spelling.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Body,
}

/// How the body is framed and sent.
#[derive(Clone)]
pub(crate) enum Body {
    /// With a length, in one piece.
    Declared(Bytes),
    /// With a length, these pieces one after the other.
    Pieces(Vec<Bytes>),
    /// With a length, when the server says that it wants it.
    Expected(Bytes),
    /// Without a length, in these chunks.
    Chunked(Vec<Bytes>),
    /// Without a length, in these chunks, which do not come to an end.
    Unended(Vec<Bytes>),
    /// Without a length, in one chunk, and then a trailer.
    Trailed(Bytes),
    /// With this length, of which nothing comes.
    Withheld(u64),
    /// With a length one octet too large, and then no more is written.
    Short(Bytes),
    /// With a length, and then no more is written.
    HalfClosed(Bytes),
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// `None` if there was no answer.
    pub(crate) status: Option<u16>,
    /// Whether a genuine delivery on the same connection is answered afterwards.
    pub(crate) kept: bool,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status {
            Some(status) => write!(f, "{status}")?,
            None => write!(f, "no answer")?,
        }
        f.write_str(if self.kept { ", kept" } else { ", closed" })
    }
}

impl Exchange {
    fn new(delivery: &Delivery) -> Self {
        let headers = delivery.headers();
        let headers = headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()));
        Self {
            method: "POST",
            target: "/webhook",
            version: "HTTP/1.1",
            headers: headers.collect(),
            body: Body::Declared(delivery.body().clone()),
        }
    }

    pub(crate) fn method(self, method: &'static str) -> Self {
        Self { method, ..self }
    }

    pub(crate) fn target(self, target: &'static str) -> Self {
        Self { target, ..self }
    }

    pub(crate) fn version(self, version: &'static str) -> Self {
        Self { version, ..self }
    }

    pub(crate) fn body(self, body: Body) -> Self {
        Self { body, ..self }
    }

    pub(crate) fn with(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self
    }

    pub(crate) fn value(&self, name: &str) -> Vec<u8> {
        let header = self.headers.iter().find(|(other, _)| other == name);
        header.unwrap_or_else(|| panic!("no header {name}")).1.clone()
    }

    /// With this in place of the value of the one header of that name, at its place.
    pub(crate) fn changed(mut self, name: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Self {
        for (other, value) in &mut self.headers {
            if other == name {
                *value = change(std::mem::take(value));
                return self;
            }
        }
        panic!("no header {name}")
    }

    pub(crate) fn renamed(mut self, name: &str, new: &str) -> Self {
        for (other, _) in &mut self.headers {
            if other == name {
                *other = new.to_owned();
                return self;
            }
        }
        panic!("no header {name}")
    }

    /// With a second header of that name, before the first or after all.
    pub(crate) fn doubled(mut self, name: &str, value: impl AsRef<[u8]>, before: bool) -> Self {
        let header = (name.to_owned(), value.as_ref().to_vec());
        if before {
            self.headers.insert(0, header)
        } else {
            self.headers.push(header)
        }
        self
    }
}

/// A delivery of the platform.
pub(crate) fn genuine() -> Exchange {
    signed(BODY)
}

/// A delivery of the platform with this body.
pub(crate) fn signed(body: impl Into<Bytes>) -> Exchange {
    Exchange::new(&Delivery::sign(&PLATFORM, body))
}

/// A delivery of the platform with another algorithm.
pub(crate) fn signed_with(algorithm: Algorithm) -> Exchange {
    Exchange::new(&Delivery::sign_with(&PLATFORM, algorithm, BODY))
}

/// A delivery of somebody else.
pub(crate) fn forged() -> Exchange {
    Exchange::new(&Delivery::sign(&STRANGER, BODY))
}

/// A delivery of the platform that does not come to its end.
pub(crate) fn stalled() -> Exchange {
    genuine().body(Body::Withheld(u64::try_from(BODY.len()).unwrap()))
}

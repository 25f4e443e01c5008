use std::io;
use std::time::Duration;

/// Why a [`TokenProbe`](crate::TokenProbe) cannot be made. It repeats nothing of what it was given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenProbeError {
    /// The certificate to be trusted is none.
    #[error("expected certificates in PEM, found something else")]
    Certificate,

    /// Credentials would go in the clear to whoever is on the way.
    #[error("expected https, or http to a loopback or private address, found http to another")]
    NotPrivate,

    /// The proxy's address is none.
    #[error(
        "expected a proxy as http://[user:password@]host:port, and an API with https, found something else"
    )]
    Proxy,

    /// The address is none.
    #[error(
        "expected an API's address as https://host, without a user, a query or spaces, found something else"
    )]
    Url,
}

/// Why a token request proved nothing. It repeats nothing of the request and nothing of the answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Inconclusive {
    /// It is neither a token nor a refusal (RFC 6749 section 5).
    #[error("expected a token or an error of RFC 6749, found another answer with status {0}")]
    Answer(u16),

    /// There is no connection to the platform, or to the proxy.
    #[error("cannot connect")]
    Connect(#[source] io::Error),

    /// It took too long.
    #[error("expected an answer within {0:?}, found none")]
    Deadline(Duration),

    /// There was a connection, and no answer.
    #[error("expected an answer over HTTP/1.1, found none")]
    Http(#[source] io::Error),

    /// The name of an API with http stands for an address that is not loopback's, and not private.
    #[error("expected a loopback or private address for an API with http, found another")]
    NotPrivate,

    /// The proxy refuses to connect.
    #[error("expected the proxy to connect, found status {0}")]
    Proxy(u16),

    /// The tenant's id is empty, or would lead to another place.
    #[error("expected the id of a tenant, found a text that cannot stand in an address")]
    TenantId,

    /// It is not known that it is the platform.
    #[error("cannot agree on TLS")]
    Tls(#[source] io::Error),

    /// The answer is larger than any that means something.
    #[error("expected an answer of at most {0} octets, found a longer one")]
    TooLong(usize),
}

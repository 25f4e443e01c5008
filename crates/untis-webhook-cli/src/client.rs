//! The client of `send` and of `listen --forward`: how a receiver is reached, and what it answered.

mod address;
mod answered;
mod tls;

use std::io::{ErrorKind, Read};
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use bytes::Bytes;
use http::header::{EXPECT, HeaderValue};
use http::{Request, StatusCode};
use ureq::tls::TlsConfig;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{ConnectProxyConnector, Connector, RustlsConnector, TcpConnector};
use ureq::{Agent, Proxy};

pub(crate) use self::address::{address, shown};
use self::answered::{AnsweredConnector, EarlyConnector};
use self::tls::NamedTls;
use crate::args::Connection;
use crate::output;

/// A client, which goes through no proxy that it was not told of: what it sends holds credentials.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    agent: Agent,
    is_proxied: bool,
}

impl Client {
    /// One that goes to the receiver itself, and trusts the certificates that browsers do.
    pub(crate) fn direct(timeout: Duration) -> Self {
        Self::new(timeout, 1, None, NamedTls::none(), false)
    }

    /// One that is told otherwise by options, and keeps this many connections.
    pub(crate) fn with(args: &Connection, timeout: Duration, connections: usize) -> Result<Self> {
        let proxy = args.proxy.as_deref().map(proxy).transpose()?;
        let tls = args.ca.as_deref().map_or(Ok(NamedTls::none()), NamedTls::from_file)?;
        if args.insecure {
            output::error(
                "--insecure: whoever answers is not known to be the receiver, and gets what is sent",
            );
        }
        Ok(Self::new(timeout, connections, proxy, tls, args.insecure))
    }

    fn new(
        timeout: Duration,
        connections: usize,
        proxy: Option<Proxy>,
        tls: NamedTls,
        insecure: bool,
    ) -> Self {
        let is_proxied = proxy.is_some();
        let config = Agent::config_builder()
            // Unless it is set to none, it is that of the environment.
            .proxy(proxy)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_idle_connections(connections)
            .max_idle_connections_per_host(connections)
            .timeout_global(Some(timeout))
            // A receiver that does not say 100 Continue gets the body all the same.
            .timeout_await_100(Some(Duration::from_secs(1).min(timeout / 4)))
            .tls_config(TlsConfig::builder().disable_verification(insecure).build())
            .build();
        // The default one, with three links of our own.
        let connector =
            ().chain(ConnectProxyConnector::default())
                .chain(TcpConnector::default())
                .chain(AnsweredConnector)
                .chain(tls)
                .chain(RustlsConnector::default())
                .chain(EarlyConnector);
        Self { agent: Agent::with_parts(config, connector, DefaultResolver::default()), is_proxied }
    }

    /// Sends the request, and waits for the answer and for as much of its body as is shown.
    pub(crate) fn send(&self, mut request: Request<Bytes>) -> Result<Answer> {
        if request.body().len() > LARGEST_UNASKED {
            // A refusal then comes before the body: a receiver that closes while it comes may destroy its own answer.
            request.headers_mut().insert(EXPECT, HeaderValue::from_static("100-continue"));
        }
        let https = request.uri().scheme_str() == Some("https");
        let response = self.agent.run(request.map(|body| body.to_vec())).map_err(|error| {
            let error = no_answer(&error, https);
            match self.is_proxied {
                true => anyhow!("{error} It may be the proxy that is not there or does not answer"),
                false => error,
            }
        })?;
        let (head, body) = response.into_parts();
        let location = head.headers.get(http::header::LOCATION);
        let location = location.map(|location| String::from_utf8_lossy(location.as_bytes()).into_owned());
        let mut bytes = Vec::new();
        // What came before a connection was lost is worth to be shown.
        let _ = body.into_reader().take(LONGEST_ANSWER).read_to_end(&mut bytes);
        let mut text = String::from_utf8_lossy(&bytes).into_owned();
        if u64::try_from(bytes.len()) == Ok(LONGEST_ANSWER) {
            text.push_str("[...]");
        }
        Ok(Answer { status: head.status, location, body: text })
    }
}

/// What a receiver answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// Where it redirects to.
    pub(crate) location: Option<String>,
    /// The body, or the beginning of a long one.
    pub(crate) body: String,
}

/// Why there was no answer, and what can be done about it.
fn no_answer(error: &ureq::Error, https: bool) -> anyhow::Error {
    use ureq::Error;

    let text = error.to_string();
    let (reason, next) = match error {
        Error::Timeout(_) => {
            ("no answer in time".to_owned(), "look at what it waits for; send waits longer with --timeout")
        }
        Error::HostNotFound => (text, "look at the host's name"),
        Error::Io(error) if text.contains("lookup") => (error.to_string(), "look at the host's name"),
        Error::Io(error) if text.contains("not valid for") => (
            error.to_string(),
            "make one with this host as a subject alternative name, or look away with --insecure",
        ),
        Error::Io(error) if text.contains("certificate") => {
            (error.to_string(), "name the certificate to trust with --ca, or look away with --insecure")
        }
        Error::Io(error) if text.contains("corrupt message") => {
            (error.to_string(), "is it a receiver without TLS, with http:// in its address?")
        }
        Error::Io(error) => match error.kind() {
            ErrorKind::ConnectionRefused => {
                (error.to_string(), "is the receiver running, and is this its port?")
            }
            ErrorKind::BrokenPipe
            | ErrorKind::ConnectionAborted
            | ErrorKind::ConnectionReset
            | ErrorKind::UnexpectedEof => (
                "the receiver closed the connection, and no answer came before that".to_owned(),
                "look in the receiver's log; one that answers before it has read the body must read on, or the answer is lost",
            ),
            _ => (error.to_string(), "look at the network"),
        },
        Error::Protocol(_) if !https => {
            (text, "is it a server of HTTP/1.1? One with TLS has https:// in its address")
        }
        Error::ConnectProxyFailed(_) => (text, "look at the proxy"),
        _ => (text, "is it a server of HTTP/1.1?"),
    };
    anyhow!("{reason}: {next}")
}

fn proxy(url: &str) -> Result<Proxy> {
    // Not repeated: it may hold a password.
    let expected = "--proxy: expected an address such as http://127.0.0.1:3128";
    if !["http://", "https://"].iter().any(|scheme| url.starts_with(scheme)) {
        bail!("{expected}, found another text: write http:// or https:// before it");
    }
    Proxy::new(url).map_err(|_| anyhow!("{expected}, found another text"))
}

/// Octets of a body that is sent without asking. A real one is a hundredth of it, and is sent as the platform sends it.
const LARGEST_UNASKED: usize = 64 * 1024;

/// Octets of an answer's body that are read: more would fill a screen, or a memory.
const LONGEST_ANSWER: u64 = 64 * 1024;

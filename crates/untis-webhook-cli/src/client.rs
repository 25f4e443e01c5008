//! The client of `send` and of `listen --forward`: how a receiver is reached, and what it answered.

mod address;
mod answered;

use std::io::{ErrorKind, Read};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use bytes::Bytes;
use http::{Request, StatusCode};
use untis_webhook_config::shown;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{ConnectProxyConnector, Connector, RustlsConnector, TcpConnector};
use ureq::{Agent, Proxy};

pub(crate) use self::address::address;
use self::answered::AnsweredConnector;
use crate::args::Connection;
use crate::input::read;
use crate::output;

/// A client, which goes through no proxy that it was not told of: what it sends holds credentials.
#[derive(Clone, Debug)]
pub(crate) struct Client(Agent);

impl Client {
    /// One that goes to the receiver itself, and trusts the certificates that browsers do.
    pub(crate) fn direct(timeout: Duration) -> Self {
        Self::new(timeout, 1, None, TlsConfig::default())
    }

    /// One that is told otherwise by options, and keeps this many connections.
    pub(crate) fn with(args: &Connection, timeout: Duration, connections: usize) -> Result<Self> {
        let proxy = args.proxy.as_deref().map(proxy).transpose()?;
        let mut tls = TlsConfig::builder();
        if let Some(file) = &args.ca {
            tls = tls.root_certs(RootCerts::new_with_certs(&certificates(&read(file)?, &shown(file))?));
        }
        if args.insecure {
            output::error(
                "--insecure: whoever answers is not known to be the receiver, and gets what is sent",
            );
            tls = tls.disable_verification(true);
        }
        Ok(Self::new(timeout, connections, proxy, tls.build()))
    }

    fn new(timeout: Duration, connections: usize, proxy: Option<Proxy>, tls: TlsConfig) -> Self {
        let config = Agent::config_builder()
            // Unless it is set to none, it is that of the environment.
            .proxy(proxy)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_idle_connections(connections)
            .max_idle_connections_per_host(connections)
            .timeout_global(Some(timeout))
            .tls_config(tls)
            .build();
        // The default one, and how it hears an answer that comes before the end of the request.
        let connector =
            ().chain(ConnectProxyConnector::default())
                .chain(TcpConnector::default())
                .chain(AnsweredConnector)
                .chain(RustlsConnector::default());
        Self(Agent::with_parts(config, connector, DefaultResolver::default()))
    }

    /// Sends the request, and waits for the answer and for as much of its body as is shown.
    pub(crate) fn send(&self, request: Request<Bytes>) -> Result<Answer> {
        let https = request.uri().scheme_str() == Some("https");
        let response =
            self.0.run(request.map(|body| body.to_vec())).map_err(|error| no_answer(&error, https))?;
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
        Error::Timeout(_) => ("no answer in time".to_owned(), "give it longer with --timeout"),
        Error::HostNotFound => (text, "check the host's name"),
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

fn certificates(pem: &[u8], file: &str) -> Result<Vec<Certificate<'static>>> {
    let expected = || format!("{file}: expected certificates in PEM");
    let items = parse_pem(pem).collect::<Result<Vec<_>, _>>().with_context(expected)?;
    let certificates: Vec<_> = items
        .into_iter()
        .filter_map(|item| match item {
            PemItem::Certificate(certificate) => Some(certificate),
            _ => None,
        })
        .collect();
    match certificates.is_empty() {
        true => bail!("{}, found none: it has lines that begin with -----BEGIN CERTIFICATE-----", expected()),
        false => Ok(certificates),
    }
}

/// Octets of an answer's body that are read: more would fill a screen, or a memory.
const LONGEST_ANSWER: u64 = 64 * 1024;

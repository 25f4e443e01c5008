//! The platform, as `curl` is it.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::timeout;
use untis_webhook_testkit::Delivery;

use crate::{SOON, http2};

/// A request, and how it is sent.
#[derive(Clone)]
pub(crate) struct Exchange {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
    pub(crate) framing: Framing,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Framing {
    /// With a length.
    Declared,
    /// With a length, when the answer says that it is wanted.
    Expected,
    /// Without a length: in chunks, with HTTP/1.1.
    Undeclared,
    /// Without a length, and nothing of it comes.
    Withheld,
}

impl Exchange {
    pub(crate) fn new(delivery: &Delivery) -> Self {
        let headers = delivery.headers();
        let headers =
            headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        Self { headers: headers.collect(), body: delivery.body().clone(), framing: Framing::Declared }
    }

    pub(crate) fn framed(self, framing: Framing) -> Self {
        Self { framing, ..self }
    }

    pub(crate) fn body(self, body: impl Into<Bytes>) -> Self {
        Self { body: body.into(), ..self }
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With the names of the headers as they are made by this.
    pub(crate) fn named(mut self, change: fn(&str) -> String) -> Self {
        for (name, _) in &mut self.headers {
            *name = change(name);
        }
        self
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Protocol {
    Http1,
    Http2,
}

/// Where it sends to.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    address: SocketAddr,
    /// The certificate to trust; without one it is clear text.
    certificate: Option<PathBuf>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    /// 0 if there was none.
    pub(crate) status: u16,
    /// Whether it was asked for the body before.
    pub(crate) continued: bool,
    /// The scheme of a 401: ours, or somebody else's.
    pub(crate) scheme: String,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.continued { "100, then " } else { "" })?;
        match self.status {
            0 => f.write_str("none"),
            401 if self.scheme != "Untis-Signature" => write!(f, "401 of its own ({})", self.scheme),
            status => write!(f, "{status}"),
        }
    }
}

impl Client {
    pub(crate) fn plain(address: SocketAddr) -> Self {
        Self { address, certificate: None }
    }

    pub(crate) fn trusting(address: SocketAddr, certificate: PathBuf) -> Self {
        Self { address, certificate: Some(certificate) }
    }

    pub(crate) fn url(&self, target: &str) -> String {
        let scheme = if self.certificate.is_some() { "https" } else { "http" };
        format!("{scheme}://{NAME}:{}{target}", self.address.port())
    }

    /// A `POST /webhook`.
    pub(crate) async fn send(&self, protocol: Protocol, exchange: &Exchange) -> Answer {
        match protocol {
            Protocol::Http1 => self.curl_to("/webhook", protocol, exchange).await,
            Protocol::Http2 => {
                let certificate = self.certificate.as_deref();
                let answer = http2::answer(self.address, certificate, self.url("/webhook"), exchange);
                timeout(SOON, answer).await.unwrap_or_else(|_| {
                    panic!("no answer: {protocol:?}, {}, {:?}", self.address, exchange.framing)
                })
            }
        }
    }

    pub(crate) async fn curl_to(&self, target: &str, protocol: Protocol, exchange: &Exchange) -> Answer {
        let mut curl = self.curl(target, protocol);
        curl.args(["--user-agent", "delivery"]);
        for (name, value) in &exchange.headers {
            curl.arg("--header").arg(format!("{name}: {value}"));
        }
        match exchange.framing {
            Framing::Declared => curl.args(["--header", "Expect:", "--data-binary", "@-"]),
            Framing::Expected => curl.args(["--header", "Expect: 100-continue", "--data-binary", "@-"]),
            // `.` is standard input as well, and does not keep it from reading the answer.
            Framing::Undeclared | Framing::Withheld => {
                curl.args(["--header", "Expect:", "--request", "POST", "--upload-file", "."])
            }
        };
        let mut process = curl.spawn().expect("curl");
        let mut stdin = process.stdin.take().unwrap();
        let body = exchange.body.clone();
        // It may be answered, and gone, before it has read all.
        let written = async move {
            let _ = stdin.write_all(&body).await;
            stdin
        };
        let withheld = exchange.framing == Framing::Withheld;
        let output = async {
            match withheld {
                true => process.wait_with_output().await,
                false => {
                    let writing = tokio::spawn(async move { drop(written.await) });
                    let output = process.wait_with_output().await;
                    writing.await.unwrap();
                    output
                }
            }
        };
        let output = timeout(SOON, output).await;
        let output = output
            .unwrap_or_else(|_| panic!("no answer: {protocol:?}, {}, {:?}", self.address, exchange.framing))
            .unwrap();
        answer(protocol, &output.stdout, &output.stderr)
    }

    /// The status of a request that nobody signed, 0 without an answer: to see whether somebody is there.
    pub(crate) async fn probe(&self) -> u16 {
        let mut curl = self.curl("/webhook", Protocol::Http1);
        curl.args(["--data-binary", "{}"]);
        let output = timeout(SOON, curl.output()).await.expect("an answer").unwrap();
        answer(Protocol::Http1, &output.stdout, &output.stderr).status
    }

    fn curl(&self, target: &str, protocol: Protocol) -> Command {
        let mut curl = Command::new("curl");
        // No configuration, no proxy; and it says all that it is answered.
        curl.args(["--disable", "--noproxy", "*", "--silent", "--verbose", "--output", "/dev/null"]);
        curl.args(["--path-as-is", "--expect100-timeout", "50"]);
        curl.args(["--write-out", "%{http_code} %{http_version} %header{www-authenticate}"]);
        curl.arg("--resolve").arg(format!("{NAME}:{}:{}", self.address.port(), self.address.ip()));
        curl.arg(match (protocol, &self.certificate) {
            (Protocol::Http1, _) => "--http1.1",
            (Protocol::Http2, Some(_)) => "--http2",
            (Protocol::Http2, None) => "--http2-prior-knowledge",
        });
        if let Some(certificate) = &self.certificate {
            curl.arg("--cacert").arg(certificate);
        }
        curl.arg(self.url(target));
        curl.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        curl
    }
}

fn answer(protocol: Protocol, stdout: &[u8], stderr: &[u8]) -> Answer {
    let (stdout, log) = (String::from_utf8_lossy(stdout), String::from_utf8_lossy(stderr));
    let mut words = stdout.splitn(3, ' ');
    let status =
        words.next().and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("{stdout}{log}"));
    let version = words.next().unwrap();
    let expected = match protocol {
        Protocol::Http1 => "1.1",
        Protocol::Http2 => "2",
    };
    assert!(status == 0 || version == expected, "HTTP/{version}: {log}");
    let continued = log.lines().any(|line| line.starts_with("< HTTP/1.1 100"));
    Answer { status, continued, scheme: words.next().unwrap().to_owned() }
}

/// Base64 of something else.
pub(crate) fn credentials() -> String {
    format!("Basic {}", BASE64_STANDARD.encode("user:password"))
}

/// The name in the certificate and in the files.
pub(crate) const NAME: &str = "webhook.example.com";

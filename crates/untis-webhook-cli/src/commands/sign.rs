use std::io::Write;
use std::path::Path;

use anyhow::{Result, ensure};
use http::HeaderMap;
use http::uri::PathAndQuery;
use untis_webhook_testkit::Delivery;

use crate::args::Sign;
use crate::client::address;
use crate::input::{read, signing_key};
use crate::output::{self, Verdict};

pub(crate) fn run(args: &Sign) -> Result<Verdict> {
    if let Some(url) = &args.curl {
        address("--curl", url)?;
        ensure!(
            args.body != Path::new("-"),
            "--curl: expected the body in a file, found standard input, which is gone when curl runs: save it first"
        );
    }
    if let Some(path) = &args.http {
        let is_path =
            path.starts_with('/') && path.parse::<PathAndQuery>().is_ok_and(|parsed| parsed == path.as_str());
        ensure!(is_path, "--http: expected a path such as /webhook, found another text");
    }
    let key = signing_key(&args.signing.private)?;
    let delivery = Delivery::sign_with(&key, args.signing.algorithm, read(&args.body)?);
    let headers = headers(&delivery.headers());

    let mut out = Vec::new();
    match (&args.http, &args.curl) {
        (Some(path), _) => {
            let length = delivery.body().len();
            write!(out, "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n")?;
            for (name, value) in headers {
                write!(out, "{name}: {value}\r\n")?;
            }
            out.extend(b"\r\n");
            out.extend(delivery.body());
        }
        (None, Some(url)) => {
            write!(
                out,
                "curl -i {} --data-binary {}",
                quoted(url),
                quoted(&format!("@{}", args.body.display()))
            )?;
            for (name, value) in headers {
                write!(out, " -H {}", quoted(&format!("{name}: {value}")))?;
            }
            writeln!(out)?;
        }
        (None, None) => {
            for (name, value) in headers.iter().filter(|(name, _)| *name != "Content-Type") {
                writeln!(out, "{name}: {value}")?;
            }
        }
    }
    output::bytes(&out)?;
    Ok(Verdict::Done)
}

/// The headers of a delivery in the spelling of the platform's documentation.
fn headers(headers: &HeaderMap) -> Vec<(&'static str, String)> {
    ["Authorization", "Algorithm", "Content-Type"]
        .into_iter()
        .filter_map(|name| Some((name, headers.get(name)?.to_str().ok()?.to_owned())))
        .collect()
}

/// As one word of a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

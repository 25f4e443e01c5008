//! `docs/guide/src/behaviour.md`, printed from the table.

use std::env;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use super::{table, upstream};

pub(crate) fn print(rows: &[table::Row], upstream: &[upstream::Row]) -> String {
    let mut page = String::from(HEAD);
    let mut group = "";
    for row in rows {
        if row.group != group {
            group = row.group;
            write!(page, "\n## {group}\n\n| request | HTTP/1.1 | HTTP/2 |\n|---|---|---|\n").unwrap();
        }
        let http2 = if row.http2.is_empty() { "–" } else { row.http2 };
        writeln!(page, "| {} | {} | {http2} |", row.name, row.http1).unwrap();
    }
    page.push_str(PROXY);
    for row in upstream {
        writeln!(page, "| {} | {} |", row.name, row.answer).unwrap();
    }
    page.push_str(TAIL);
    page
}

/// Fails if the page is another one, or writes it if that is asked for.
pub(crate) fn check(page: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guide/src/behaviour.md");
    if env::var("BEHAVIOUR").is_ok_and(|what| what == "write") {
        fs::write(&path, page).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == page,
        "docs/guide/src/behaviour.md is out of date: BEHAVIOUR=write cargo test --test behaviour"
    );
}

const HEAD: &str = "\
# Behaviour

What a sender gets to see, in every stack alike: axum, hyper, warp, and the layer around a plain tower service (a reverse
proxy). Each row is sent to each of the four example receivers, and to `untis-webhookd` that passes on what it verified, as a
real server on loopback, over HTTP/1.1 in raw bytes and over HTTP/2 in clear text by a client. This page is printed by that
test, `tests/tests/behaviour`, which fails when it and the runs differ; `BEHAVIOUR=write cargo test --test behaviour` writes it
anew.

A row says the status, and what becomes of the connection: *kept* if a genuine delivery that follows on it is answered with
204, *closed* if not. Every 401 has `WWW-Authenticate: Untis-Signature`, every 405 `Allow: POST`, and no answer has a body.

Unless the row says otherwise, a request is a `POST /webhook` that the platform signed. 204 is what the receivers answer when
an event has been handled; 400 and 422 to a signed body are the extractor's, and 404 and 405 come after verification. The path
is compared as it is sent, so an address that was registered with a slash at its end is another one.
";

const PROXY: &str = "
## Of a reverse proxy: the application

`untis-webhookd` that passes deliveries on, and `tower-proxy`. A genuine delivery is answered with what the application answers,
in HTTP/1.1 whatever it speaks, once that is there in whole; the connection is kept.

| the application | the answer |
|---|---|
";

const TAIL: &str = "
## Notes

A dash: HTTP/2 has no header names in odd case, no white space around values and no line breaks in them, and how a body is
declared, withheld or asked for is sent in HTTP/1.1 alone. Header lists of more than 16 KiB end an HTTP/2 connection before the layer sees them;
that limit is hyper's, and all of them are served by hyper.

## Further

These are tests of their own in the same place, also for all of them:

- A body that does not come within its deadline, 10 s, or trickles past it, is 408, and the connection is closed.
- A connection on which nothing has begun, or nothing but what was refused, is closed after at most 12 s, whatever is sent
  meanwhile: nothing, a head in crumbs, HTTP/2's preface, pings without end, and a dozen more. One that brought a delivery is
  closed 65 s after the last, and one on which forgeries keep coming after 5 min.
- Answers that are not read are not waited for: the connection is closed after at most 12 s.
- Of 100 concurrent streams on one HTTP/2 connection of which one is forged, that one is 401 and all others are 204.
- Pipelined requests, genuine and forged by turns, are answered in their order.
- After disconnects in the middle of a body the server goes on. (They leave nobody to answer; that one ends its request at
  once is tested in `tests/tests/layer/connection.rs`.)
";

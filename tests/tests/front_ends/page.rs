//! `docs/guide/src/front-ends.md`, printed from what was found.

use std::env;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::arrives::Arriving;
use crate::broken::Broken;
use crate::front_ends::FRONT_ENDS;
use crate::requests::{Answers, ROWS, names};
use crate::subrequest::Asked;

pub(crate) fn print(
    answers: &Answers,
    arriving: &[Arriving],
    broken: &[Broken],
    subrequests: &[Asked],
) -> String {
    let mut page = String::from(HEAD);
    table(&mut page, "request", ["none"].into_iter().chain(names()));
    for (row, cells) in ROWS.iter().zip(answers) {
        writeln!(page, "| {} | {} |", row.name, cells.join(" | ")).unwrap();
    }
    page.push_str(ARRIVES);
    table(&mut page, "what", names());
    let rows: [(&str, Cell); 2] = [
        ("a body without a length arrives", |arriving| match arriving.has_length {
            [false, false] => "in chunks".into(),
            [true, true] => "with one".into(),
            [http1, _] => format!("with one from HTTP/{}", if http1 { "1.1" } else { "2" }),
        }),
        ("headers added", |arriving| {
            arriving.added.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        }),
    ];
    for (name, cell) in rows {
        let cells: Vec<_> = arriving.iter().map(cell).collect();
        writeln!(page, "| {name} | {} |", cells.join(" | ")).unwrap();
    }
    page.push_str(BROKEN);
    for broken in broken {
        let setting = broken.setting;
        writeln!(
            page,
            "\n### {}: {}\n\n```diff\n{}```\n",
            setting.front_end.name,
            setting.what,
            diff(setting.change)
        )
        .unwrap();
        match &broken.explained {
            Some(explained) => {
                writeln!(page, "Genuine: {}.\n\n```text\n{explained}\n```", broken.answer).unwrap();
            }
            None => {
                writeln!(
                    page,
                    "Genuine: {}. Nothing arrives, so there is nothing to inspect.",
                    broken.answer
                )
                .unwrap();
            }
        }
    }
    page.push_str(SUBREQUESTS);
    table(&mut page, "setting", ["the question", "its body", "genuine, answered"].into_iter());
    for asked in subrequests {
        let octets = if asked.octets == 0 { "none" } else { "the delivery's" };
        writeln!(page, "| {} | `{}` | {octets} | {} |", asked.setting.name, asked.line, asked.answer)
            .unwrap();
    }
    page.push_str(EXPLAINED);
    writeln!(page, "```text\n{}\n```", subrequests[0].explained).unwrap();
    page.push_str(FILES);
    for front_end in &FRONT_ENDS {
        writeln!(page, "\n### {}", front_end.name).unwrap();
        for (name, language) in front_end.files {
            let text = front_end.file(name);
            writeln!(
                page,
                "\n[`deploy/front-ends/{name}`](../../../deploy/front-ends/{name}):\n\n```{language}\n{text}```"
            )
            .unwrap();
        }
    }
    page
}

/// What a cell says.
type Cell = fn(&Arriving) -> String;

fn table<'a>(page: &mut String, first: &str, columns: impl Iterator<Item = &'a str>) {
    let columns: Vec<_> = columns.collect();
    writeln!(page, "| {first} | {} |\n|---|{}", columns.join(" | "), "---|".repeat(columns.len())).unwrap();
}

/// The lines that go, those that come, and those between.
fn diff((from, to): (&str, &str)) -> String {
    let to = to.replace("{folder}", "/etc/apache2").replace("{other}", "127.0.0.1:9000");
    let gone = from.lines().filter(|line| !line.is_empty() && !to.lines().any(|other| other == *line));
    let gone = gone.map(|line| format!("- {line}\n"));
    let others = to.lines().filter(|line| !line.is_empty()).map(|line| {
        let sign = if from.lines().any(|other| other == line) { " " } else { "+" };
        format!("{sign} {line}\n")
    });
    gone.chain(others).collect()
}

/// Fails if the page is another one, or writes it if that is asked for.
pub(crate) fn check(page: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guide/src/front-ends.md");
    if env::var("FRONT_ENDS").is_ok_and(|what| what == "write") {
        fs::write(&path, page).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    for (found, printed) in found.lines().zip(page.lines()).filter(|(found, printed)| found != printed) {
        println!("docs/guide/src/front-ends.md: {found}\nfound:              {printed}");
    }
    assert!(found == page, "docs/guide/src/front-ends.md is out of date: FRONT_ENDS=write .ci/front-ends");
}

const HEAD: &str = "\
# Behind a front end

HTTPS ends in front of a receiver. These files do it with nginx, Caddy, Apache httpd, HAProxy, Traefik and Envoy: one path
is reached from outside and nothing else, and a delivery arrives as it was sent. They go for `untis-webhookd` and for a
receiver of your own; put in your name, your certificate, and where the receiver listens.

Each of them was started as it stands here, with a certificate, ports and a folder of the test's, in front of
`axum-receiver` and of `untis-webhookd`. This page is printed by that test, `tests/tests/front_ends`, which fails when it and
the run differ; `FRONT_ENDS=write .ci/front-ends` writes it anew. It runs Debian 12's nginx, Caddy, Apache httpd and HAProxy,
and Traefik 3 and Envoy 1 as PyPI has them.

## What the platform is answered

With HTTP/1.1 (curl) and with HTTP/2, over TLS, and by both receivers alike. The two protocols differ in nothing but that
HTTP/2 has neither names in odd case nor `Expect`; where they did both answers would stand there. *None* is a receiver without
a front end.

";

const ARRIVES: &str = "
- **A forged request is refused on its headers** by all but Apache httpd, which passes nothing on before the body has begun.
  Its deadline for that is 15 s here.
- **HAProxy and Envoy leave `100 Continue` to the receiver**; the others may ask for the body themselves, and refuse it then.
- Without `proxy_request_buffering off` nginx reads a whole body before it passes anything on, and so does Traefik with its
  middleware `buffering`.
- The files let the receiver have bodies a little over its limit, so that it is the one that answers 413. Above that nginx,
  Caddy, Apache httpd and HAProxy have a limit of their own.
- Each delivery has a connection of its own to the receiver. One that is kept may be closed by the receiver just when the next
  is sent on it, after a forged request above all, and that would be a 502.

## What arrives

A delivery with every octet there is, sent with curl over both protocols: `Authorization`, `Algorithm`, the path, the query and
the body are the same, octet by octet. Otherwise:

";

const BROKEN: &str = "
## Settings that break it

Each was put into the file below, and a genuine delivery was sent. What `untis-webhook inspect` says of the request as it
arrived stands under each; `untis-webhook listen` in the receiver's place gives the same advice.

**Who refused it?** Every 401 of a receiver has `WWW-Authenticate: Untis-Signature`. One without it is the front end's own.
";

const SUBREQUESTS: &str = "
## Authentication by a subrequest does not do

Some front ends can ask another server first whether a request may pass. They ask with a request of their own, which has the
headers and **no body**, and the signature is one over the body: a genuine delivery is refused. A signature alone says
nothing: it could be an old one, with another body. So send the delivery to the receiver, and let `untis-webhookd` pass on what
it verified ([`[proxy]`](untis-webhookd.md#passing-deliveries-on)).

";

const EXPLAINED: &str = "
The last is possible since Traefik 3.3. Traefik reads the whole body first then, without a limit unless `maxBodySize` is
there.

What `untis-webhook inspect` says of nginx's question:

";

const FILES: &str = "
## The files
";

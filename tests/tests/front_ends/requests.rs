//! Requests, and what each is answered without a front end and behind each of them.

use std::net::SocketAddr;

use tokio::task::JoinSet;
use untis_webhook::Algorithm;
use untis_webhook_testkit::Delivery;
use untis_webhook_tests::platform::{BODY, PLATFORM, STRANGER};

use crate::client::{Client, Exchange, Framing, Protocol, credentials};
use crate::front_end::{FrontEnd, Running};
use crate::front_ends::FRONT_ENDS;

/// A request by its name, and whether HTTP/2 has it as well.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    exchange: fn() -> Exchange,
    protocols: &'static [Protocol],
}

/// A row of answers: without a front end, and behind each.
pub(crate) type Answers = Vec<Vec<String>>;

/// Sends all of them, to all front ends at once.
pub(crate) async fn answers(receiver: SocketAddr) -> Answers {
    let mut running = vec![];
    for front_end in &FRONT_ENDS {
        running.push(front_end.start(receiver).await);
    }
    let clients = running.iter().map(|running: &Running| running.client.clone());
    let mut columns = JoinSet::new();
    let names = ["none"].into_iter().chain(names());
    for (number, (name, client)) in
        names.zip([Client::plain(receiver)].into_iter().chain(clients)).enumerate()
    {
        columns.spawn(async move { (number, column(name, client).await) });
    }
    let mut columns = columns.join_all().await;
    columns.sort_by_key(|(number, _)| *number);
    (0..ROWS.len()).map(|row| columns.iter().map(|(_, column)| column[row].clone()).collect()).collect()
}

/// All rows, one after the other; what waits for a deadline beside the others.
async fn column(name: &str, client: Client) -> Vec<String> {
    let mut waiting = JoinSet::new();
    let mut cells = vec![];
    for (number, row) in ROWS.iter().enumerate() {
        let mut answers = vec![];
        for &protocol in row.protocols {
            let (exchange, client) = ((row.exchange)(), client.clone());
            match exchange.framing {
                Framing::Withheld => {
                    waiting.spawn(async move { (number, client.send(protocol, &exchange).await, protocol) });
                }
                _ => answers.push(client.send(protocol, &exchange).await.to_string()),
            }
        }
        cells.push(answers);
    }
    let mut waited = waiting.join_all().await;
    waited.sort_by_key(|(_, _, protocol)| *protocol == Protocol::Http2);
    for (number, answer, _) in waited {
        cells[number].push(answer.to_string());
    }
    let cells = ROWS.iter().zip(cells).map(|(row, answers)| {
        let cell = cell(answers);
        if row.name != VARYING || !["Caddy", "Traefik"].contains(&name) {
            return cell;
        }
        assert!(["401", "100, then 401"].contains(&&*cell), "{name}, {VARYING}: {cell}");
        "401, perhaps 100 before".to_owned()
    });
    cells.collect()
}

/// What depends on whether Go wants the body before it hears the answer.
const VARYING: &str = "forged, `Expect: 100-continue`";

/// One answer if both are alike.
fn cell(answers: Vec<String>) -> String {
    match answers.as_slice() {
        [one] => one.clone(),
        [one, other] if one == other => one.clone(),
        several => several.join(" / "),
    }
}

/// What they are called.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    FRONT_ENDS.iter().map(|FrontEnd { name, .. }| *name)
}

fn genuine() -> Exchange {
    signed(BODY.as_bytes().to_vec())
}

fn signed(body: Vec<u8>) -> Exchange {
    Exchange::new(&Delivery::sign(&PLATFORM, body))
}

fn forged() -> Exchange {
    Exchange::new(&Delivery::sign(&STRANGER, BODY))
}

/// An event of exactly this length.
fn event(len: usize) -> Vec<u8> {
    let (start, end) = (r#"{"tenantId":"12345","eventType":"DELETION","more":""#, r#""}"#);
    format!("{start}{}{end}", "x".repeat(len - start.len() - end.len())).into_bytes()
}

const LIMIT: usize = 64 * 1024;

const BOTH: &[Protocol] = &[Protocol::Http1, Protocol::Http2];
const HTTP1: &[Protocol] = &[Protocol::Http1];

pub(crate) const ROWS: &[Row] = &[
    Row { name: "genuine", exchange: genuine, protocols: BOTH },
    Row {
        name: "genuine, `SHA512withRSA`",
        exchange: || Exchange::new(&Delivery::sign_with(&PLATFORM, Algorithm::Sha512WithRsa, BODY)),
        protocols: BOTH,
    },
    Row {
        name: "genuine, header names in odd case",
        exchange: || genuine().named(|name| name.to_ascii_uppercase()),
        protocols: HTTP1,
    },
    Row {
        name: "genuine, without a length (chunked)",
        exchange: || genuine().framed(Framing::Undeclared),
        protocols: BOTH,
    },
    Row {
        name: "genuine, `Expect: 100-continue`",
        exchange: || genuine().framed(Framing::Expected),
        protocols: HTTP1,
    },
    Row { name: "genuine, 64 KiB", exchange: || signed(event(LIMIT)), protocols: BOTH },
    Row {
        name: "genuine, 64 KiB without a length",
        exchange: || signed(event(LIMIT)).framed(Framing::Undeclared),
        protocols: BOTH,
    },
    Row { name: "genuine, 64 KiB and one octet", exchange: || signed(event(LIMIT + 1)), protocols: BOTH },
    Row {
        name: "genuine, 64 KiB and one octet without a length",
        exchange: || signed(event(LIMIT + 1)).framed(Framing::Undeclared),
        protocols: BOTH,
    },
    Row {
        name: "genuine, its body does not come",
        exchange: || genuine().framed(Framing::Withheld),
        protocols: BOTH,
    },
    Row { name: "forged", exchange: forged, protocols: BOTH },
    Row {
        name: "forged, `Expect: 100-continue`",
        exchange: || forged().framed(Framing::Expected),
        protocols: HTTP1,
    },
    Row {
        name: "forged, its body does not come",
        exchange: || forged().framed(Framing::Withheld),
        protocols: BOTH,
    },
    Row { name: "forged, 64 KiB", exchange: || forged().body(event(LIMIT)), protocols: BOTH },
    Row { name: "one octet changed", exchange: || genuine().body(BODY.replace('1', "2")), protocols: BOTH },
    Row { name: "one octet more", exchange: || genuine().body(format!("{BODY}\n")), protocols: BOTH },
    Row { name: "`Authorization` missing", exchange: || genuine().without("authorization"), protocols: BOTH },
    Row { name: "`Algorithm` missing", exchange: || genuine().without("algorithm"), protocols: BOTH },
    Row {
        name: "`Authorization` twice",
        exchange: || genuine().with("authorization", &credentials()),
        protocols: BOTH,
    },
    Row {
        name: "`Algorithm` twice",
        exchange: || genuine().with("algorithm", "SHA256withRSA"),
        protocols: BOTH,
    },
];

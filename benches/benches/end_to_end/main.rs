//! The axum receiver with the layer, and three without it, as processes on loopback: rate, CPU, octets read and memory
//! for genuine, forged and malformed requests. They take turns, all in one run:
//! `cargo bench -p untis-webhook-benches --bench end_to_end`, with `-- --svg FOLDER` to draw it as well.
#![allow(
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a bench stops where it is surprised"
)]

mod client;
mod process;
mod receive;
mod scenario;

use std::path::PathBuf;
use std::time::Instant;

use untis_webhook_benches::{Bars, Signed};

use crate::client::send;
use crate::process::Receiver;
use crate::receive::{RECEIVERS, receive};
use crate::scenario::{Scenario, scenarios};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().position(|argument| argument == "--receive") {
        Some(at) => receive(&arguments[at + 1], &arguments[at + 2]),
        None => {
            let svg = arguments.iter().position(|argument| argument == "--svg");
            compare(svg.map(|at| PathBuf::from(&arguments[at + 1])));
        }
    }
}

#[derive(Clone, Default)]
struct Figures {
    requests: usize,
    seconds: f64,
    cpu: f64,
    octets: u64,
    peak: u64,
    cut_off: usize,
}

impl Figures {
    fn rate(&self) -> f64 {
        self.requests as f64 / self.seconds
    }
}

fn compare(svg: Option<PathBuf>) {
    let signed = Signed::by(2048, 65537);
    let clients = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut groups = Vec::new();
    for scenario in scenarios(&signed) {
        println!("\n{}, with a head of {} octets", scenario.name, scenario.head);
        println!(
            "| receiver | requests/s | to the layer's | CPU s per 10,000 | octets read per request | cut off | peak MiB |"
        );
        println!("|---|---|---|---|---|---|---|");
        let figures = measure(&clients, &scenario, &signed);
        let ours = figures[0].rate();
        let mut bars = Vec::new();
        for (name, figures) in RECEIVERS.iter().zip(&figures) {
            let per_request = 10_000.0 / figures.requests as f64;
            println!(
                "| {name} | {:.0} | {:.2} | {:.2} | {:.0} | {:.1} % | {:.1} |",
                figures.rate(),
                figures.rate() / ours,
                figures.cpu * per_request,
                figures.octets as f64 / figures.requests as f64,
                figures.cut_off as f64 / figures.requests as f64 * 100.0,
                figures.peak as f64 / 1024.0
            );
            bars.push(((*name).to_owned(), figures.rate()));
        }
        groups.push((scenario.name.to_owned(), bars));
    }
    if let Some(folder) = svg {
        let title = "Requests per second, client and receiver on the same two cores".to_owned();
        Bars { title, groups }.write(&folder.join("end-to-end.svg")).unwrap();
    }
}

fn measure(clients: &tokio::runtime::Runtime, scenario: &Scenario, signed: &Signed) -> Vec<Figures> {
    let key = signed.key.public_key_base64();
    let mut receivers = RECEIVERS.map(|which| Receiver::start(which, &key));
    let mut figures = vec![Figures::default(); RECEIVERS.len()];
    // The first turn is not counted: it warms up.
    for turn in 0..=TURNS {
        for (which, (receiver, figures)) in RECEIVERS.iter().zip(receivers.iter_mut().zip(&mut figures)) {
            let (cpu, octets, start) = (receiver.cpu(), receiver.octets_read(), Instant::now());
            let expected = if *which == "no verification" { 204 } else { scenario.status };
            let cut_off = clients.block_on(send(receiver.address, scenario, expected));
            if turn > 0 {
                figures.cut_off += cut_off;
                figures.seconds += start.elapsed().as_secs_f64();
                figures.requests += scenario.turn;
                figures.cpu += receiver.cpu() - cpu;
                figures.octets += receiver.octets_read() - octets;
                figures.peak = receiver.peak();
            }
        }
    }
    figures
}

const TURNS: usize = 5;

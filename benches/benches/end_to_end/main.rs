//! The axum receiver with the layer, and three without it, as processes on loopback: rate, CPU, octets read and memory
//! for genuine, forged and malformed requests. They take turns, all in one run, on one core, and the clients are on another:
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

use untis_webhook_benches::{Bars, Bounds, Signed};

use crate::client::send;
use crate::process::{Receiver, stay_on_the_clients_core};
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

    fn cpu_per_request(&self) -> f64 {
        self.cpu / self.requests as f64
    }
}

fn compare(svg: Option<PathBuf>) {
    stay_on_the_clients_core();
    let signed = Signed::by(2048, 65537);
    let is_fast = signed.key.verifying_key().is_fast();
    println!("The layer's arithmetic: {}", if is_fast { "AVX-512 IFMA" } else { "portable" });
    let clients = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (mut groups, mut bounds) = (Vec::new(), Bounds::default());
    for scenario in scenarios(&signed) {
        println!("\n{}, with a head of {} octets", scenario.name, scenario.head);
        println!(
            "| receiver | requests/s | CPU us per request | to aws-lc-rs | octets read per request | cut off | peak MiB |"
        );
        println!("|---|---|---|---|---|---|---|");
        let figures = measure(&clients, &scenario, &signed);
        let aws_lc = figures[1].cpu_per_request();
        let mut bars = Vec::new();
        for (name, figures) in RECEIVERS.iter().zip(&figures) {
            println!(
                "| {name} | {:.0} | {:.1} | {:.2} | {:.0} | {:.1} % | {:.1} |",
                figures.rate(),
                figures.cpu_per_request() * 1e6,
                figures.cpu_per_request() / aws_lc,
                figures.octets as f64 / figures.requests as f64,
                figures.cut_off as f64 / figures.requests as f64 * 100.0,
                figures.peak as f64 / 1024.0
            );
            bars.push(((*name).to_owned(), figures.cpu_per_request() * 1e6));
        }
        if let Some((_, bound)) = BOUNDS.iter().find(|(name, _)| is_fast && *name == scenario.name) {
            let ratio = figures[0].cpu_per_request() / aws_lc;
            println!("CPU of the layer to aws-lc-rs: {ratio:.2}, bound {bound}");
            bounds.hold(ratio <= *bound, scenario.name);
        }
        groups.push((scenario.name.to_owned(), bars));
    }
    if let Some(folder) = svg {
        let title = "Microseconds of CPU per request, axum".to_owned();
        Bars { title, groups }.write(&folder.join("end-to-end.svg")).unwrap();
    }
    bounds.end();
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

/// The most CPU that the layer may take, to the receiver with aws-lc-rs, where the processor has AVX-512 IFMA.
const BOUNDS: [(&str, f64); 3] =
    [("genuine, 600 octets", 0.9), ("forged, 600 octets", 0.6), ("forged, 60 kB", 0.8)];

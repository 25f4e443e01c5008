//! `untis-webhookd` that passes deliveries on beside nginx that passes on the same requests, both as processes on loopback in
//! front of the same application: CPU and memory. They take turns, all in one run, which needs Debian's nginx-light:
//! `cargo bench -p untis-webhook-benches --bench daemon`.
#![allow(
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a bench stops where it is surprised"
)]

#[path = "../end_to_end/client.rs"]
mod client;
mod process;
#[path = "../end_to_end/scenario.rs"]
mod scenario;

use tokio::runtime::{Builder, Runtime};
use untis_webhook_benches::{Bounds, Signed};

use crate::client::send;
use crate::process::{Server, application, daemon, proxy};
use crate::scenario::{Scenario, scenarios};

fn main() {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let application = application();
    let signed = Signed::by(2048, 65537);
    let key = signed.key.public_key_base64();
    let upstream = [("UNTIS_WEBHOOK_UPSTREAM", application.address.to_string())];
    let (daemon, nginx) = (daemon(&key, &upstream), proxy(application.address));

    let mut bounds = Bounds::default();
    println!("| request | CPU us of nginx | of untis-webhookd | ratio | bound |");
    println!("|---|---|---|---|---|");
    let [genuine, forged, ..] = &mut scenarios(&signed)[..] else { panic!("two scenarios") };
    for (scenario, bound) in [(genuine, 1.3), (forged, 0.7)] {
        scenario.turn = 10_000;
        let [ours, theirs] = compare(&runtime, scenario, [(&daemon, scenario.status), (&nginx, 204)]);
        let ratio = ours / theirs;
        let Scenario { name, head, .. } = scenario;
        println!("| {name}, a head of {head} | {theirs:.1} | {ours:.1} | {ratio:.2} | {bound} |");
        bounds.hold(ratio <= bound, scenario.name);
    }
    drop((daemon, nginx));
    memory(&runtime, &signed, &upstream, &mut bounds);
    bounds.end();
}

/// Microseconds of CPU for a request, of each.
fn compare(runtime: &Runtime, scenario: &Scenario, servers: [(&Server, u16); 2]) -> [f64; 2] {
    let mut seconds = [0.0; 2];
    // The first turn is not counted: it warms up.
    for turn in 0..=TURNS {
        for ((server, status), seconds) in servers.iter().zip(&mut seconds) {
            let before = server.cpu();
            assert_eq!(runtime.block_on(send(server.address, scenario, *status)), 0);
            if turn > 0 {
                *seconds += server.cpu() - before;
            }
        }
    }
    seconds.map(|seconds| seconds * 1e6 / (TURNS * scenario.turn) as f64)
}

/// What is resident before the first delivery, and after so many.
fn memory(runtime: &Runtime, signed: &Signed, upstream: &[(&'static str, String)], bounds: &mut Bounds) {
    println!("\n| mode | idle, MiB | after 10,000 | after 100,000 |");
    println!("|---|---|---|---|");
    let key = signed.key.public_key_base64();
    for (mode, environment) in [("[proxy]", upstream), ("[tenants], SQLite", &process::tenants())] {
        let server = daemon(&key, environment);
        let mut scenario = scenarios(signed).remove(0);
        let idle = server.resident();
        let mut after = |turn| {
            scenario.turn = turn;
            assert_eq!(runtime.block_on(send(server.address, &scenario, 204)), 0);
            server.resident()
        };
        let (first, last) = (after(10_000), after(90_000));
        println!("| {mode} | {idle:.1} | {first:.1} | {last:.1} |");
        bounds.hold(idle < 20.0, mode);
        bounds.hold(last < first + 4.0, mode);
    }
}

const TURNS: usize = 5;

//! The receivers behind the front ends that people have, each started as its operator would start it: with the file in
//! `deploy/front-ends/`. What is found is printed in `docs/guide/src/front-ends.md`, and the test fails if the page differs;
//! `FRONT_ENDS=write .ci/front-ends` writes it anew.
#![cfg(target_os = "linux")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where it is surprised"
)]

mod arrives;
mod broken;
mod client;
mod command;
mod front_end;
mod front_ends;
mod http2;
mod page;
mod recorder;
mod requests;
mod subrequest;

use std::time::Duration;

use untis_webhook_tests::behaviour::application;
use untis_webhook_tests::receiver::{Program, Receiver};

use self::command::{Keys, built};
use self::requests::ROWS;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the front ends: .ci/front-ends"]
async fn the_receivers_behind_every_front_end_are_as_the_page_says() {
    let keys = Keys::new();
    let axum = receiver("axum-receiver", &[], vec![], &keys).await;
    let upstream = ("UNTIS_WEBHOOK_UPSTREAM", application().await.to_string());
    let admin = ("UNTIS_WEBHOOK_ADMIN_LISTEN", "127.0.0.1:0".to_owned());
    let daemon = receiver("untis-webhookd", &["serve"], vec![upstream, admin], &keys).await;

    let answers = requests::answers(axum.address).await;
    let of_the_daemon = requests::answers(daemon.address).await;
    for (row, (axum, daemon)) in ROWS.iter().zip(answers.iter().zip(&of_the_daemon)) {
        assert_eq!(axum, daemon, "{}: by axum-receiver, and by untis-webhookd", row.name);
    }
    let arriving = arrives::all().await;
    let broken = broken::all(&keys, axum.address).await;
    let subrequests = subrequest::all(&keys, axum.address).await;
    page::check(&page::print(&answers, &arriving, &broken, &subrequests));
}

/// One that trusts the platform of the tests.
async fn receiver(
    name: &'static str,
    args: &'static [&'static str],
    env: Vec<(&'static str, String)>,
    keys: &Keys,
) -> Receiver {
    let path = Box::leak(built(name).to_str().unwrap().to_owned().into_boxed_str());
    Receiver::start_with_log(&Program { name, path, args, env }, &keys.configuration(), "info").await
}

/// Nothing here takes this long, so what does has failed.
const SOON: Duration = Duration::from_secs(60);

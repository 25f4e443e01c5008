//! One behaviour over four stacks: every row of the table, sent to every stack as a real server, over
//! HTTP/1.1 in raw bytes and over HTTP/2 by a client.
//!
//! The table is printed in `docs/behaviour.md`. `BEHAVIOUR=write cargo test --test behaviour` writes the page
//! anew.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where it is surprised"
)]

mod exchange;
mod held;
mod http1;
mod http2;
mod page;
mod stack;
mod table;

use std::net::SocketAddr;
use std::time::Duration;

use exchange::{Exchange, Outcome};
use stack::Stack;
use table::{ROWS, Row};

#[tokio::test]
async fn every_stack_answers_every_row_alike_over_http_1() {
    check(|row| row.http1, http1::run).await;
}

#[tokio::test]
async fn every_stack_answers_every_row_alike_over_http_2() {
    check(|row| row.http2, http2::run).await;
}

/// Sends every row that has an outcome to every stack, and tells of all that are wrong.
async fn check(expected: fn(&Row) -> &str, run: impl AsyncFn(SocketAddr, &Exchange) -> Outcome) {
    let stacks = Stack::start_all().await;
    let mut wrong = Vec::new();
    for row in ROWS.iter().filter(|row| !expected(row).is_empty()) {
        for stack in &stacks {
            for exchange in (row.exchanges)() {
                let outcome = run(stack.address, &exchange).await.to_string();
                if outcome != expected(row) {
                    wrong.push(format!(
                        "{}, {}: {outcome}, expected {}",
                        row.name,
                        stack.name,
                        expected(row)
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// The clock is paused, and goes on by itself when nobody has anything to do but to wait for it.
#[tokio::test(start_paused = true)]
async fn every_stack_ends_a_body_that_does_not_come_within_its_deadline() {
    for stack in &Stack::start_all().await {
        let start = tokio::time::Instant::now();
        assert_eq!(
            http1::run(stack.address, &exchange::stalled()).await.to_string(),
            "408, closed",
            "{}",
            stack.name
        );
        assert_eq!(start.elapsed().as_secs(), 10, "{}", stack.name);
    }
}

#[tokio::test(start_paused = true)]
async fn every_stack_ends_a_body_that_trickles_past_its_deadline() {
    for stack in &Stack::start_all().await {
        let start = tokio::time::Instant::now();
        let outcome = http1::trickled(stack.address, Duration::from_secs(1)).await;
        assert_eq!(outcome.to_string(), "408, closed", "{}", stack.name);
        assert_eq!(start.elapsed().as_secs(), 10, "{}", stack.name);
    }
}

#[tokio::test(start_paused = true)]
async fn every_stack_ends_a_connection_however_a_stranger_keeps_it() {
    for stack in &Stack::start_all().await {
        for way in held::ways() {
            let seconds = held::held(stack.address, &way).await.as_secs();
            assert!(way.seconds.contains(&seconds), "{}, {}: {seconds} s", stack.name, way.name);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_stack_ends_a_connection_whose_answers_are_not_read() {
    for stack in &Stack::start_all().await {
        let seconds = held::unread(stack.address).await.as_secs();
        assert!(seconds <= 13, "{}: {seconds} s", stack.name);
    }
}

#[tokio::test]
async fn every_stack_goes_on_after_a_disconnect() {
    for stack in &Stack::start_all().await {
        for _ in 0..10 {
            http1::disconnected(stack.address).await;
        }
        assert_eq!(
            http1::run(stack.address, &exchange::genuine()).await.to_string(),
            "204, kept",
            "{}",
            stack.name
        );
    }
}

#[tokio::test]
async fn every_stack_refuses_one_forged_stream_among_many() {
    for stack in &Stack::start_all().await {
        let statuses = http2::concurrent(stack.address, 100, 42).await;
        for (stream, status) in statuses.into_iter().enumerate() {
            assert_eq!(status, if stream == 42 { 401 } else { 204 }, "{}, stream {stream}", stack.name);
        }
    }
}

#[tokio::test]
async fn every_stack_answers_pipelined_requests_in_their_order() {
    for stack in &Stack::start_all().await {
        assert_eq!(http1::pipelined(stack.address).await, [204, 401, 204, 401, 204], "{}", stack.name);
    }
}

#[test]
fn the_page_is_the_table() {
    page::check(&page::print(ROWS));
}

//! One behaviour, whatever a receiver is built with: every row of the table, sent to a real server, over HTTP/1.1 in raw bytes
//! and over HTTP/2 by a client ([`behaviour_tests!`](crate::behaviour_tests)); and what a reverse proxy makes of an application
//! that does not answer as it should ([`upstream_tests!`](crate::upstream_tests)).
//!
//! The tables are printed in `docs/guide/src/behaviour.md`. `BEHAVIOUR=write cargo test --test behaviour` writes the page anew.

mod exchange;
mod held;
mod http1;
mod http2;
mod page;
mod table;
mod upstream;

use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::Instant;

use self::exchange::{Exchange, Outcome};
use self::table::{ROWS, Row};
pub use self::upstream::{
    answers_for_every_application, answers_for_every_late_application, application, closing_application,
};

/// A receiver at work, until the runtime ends.
#[derive(Clone, Debug)]
pub struct Stack {
    /// What it is built with.
    pub name: &'static str,
    /// Where it listens.
    pub address: SocketAddr,
}

/// The tests of receivers: an `async fn` that starts one or several, each a [`Stack`], which trust
/// [`PLATFORM`](crate::platform::PLATFORM).
#[macro_export]
macro_rules! behaviour_tests {
    ($start:path) => {
        use $crate::behaviour;

        #[tokio::test]
        async fn every_stack_answers_every_row_alike_over_http_1() {
            behaviour::answers_every_row_over_http_1(&$start().await).await;
        }

        #[tokio::test]
        async fn every_stack_answers_every_row_alike_over_http_2() {
            behaviour::answers_every_row_over_http_2(&$start().await).await;
        }

        /// The clock is paused, and goes on by itself when nobody has anything to do but to wait for it.
        #[tokio::test(start_paused = true)]
        async fn every_stack_ends_a_body_that_does_not_come_within_its_deadline() {
            behaviour::ends_a_body_that_does_not_come(&$start().await).await;
        }

        #[tokio::test(start_paused = true)]
        async fn every_stack_ends_a_body_that_trickles_past_its_deadline() {
            behaviour::ends_a_body_that_trickles(&$start().await).await;
        }

        #[tokio::test(start_paused = true)]
        async fn every_stack_ends_a_connection_however_a_stranger_keeps_it() {
            behaviour::ends_a_connection_however_it_is_kept(&$start().await).await;
        }

        #[tokio::test(start_paused = true)]
        async fn every_stack_ends_a_connection_whose_answers_are_not_read() {
            behaviour::ends_a_connection_whose_answers_are_not_read(&$start().await).await;
        }

        #[tokio::test]
        async fn every_stack_goes_on_after_a_disconnect() {
            behaviour::goes_on_after_a_disconnect(&$start().await).await;
        }

        #[tokio::test]
        async fn every_stack_refuses_one_forged_stream_among_many() {
            behaviour::refuses_one_forged_stream_among_many(&$start().await).await;
        }

        #[tokio::test]
        async fn every_stack_answers_pipelined_requests_in_their_order() {
            behaviour::answers_pipelined_requests_in_their_order(&$start().await).await;
        }
    };
}

/// Every row, in raw bytes.
pub async fn answers_every_row_over_http_1(stacks: &[Stack]) {
    check(stacks, |row| row.http1, http1::run).await;
}

/// Every row that HTTP/2 has.
pub async fn answers_every_row_over_http_2(stacks: &[Stack]) {
    check(stacks, |row| row.http2, http2::run).await;
}

/// Sends every row that has an outcome to every stack, and tells of all that are wrong.
async fn check(
    stacks: &[Stack],
    expected: fn(&Row) -> &str,
    run: impl AsyncFn(SocketAddr, &Exchange) -> Outcome,
) {
    let mut wrong = Vec::new();
    for row in ROWS.iter().filter(|row| !expected(row).is_empty()) {
        for stack in stacks {
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

/// By a paused clock.
pub async fn ends_a_body_that_does_not_come(stacks: &[Stack]) {
    for stack in stacks {
        let start = Instant::now();
        let outcome = http1::run(stack.address, &exchange::stalled()).await;
        assert_eq!(outcome.to_string(), "408, closed", "{}", stack.name);
        assert_eq!(start.elapsed().as_secs(), 10, "{}", stack.name);
    }
}

/// By a paused clock.
pub async fn ends_a_body_that_trickles(stacks: &[Stack]) {
    for stack in stacks {
        let start = Instant::now();
        let outcome = http1::trickled(stack.address, Duration::from_secs(1)).await;
        assert_eq!(outcome.to_string(), "408, closed", "{}", stack.name);
        assert_eq!(start.elapsed().as_secs(), 10, "{}", stack.name);
    }
}

/// By a paused clock.
pub async fn ends_a_connection_however_it_is_kept(stacks: &[Stack]) {
    for stack in stacks {
        for way in held::ways() {
            let seconds = held::held(stack.address, &way).await.as_secs();
            assert!(way.seconds.contains(&seconds), "{}, {}: {seconds} s", stack.name, way.name);
        }
    }
}

/// By a paused clock.
pub async fn ends_a_connection_whose_answers_are_not_read(stacks: &[Stack]) {
    for stack in stacks {
        let seconds = held::unread(stack.address).await.as_secs();
        assert!(seconds <= 13, "{}: {seconds} s", stack.name);
    }
}

/// Of those whose sender is gone in the middle of a body nothing is left.
pub async fn goes_on_after_a_disconnect(stacks: &[Stack]) {
    for stack in stacks {
        for _ in 0..10 {
            http1::disconnected(stack.address).await;
        }
        let outcome = http1::run(stack.address, &exchange::genuine()).await;
        assert_eq!(outcome.to_string(), "204, kept", "{}", stack.name);
    }
}

/// A hundred on one connection.
pub async fn refuses_one_forged_stream_among_many(stacks: &[Stack]) {
    for stack in stacks {
        let statuses = http2::concurrent(stack.address, 100, 42).await;
        for (stream, status) in statuses.into_iter().enumerate() {
            assert_eq!(status, if stream == 42 { 401 } else { 204 }, "{}, stream {stream}", stack.name);
        }
    }
}

/// Genuine and forged ones by turns.
pub async fn answers_pipelined_requests_in_their_order(stacks: &[Stack]) {
    for stack in stacks {
        assert_eq!(http1::pipelined(stack.address).await, [204, 401, 204, 401, 204], "{}", stack.name);
    }
}

/// `docs/guide/src/behaviour.md` is what is tested.
pub fn check_the_page() {
    page::check(&page::print(ROWS, upstream::ROWS));
}

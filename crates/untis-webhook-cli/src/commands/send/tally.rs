use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use hdrhistogram::Histogram;
use http::{Request, StatusCode};
use indicatif::ProgressBar;
use serde_json::json;

use crate::args::Send;
use crate::client::Client;
use crate::output::{self, Lines};

/// What came of many deliveries.
pub(super) struct Tally {
    answers: BTreeMap<StatusCode, u64>,
    /// Why there was no answer, and how often.
    no_answers: BTreeMap<String, u64>,
    latency: Histogram<u64>,
    elapsed: Duration,
}

impl Tally {
    /// Sends the request as often as it is asked for.
    pub(super) fn of(client: &Client, request: &Request<Bytes>, args: &Send) -> Result<Self> {
        let progress = if args.json { ProgressBar::hidden() } else { ProgressBar::new(args.count) };
        let mut tally = Self {
            answers: BTreeMap::new(),
            no_answers: BTreeMap::new(),
            latency: Histogram::new_with_bounds(1, LONGEST, SIGNIFICANT_DIGITS)?,
            elapsed: Duration::ZERO,
        };
        let start = Instant::now();
        let taken = AtomicU64::new(0);
        thread::scope(|scope| {
            // Bounded, so that slow counting slows sending and memory stays flat.
            let (sender, receiver) = mpsc::sync_channel(1024);
            for _ in 0..u64::from(args.concurrency).min(args.count) {
                let (sender, taken) = (sender.clone(), &taken);
                let sending = move || {
                    while taken.fetch_add(1, Ordering::Relaxed) < args.count {
                        let start = Instant::now();
                        let answer = client.send(request.clone()).map(|answer| answer.status);
                        if sender.send((answer, start.elapsed())).is_err() {
                            return;
                        }
                    }
                };
                let thread = thread::Builder::new().spawn_scoped(scope, sending);
                thread.context("cannot send so many at once: choose a smaller --concurrency")?;
            }
            drop(sender);
            for (answer, latency) in receiver {
                *match answer {
                    Ok(status) => tally.answers.entry(status).or_default(),
                    Err(error) => tally.no_answers.entry(error.to_string()).or_default(),
                } += 1;
                tally.latency.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(u64::MAX));
                progress.inc(1);
            }
            anyhow::Ok(())
        })?;
        progress.finish_and_clear();
        tally.elapsed = start.elapsed();
        match tally.no_answers.keys().next() {
            Some(reason) if tally.answers.is_empty() => bail!("{reason}"),
            _ => Ok(tally),
        }
    }

    pub(super) fn all_taken(&self) -> bool {
        self.no_answers.is_empty() && self.answers.keys().all(StatusCode::is_success)
    }

    pub(super) fn print(&self, json: bool) -> Result<()> {
        let quantiles = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1.0)]
            .map(|(name, quantile)| (name, self.latency.value_at_quantile(quantile)));
        if json {
            let statuses = self.answers.iter().map(|(status, count)| (status.as_str(), *count));
            let lost = Some(("no answer", self.no_answers.values().sum())).filter(|(_, count)| *count > 0);
            return output::json(&json!({
                "answers": statuses.chain(lost).collect::<BTreeMap<_, u64>>(),
                "no_answers": self.no_answers,
                "latency_us": BTreeMap::from(quantiles),
                "seconds": self.elapsed.as_secs_f64(),
            }));
        }
        let mut lines = Lines::default();
        for (status, count) in &self.answers {
            lines.say(status.is_success(), status.as_str(), count);
        }
        for (reason, count) in &self.no_answers {
            lines.bad("no answer", format_args!("{count}: {reason}"));
        }
        let latency = quantiles.map(|(name, us)| format!("{name} {:?}", Duration::from_micros(us)));
        lines.good("latency", latency.join(", "));
        lines.good("elapsed", format_args!("{:.1?}", self.elapsed)).print()
    }
}

/// Microseconds in an hour: a latency beyond is counted as that.
const LONGEST: u64 = 3_600_000_000;

/// Of a latency.
const SIGNIFICANT_DIGITS: u8 = 3;

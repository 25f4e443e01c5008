use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use bytes::Bytes;
use hdrhistogram::Histogram;
use http::{Request, StatusCode};
use indicatif::ProgressBar;
use serde_json::json;
use untis_webhook::event::{CredentialsEventType, DeactivationEventType, ReasonType};
use untis_webhook_testkit::{Delivery, Forgery, Payload};
use ureq::Agent;

use crate::args::{Event, Forge, Send};
use crate::input::{read, signing_key};
use crate::output::{self, Lines, Verdict};

pub(crate) fn run(args: &Send) -> Result<Verdict> {
    let request = delivery(args)?.into_request(&uri(&args.to)?);
    let agent: Agent = Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(args.timeout)))
        .max_idle_connections_per_host(args.concurrency.into())
        .max_redirects(0)
        .build()
        .into();
    if args.count == 1 {
        return send_one(&agent, request, args);
    }
    let tally = send_many(&agent, &request, args)?;
    tally.print(args.json)?;
    Ok(if tally.all_taken() { Verdict::Done } else { Verdict::Refused })
}

fn delivery(args: &Send) -> Result<Delivery> {
    let key = signing_key(&args.signing.private)?;
    let body: Bytes = match (&args.event, &args.body) {
        (Some(event), _) => {
            let mut payload = payload(*event);
            for set in &args.set {
                let (field, value) =
                    set.split_once('=').with_context(|| format!("expected FIELD=VALUE, found {set:?}"))?;
                payload = payload.set(field, value);
            }
            args.without.iter().fold(payload, |payload, field| payload.without(field)).into()
        }
        (None, Some(file)) => read(file)?.into(),
        (None, None) => Bytes::new(),
    };
    let delivery = Delivery::sign_with(&key, args.signing.algorithm, body);
    Ok(match args.forge {
        Some(forge) => delivery.forge(forgery(forge)),
        None => delivery,
    })
}

fn payload(event: Event) -> Payload {
    match event {
        Event::Created => Payload::credentials(CredentialsEventType::Created),
        Event::Reactivated => Payload::credentials(CredentialsEventType::Reactivated),
        Event::Reset => Payload::credentials(CredentialsEventType::Reset),
        Event::CredentialsV1 => Payload::credentials_v1(),
        Event::Deactivation => {
            Payload::deactivation(DeactivationEventType::Deactivation, &ReasonType::NoReason)
        }
        Event::Deletion => Payload::deactivation(DeactivationEventType::Deletion, &ReasonType::NoReason),
        Event::OlderDeactivation => {
            Payload::older_deactivation(DeactivationEventType::Deactivation, &ReasonType::NoReason)
        }
        Event::OlderDeletion => {
            Payload::older_deactivation(DeactivationEventType::Deletion, &ReasonType::NoReason)
        }
    }
}

fn forgery(forge: Forge) -> Forgery {
    match forge {
        Forge::MissingAlgorithm => Forgery::MissingAlgorithm,
        Forge::MissingSignature => Forgery::MissingSignature,
        Forge::OtherAlgorithm => Forgery::OtherAlgorithm,
        Forge::OtherKey => Forgery::OtherKey,
        Forge::TamperedBody => Forgery::TamperedBody,
    }
}

/// The address, if it is one that can be sent to.
pub(crate) fn uri(to: &str) -> Result<String> {
    let uri: http::Uri =
        to.parse().with_context(|| format!("expected the address of a receiver, found {to:?}"))?;
    let known = matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some();
    known
        .then(|| to.to_owned())
        .with_context(|| format!("expected an address with http:// or https://, found {to:?}"))
}

fn send_one(agent: &Agent, request: Request<Bytes>, args: &Send) -> Result<Verdict> {
    let (parts, body) = request.into_parts();
    let request = Request::from_parts(parts, body.to_vec());
    let mut response = agent.run(request).with_context(|| format!("cannot send to {}", args.to))?;
    let status = response.status();
    let text = response.body_mut().read_to_string().unwrap_or_default();
    let taken = status.is_success();
    if args.json {
        output::json(&json!({ "status": status.as_u16(), "body": text }))?;
    } else {
        let mut lines = Lines::default();
        lines.say(taken, "answer", status);
        for line in text.lines() {
            lines.plain(line);
        }
        lines.print()?;
    }
    Ok(if taken { Verdict::Done } else { Verdict::Refused })
}

/// What came of many deliveries.
struct Tally {
    answers: BTreeMap<Option<StatusCode>, u64>,
    latency: Histogram<u64>,
    elapsed: Duration,
}

fn send_many(agent: &Agent, request: &Request<Bytes>, args: &Send) -> Result<Tally> {
    let progress = if args.json { ProgressBar::hidden() } else { ProgressBar::new(args.count) };
    let latency = Histogram::new_with_bounds(1, LONGEST, SIGNIFICANT_DIGITS)?;
    let mut tally = Tally { answers: BTreeMap::new(), latency, elapsed: Duration::ZERO };
    let start = Instant::now();
    let taken = AtomicU64::new(0);
    thread::scope(|scope| {
        // Bounded, so that slow counting slows sending and memory stays flat.
        let (sender, receiver) = mpsc::sync_channel(1024);
        for _ in 0..args.concurrency {
            let (sender, taken) = (sender.clone(), &taken);
            scope.spawn(move || {
                while taken.fetch_add(1, Ordering::Relaxed) < args.count {
                    let start = Instant::now();
                    let request = request.clone().map(|body| body.to_vec());
                    let status = agent.run(request).ok().map(|mut response| {
                        // Read to its end, so that the connection can be used again.
                        let _ = response.body_mut().read_to_vec();
                        response.status()
                    });
                    if sender.send((status, start.elapsed())).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for (status, latency) in receiver {
            *tally.answers.entry(status).or_default() += 1;
            tally.latency.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(u64::MAX));
            progress.inc(1);
        }
    });
    progress.finish_and_clear();
    tally.elapsed = start.elapsed();
    Ok(tally)
}

impl Tally {
    fn all_taken(&self) -> bool {
        self.answers.keys().all(|status| status.is_some_and(|status| status.is_success()))
    }

    fn print(&self, json: bool) -> Result<()> {
        let quantiles = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1.0)]
            .map(|(name, quantile)| (name, self.latency.value_at_quantile(quantile)));
        let name = |status: &Option<StatusCode>| {
            status.map_or("no answer".to_owned(), |status| status.as_str().to_owned())
        };
        if json {
            let answers: BTreeMap<_, _> =
                self.answers.iter().map(|(status, count)| (name(status), count)).collect();
            let latency: BTreeMap<_, _> = quantiles.into();
            let seconds = self.elapsed.as_secs_f64();
            return output::json(&json!({ "answers": answers, "latency_us": latency, "seconds": seconds }));
        }
        let mut lines = Lines::default();
        for (status, count) in &self.answers {
            lines.say(status.is_some_and(|status| status.is_success()), &name(status), count);
        }
        let latency: Vec<_> =
            quantiles.iter().map(|(name, us)| format!("{name} {:?}", Duration::from_micros(*us))).collect();
        lines
            .good("latency", latency.join(", "))
            .good("elapsed", format_args!("{:.1?}", self.elapsed))
            .print()
    }
}

/// Microseconds in an hour: a latency beyond is counted as that.
const LONGEST: u64 = 3_600_000_000;

/// Of a latency.
const SIGNIFICANT_DIGITS: u8 = 3;

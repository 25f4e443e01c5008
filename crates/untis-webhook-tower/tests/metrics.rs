//! What a recorder hears of requests, with the feature `metrics`.
#![allow(clippy::unwrap_used, reason = "a test stops where it is surprised")]

use std::collections::BTreeMap;
use std::future::{pending, ready};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::Empty;
use metrics::with_local_recorder;
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::time::timeout;
use tower::{ServiceExt, service_fn};
use tower_layer::Layer;
use untis_webhook_testkit::{Delivery, SigningKey};
use untis_webhook_tower::{KeySet, Rejection, VerifiedBody, Verifier, VerifyLayer};

const BODY: &str = r#"{"tenantId":"12345","eventType":"DELETION"}"#;

/// What comes of a body.
enum Sent {
    /// These octets, and its end once they are taken.
    Whole(Bytes),
    /// The peer disconnects.
    Broken,
    /// Nothing, ever.
    Stalled,
}

impl Body for Sent {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match &mut *self {
            Self::Whole(octets) if octets.is_empty() => Poll::Ready(None),
            Self::Whole(octets) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(octets))))),
            Self::Broken => Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into()))),
            Self::Stalled => Poll::Pending,
        }
    }
}

fn genuine() -> Request<Sent> {
    Delivery::sign(SigningKey::shared(), BODY).into_request("/webhook").map(Sent::Whole)
}

fn layer() -> VerifyLayer {
    let keys = KeySet::new([("2026", SigningKey::shared().verifying_key())]).unwrap();
    VerifyLayer::new(Verifier::new(keys)).body_limit(BODY.len())
}

type Answer = Result<Response<Empty<Bytes>>, io::Error>;

fn with(status: StatusCode) -> Answer {
    let mut response = Response::default();
    *response.status_mut() = status;
    Ok(response)
}

/// Takes whatever is verified.
async fn handled(_: Request<VerifiedBody>) -> Answer {
    with(StatusCode::NO_CONTENT)
}

/// What a recorder has heard, in the text format of Prometheus.
fn rendered<F: Future<Output = ()>>(what: impl FnOnce() -> F) -> String {
    let recorder = PrometheusBuilder::new().set_buckets(&[1.0]).unwrap().build_recorder();
    with_local_recorder(&recorder, || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.unwrap().block_on(what());
    });
    recorder.handle().render()
}

/// The same: names with labels, and their values.
fn heard<F: Future<Output = ()>>(what: impl FnOnce() -> F) -> BTreeMap<String, f64> {
    let rendered = rendered(what);
    let values = rendered.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let values = values.map(|line| line.rsplit_once(' ').unwrap());
    values.map(|(name, value)| (name.to_owned(), value.parse().unwrap())).collect()
}

/// The requests that were counted, by their labels.
fn deliveries(heard: &BTreeMap<String, f64>) -> Vec<(&str, f64)> {
    let name = "untis_webhook_deliveries_total";
    heard.iter().filter_map(|(series, value)| Some((series.strip_prefix(name)?, *value))).collect()
}

fn verdicts(heard: &BTreeMap<String, f64>, verdict: &str) -> Option<f64> {
    heard.get(&format!(r#"untis_webhook_verification_seconds_count{{verdict="{verdict}"}}"#)).copied()
}

fn last_verified(heard: &BTreeMap<String, f64>) -> Option<f64> {
    heard.get(r#"untis_webhook_last_verified_timestamp_seconds{key="2026"}"#).copied()
}

#[test]
fn a_delivery_that_is_taken_is_counted_by_its_key_with_when_and_how_fast() {
    let heard = heard(|| async {
        let service = layer().layer(service_fn(handled));
        for _ in 0..2 {
            service.clone().oneshot(genuine()).await.unwrap();
        }
    });
    assert_eq!(deliveries(&heard), [(r#"{outcome="accepted",reason="",key="2026"}"#, 2.0)]);
    assert_eq!((verdicts(&heard, "verified"), verdicts(&heard, "refused")), (Some(2.0), None));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    assert!((now - last_verified(&heard).unwrap()).abs() < 60.0, "{heard:?}");
}

/// What is wrong with a request.
type Fault = (Rejection, fn(&mut Request<Sent>));

const FAULTS: [Fault; 9] = [
    (Rejection::BodyIncomplete, |request| *request.body_mut() = Sent::Broken),
    (Rejection::BodyTimeout, |request| *request.body_mut() = Sent::Stalled),
    (Rejection::BodyTooLarge, |request| {
        request.headers_mut().insert("content-length", (BODY.len() + 1).into());
    }),
    (Rejection::DigestMismatch, |request| *request.body_mut() = Sent::Whole("{}".into())),
    (Rejection::MalformedSignature, |request| change(request.headers_mut(), "authorization", "Bearer x")),
    (Rejection::MissingHeader, |request| drop(request.headers_mut().remove("algorithm"))),
    (Rejection::RepeatedHeader, |request| {
        request.headers_mut().append("algorithm", "SHA256withRSA".parse().unwrap());
    }),
    (Rejection::UnsupportedAlgorithm, |request| change(request.headers_mut(), "algorithm", "SHA1withRSA")),
    (Rejection::UntrustedSignature, |request| change(request.headers_mut(), "algorithm", "SHA512withRSA")),
];

fn change(headers: &mut HeaderMap, name: &'static str, value: &str) {
    headers.insert(name, value.parse().unwrap());
}

#[test]
fn a_request_that_is_refused_is_counted_once_by_its_reason_and_with_no_name_of_a_key() {
    for (rejection, inflict) in FAULTS {
        let heard = heard(|| async {
            let mut request = genuine();
            inflict(&mut request);
            let response = layer().layer(service_fn(handled)).oneshot(request).await.unwrap();
            assert_eq!(response.extensions().get(), Some(&rejection));
        });
        let labels = format!(r#"{{outcome="refused",reason="{rejection:?}",key=""}}"#);
        assert_eq!(deliveries(&heard), [(labels.as_str(), 1.0)]);
        assert_eq!((verdicts(&heard, "verified"), verdicts(&heard, "refused")), (None, Some(1.0)));
        assert_eq!(last_verified(&heard), None);
    }
}

#[test]
fn what_was_verified_and_not_taken_is_counted_once_by_why_also_when_nobody_waits_for_the_answer() {
    type Handler = fn() -> Pin<Box<dyn Future<Output = Answer>>>;
    let handlers: [(&str, Handler); 3] = [
        ("NotTaken", || Box::pin(ready(with(StatusCode::SERVICE_UNAVAILABLE)))),
        ("Failed", || Box::pin(ready(Err(io::ErrorKind::Other.into())))),
        ("Dropped", || Box::pin(pending())),
    ];
    for (reason, handler) in handlers {
        let heard = heard(|| async {
            let service = layer().layer(service_fn(move |_: Request<VerifiedBody>| handler()));
            let waited = timeout(A_SECOND, service.oneshot(genuine())).await;
            assert_eq!(waited.is_err(), reason == "Dropped");
        });
        let labels = format!(r#"{{outcome="not_taken",reason="{reason}",key="2026"}}"#);
        assert_eq!(deliveries(&heard), [(labels.as_str(), 1.0)]);
        assert_eq!(verdicts(&heard, "verified"), Some(1.0));
    }
}

#[test]
fn who_hangs_up_before_the_verdict_is_not_counted() {
    let heard = heard(|| async {
        let request = genuine().map(|_| Sent::Stalled);
        assert!(timeout(A_SECOND, layer().layer(service_fn(handled)).oneshot(request)).await.is_err());
    });
    assert_eq!(heard, BTreeMap::new());
}

#[test]
fn the_recorder_that_is_there_when_a_layer_is_made_hears_what_each_is() {
    let rendered = rendered(|| async {
        layer().layer(service_fn(handled)).oneshot(genuine()).await.unwrap();
    });
    assert_eq!(rendered.matches("# HELP untis_webhook_").count(), 3, "{rendered}");
}

/// Less than a body has, by the runtime's clock, which waits for nothing.
const A_SECOND: Duration = Duration::from_secs(1);

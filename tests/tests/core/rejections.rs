//! One row for each reason to reject: a genuine request with that one fault is rejected for that reason, and
//! without the fault it is accepted.
#![allow(clippy::unwrap_used, reason = "a test stops where it is surprised")]

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http::header::WWW_AUTHENTICATE;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use tower::{ServiceExt, service_fn};
use tower_layer::Layer;
use untis_webhook::{Algorithm, Rejection};
use untis_webhook_testkit::Delivery;
use untis_webhook_tests::bodies::{Frames, Stalled};
use untis_webhook_tests::platform::{self, BODY, STRANGER, verifier};
use untis_webhook_tower::{VerifiedBody, VerifyLayer};

type Body = UnsyncBoxBody<Bytes, std::io::Error>;

fn accepted() -> Request<Body> {
    platform::genuine(boxed(Frames::of([BODY])))
}

fn boxed(body: impl http_body::Body<Data = Bytes, Error = std::io::Error> + Send + 'static) -> Body {
    UnsyncBoxBody::new(body)
}

/// What the layer answers, with the handler's 204 for what it lets through.
async fn answer(request: Request<Body>) -> Response<Full<Bytes>> {
    let layer = VerifyLayer::new(verifier()).body_limit(BODY.len()).body_deadline(Duration::from_secs(10));
    let handler = service_fn(async |request: Request<VerifiedBody>| {
        assert_eq!(request.body().verified()[..], *BODY.as_bytes(), "an unsigned body was let through");
        let mut response = Response::default();
        *response.status_mut() = StatusCode::NO_CONTENT;
        Ok::<_, Infallible>(response)
    });
    layer.layer(handler).oneshot(request).await.unwrap()
}

struct Row {
    reason: Rejection,
    status: u16,
    fault: &'static str,
    inflict: fn(&mut Request<Body>),
}

const fn row(reason: Rejection, status: u16, fault: &'static str, inflict: fn(&mut Request<Body>)) -> Row {
    Row { reason, status, fault, inflict }
}

fn set(request: &mut Request<Body>, name: &'static str, value: &str) {
    request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
}

fn repeat(request: &mut Request<Body>, name: &'static str) {
    let value = request.headers().get(name).unwrap().clone();
    request.headers_mut().append(name, value);
}

fn authorization(request: &Request<Body>) -> String {
    request.headers().get("authorization").unwrap().to_str().unwrap().to_owned()
}

static ROWS: &[Row] = &[
    row(Rejection::MissingHeader, 401, "no signature", |r| drop(r.headers_mut().remove("authorization"))),
    row(Rejection::MissingHeader, 401, "no algorithm", |r| drop(r.headers_mut().remove("algorithm"))),
    row(Rejection::RepeatedHeader, 401, "two signatures", |r| repeat(r, "authorization")),
    row(Rejection::RepeatedHeader, 401, "two algorithms", |r| repeat(r, "algorithm")),
    row(Rejection::UnsupportedAlgorithm, 401, "SHA-1", |r| set(r, "algorithm", "SHA1withRSA")),
    row(Rejection::UnsupportedAlgorithm, 401, "no hash", |r| set(r, "algorithm", "NONEwithRSA")),
    row(Rejection::UnsupportedAlgorithm, 401, "an empty algorithm", |r| set(r, "algorithm", "")),
    row(Rejection::MalformedSignature, 401, "an empty signature", |r| set(r, "authorization", "")),
    row(Rejection::MalformedSignature, 401, "a scheme word", |r| {
        set(r, "authorization", &format!("Bearer {}", authorization(r)));
    }),
    row(Rejection::MalformedSignature, 401, "no padding", |r| {
        set(r, "authorization", authorization(r).trim_end_matches('='));
    }),
    row(Rejection::UntrustedSignature, 401, "another key", |r| {
        *r.headers_mut() = Delivery::sign(&STRANGER, BODY).headers();
    }),
    row(Rejection::UntrustedSignature, 401, "another algorithm claimed", |r| {
        set(r, "algorithm", "SHA512withRSA")
    }),
    row(Rejection::UntrustedSignature, 401, "no signature at all, of the right length", |r| {
        *r.headers_mut() = Delivery::from_signature(Algorithm::Sha256WithRsa, [7; 256], BODY).headers();
    }),
    row(Rejection::DigestMismatch, 401, "one byte changed", |r| {
        *r.body_mut() = boxed(Frames::of([BODY.replace('1', "2")]));
    }),
    row(Rejection::DigestMismatch, 401, "one byte short", |r| {
        *r.body_mut() = boxed(Frames::of([&BODY[1..]]))
    }),
    row(Rejection::DigestMismatch, 401, "no body", |r| *r.body_mut() = boxed(Frames::of([""; 0]))),
    row(Rejection::BodyTooLarge, 413, "one byte too many", |r| {
        *r.body_mut() = boxed(Frames::of([BODY, " "]));
    }),
    row(Rejection::BodyTooLarge, 413, "one byte too many declared", |r| {
        set(r, "content-length", &(BODY.len() + 1).to_string());
    }),
    row(Rejection::BodyTooLarge, 413, "a length declared that is no usize", |r| {
        set(r, "content-length", "18446744073709551615");
    }),
    row(Rejection::BodyIncomplete, 400, "the connection lost", |r| {
        *r.body_mut() = boxed(Frames::of([&BODY[..9]]).then_disconnect());
    }),
    row(Rejection::BodyIncomplete, 400, "the connection lost after the last byte", |r| {
        *r.body_mut() = boxed(Frames::of([BODY]).then_disconnect());
    }),
    row(Rejection::BodyTimeout, 408, "a body that does not come", |r| *r.body_mut() = boxed(Stalled)),
];

#[tokio::test(start_paused = true)]
async fn a_request_is_rejected_for_the_one_fault_it_has() {
    for Row { reason, status, fault, inflict } in ROWS {
        let mut request = accepted();
        inflict(&mut request);
        let response = answer(request).await;
        assert_eq!(response.extensions().get(), Some(reason), "{fault}");
        assert_eq!(response.status(), *status, "{fault}");
        assert_eq!(response.status(), reason.status(), "{fault}");
        let challenge = response.headers().get(WWW_AUTHENTICATE).map(HeaderValue::as_bytes);
        assert_eq!(challenge, (*status == 401).then_some(&b"Untis-Signature"[..]), "{fault}");
        assert!(
            response.into_body().collect().await.unwrap().to_bytes().is_empty(),
            "{fault}: the peer was told more"
        );
    }
}

#[tokio::test]
async fn without_the_fault_it_is_accepted() {
    let response = answer(accepted()).await;
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert_eq!(response.extensions().get::<Rejection>(), None);
    // Nor is it a fault to send the same in other frames, or to say how long it is.
    let mut request = accepted();
    set(&mut request, "content-length", &BODY.len().to_string());
    *request.body_mut() = boxed(Frames::one_byte_each(&Bytes::from(BODY)));
    assert_eq!(answer(request).await.status(), StatusCode::NO_CONTENT);
}

#[test]
fn every_reason_has_a_row() {
    let all = {
        use Rejection::*;
        [
            BodyIncomplete,
            BodyTimeout,
            BodyTooLarge,
            DigestMismatch,
            MalformedSignature,
            MissingHeader,
            RepeatedHeader,
            UnsupportedAlgorithm,
            UntrustedSignature,
        ]
    };
    for reason in all {
        assert!(ROWS.iter().any(|row| row.reason == reason), "{reason:?}");
        assert!(!reason.to_string().is_empty());
    }
}

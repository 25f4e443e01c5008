use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::{Body, Frame};
use tower::{ServiceExt, service_fn};
use tower_layer::Layer;
use untis_webhook::Rejection;
use untis_webhook_testkit::Delivery;
use untis_webhook_tower::{VerifiedBody, VerifyLayer};

use crate::platform::{PLATFORM, STRANGER, verifier};

/// What polling a body may bring.
#[derive(Debug)]
enum Step {
    /// Octets, in one chunk or in two.
    Data(Bytes, Bytes),
    Trailers,
    NotYet,
    Disconnect,
    Stall,
}

/// A body as a script of polls, and the request around it: the answer is what the script says, the handler is
/// called for a genuine one alone and with all of its octets, and of a forged one none is read.
///
/// The first octet says who signs and what length is declared, the second how far below or above the length
/// of the body the limit is. Then there are steps of an octet each; in one of data its upper bits are how much,
/// and the data is what follows.
pub fn layer(input: &[u8]) {
    let [how, margin, script @ ..] = input else { return };
    let steps = steps(script);
    let body: Vec<u8> = steps.iter().flat_map(Step::octets).collect();
    let limit = (body.len() + usize::from(*margin)).saturating_sub(8);
    let (signer, signed) = match how & 3 {
        0 => (&*STRANGER, body.clone()),
        1 => (&*PLATFORM, [&body[..], b"."].concat()),
        _ => (&*PLATFORM, body.clone()),
    };
    let declared = match how >> 2 & 3 {
        0 => None,
        1 => Some(u64::MAX),
        2 => Some(0),
        _ => u64::try_from(body.len()).ok(),
    };

    let is_forged = how & 3 == 0;
    let expected = match () {
        () if is_forged => Err(Rejection::UntrustedSignature),
        () if declared > u64::try_from(limit).ok() => Err(Rejection::BodyTooLarge),
        () => read(&steps, limit).and_then(|()| match signed == body {
            true => Ok(body),
            false => Err(Rejection::DigestMismatch),
        }),
    };

    let mut request =
        Delivery::sign(signer, signed).into_request("/").map(|_| Script { steps, is_unread: is_forged });
    if let Some(declared) = declared {
        request.headers_mut().insert(CONTENT_LENGTH, declared.into());
    }
    assert_eq!(answer(request, limit), expected);
}

fn steps(mut script: &[u8]) -> VecDeque<Step> {
    let mut steps = VecDeque::new();
    while let [step, rest @ ..] = script {
        script = rest;
        steps.push_back(match step & 7 {
            0..4 => {
                let (data, rest) = script.split_at(script.len().min(usize::from(step >> 3)));
                script = rest;
                // Of odd ones a part stands in a second chunk.
                let (first, second) = data.split_at(if step & 1 == 0 { data.len() } else { data.len() / 2 });
                Step::Data(Bytes::copy_from_slice(first), Bytes::copy_from_slice(second))
            }
            4 => Step::Trailers,
            5 => Step::NotYet,
            6 => Step::Disconnect,
            _ => Step::Stall,
        });
    }
    steps
}

impl Step {
    fn octets(&self) -> Vec<u8> {
        match self {
            Self::Data(first, second) => [&first[..], second].concat(),
            _ => Vec::new(),
        }
    }
}

/// What comes of reading the body.
fn read(steps: &VecDeque<Step>, limit: usize) -> Result<(), Rejection> {
    let mut len = 0;
    for step in steps {
        match step {
            Step::Data(first, second) => {
                len += first.len() + second.len();
                if len > limit {
                    return Err(Rejection::BodyTooLarge);
                }
            }
            Step::Trailers | Step::NotYet => {}
            Step::Disconnect => return Err(Rejection::BodyIncomplete),
            Step::Stall => return Err(Rejection::BodyTimeout),
        }
    }
    Ok(())
}

struct Script {
    steps: VecDeque<Step>,
    is_unread: bool,
}

impl Body for Script {
    type Data = bytes::buf::Chain<Bytes, Bytes>;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Self::Data>>>> {
        assert!(!self.is_unread, "the body of a forgery was read");
        Poll::Ready(match self.steps.pop_front() {
            Some(Step::Data(first, second)) => Some(Ok(Frame::data(first.chain(second)))),
            Some(Step::Trailers) => Some(Ok(Frame::trailers(HeaderMap::new()))),
            Some(Step::NotYet) => {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Some(Step::Disconnect) => Some(Err(io::ErrorKind::ConnectionReset.into())),
            Some(Step::Stall) => return Poll::Pending,
            None => None,
        })
    }
}

/// What the handler got, or why it was not called.
fn answer(request: Request<Script>, limit: usize) -> Result<Vec<u8>, Rejection> {
    let handler = service_fn(async |request: Request<VerifiedBody>| {
        Ok::<_, Infallible>(Response::new(request.into_body().into_verified().to_vec()))
    });
    let service = VerifyLayer::new(verifier()).body_limit(limit).layer(handler);
    // The clock goes on by itself when there is nothing else to do.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let response = runtime.expect("a runtime").block_on(service.oneshot(request)).expect("infallible");
    match response.extensions().get() {
        None => Ok(response.into_body()),
        Some(rejection) => {
            assert_ne!(response.status(), StatusCode::OK);
            Err(*rejection)
        }
    }
}

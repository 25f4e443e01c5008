//! The API by which a runtime asks Lambda for the next event and answers it
//! (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>), for one process.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

/// What the runtime makes of an event.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It is answered.
    Response(Value),
    /// It is an error.
    Error(Value),
}

pub(crate) struct RuntimeApi {
    pub(crate) address: SocketAddr,
    events: UnboundedSender<(String, Vec<u8>)>,
    outcomes: UnboundedReceiver<(String, Outcome)>,
    number: u32,
}

impl RuntimeApi {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (events, next) = unbounded_channel();
        let (done, outcomes) = unbounded_channel();
        let next = Arc::new(Mutex::new(next));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (next, done) = (next.clone(), done.clone());
                let service = service_fn(move |request| {
                    let (next, done) = (next.clone(), done.clone());
                    async move { Ok::<_, Infallible>(answer(request, &next, &done).await) }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { address, events, outcomes, number: 0 }
    }

    /// Hands the process an event, and waits for what becomes of it.
    pub(crate) async fn invoke(&mut self, event: impl ToString) -> Outcome {
        self.number += 1;
        let id = format!("8476a536-e9f4-11e8-9739-{:012}", self.number);
        self.events.send((id.clone(), event.to_string().into_bytes())).unwrap();
        let outcome = timeout(SOON, self.outcomes.recv()).await.expect("no outcome");
        let (of, outcome) = outcome.unwrap();
        assert_eq!(of, id, "an answer to another event");
        outcome
    }
}

async fn answer(
    request: Request<Incoming>,
    next: &Mutex<UnboundedReceiver<(String, Vec<u8>)>>,
    done: &UnboundedSender<(String, Outcome)>,
) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let segments: Vec<_> = head.uri.path().trim_start_matches('/').split('/').collect();
    let (id, outcome) = match (head.method, &segments[..]) {
        (Method::GET, ["2018-06-01", "runtime", "invocation", "next"]) => return event(next).await,
        (Method::POST, ["2018-06-01", "runtime", "invocation", id, "response"]) => {
            (*id, Outcome::Response(serde_json::from_slice(&body).unwrap()))
        }
        (Method::POST, ["2018-06-01", "runtime", "invocation", id, "error"]) => {
            (*id, Outcome::Error(serde_json::from_slice(&body).unwrap()))
        }
        (method, _) => panic!("{method} {} is not of the runtime API", head.uri),
    };
    done.send((id.to_owned(), outcome)).unwrap();
    let mut accepted = Response::default();
    *accepted.status_mut() = StatusCode::ACCEPTED;
    accepted
}

/// The next event, when there is one.
async fn event(next: &Mutex<UnboundedReceiver<(String, Vec<u8>)>>) -> Response<Full<Bytes>> {
    let Some((id, event)) = next.lock().await.recv().await else { std::future::pending().await };
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + Duration::from_secs(10);
    Response::builder()
        .header("lambda-runtime-aws-request-id", id)
        .header("lambda-runtime-deadline-ms", deadline.as_millis().to_string())
        .header(
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:us-east-2:123456789012:function:webhook",
        )
        .header(
            "lambda-runtime-trace-id",
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1",
        )
        .body(Full::new(event.into()))
        .unwrap()
}

/// Nothing here takes this long, so what does has failed.
const SOON: Duration = Duration::from_secs(30);

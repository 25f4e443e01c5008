mod arrival;
mod forward;
mod show;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Router};
use http_body_util::BodyExt;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Mutex as Turn;
use tokio::time::timeout;
use untis_webhook_axum::{HeaderNames, KeySet, Rejection, Verified, VerifiedBytes, Verifier, VerifyLayer};

use self::arrival::{Arrival, Arrivals};
use self::forward::Forward;
use self::show::{Answer, Show};
use crate::args::Listen;
use crate::commands::inspect::Report;
use crate::input::{Delivery, header_names, keys};
use crate::output::{self, Lines, Verdict};

pub(crate) fn run(args: &Listen) -> Result<Verdict> {
    let names = header_names(&args.headers)?;
    let forward = args.forward.as_deref().map(|to| Forward::new(to, names.clone()));
    let listener = Arc::new(Listener {
        keys: keys(&args.keys)?,
        names,
        forward: forward.transpose()?,
        show: Show { json: args.json, secrets: args.show_secrets },
        body_limit: usize::try_from(args.body_limit)?,
        arrivals: Arrivals::default(),
        turn: Arc::default(),
    });
    let verifier = Verifier::new(listener.keys.clone()).with_header_names(listener.names.clone());
    let layer = VerifyLayer::new(verifier)
        .body_limit(listener.body_limit)
        .body_deadline(Duration::from_secs(args.body_deadline));
    let app = Router::new()
        .fallback(take)
        .layer(layer)
        .layer(from_fn_with_state(Arc::clone(&listener), watch))
        .with_state(Arc::clone(&listener));

    tokio::runtime::Runtime::new()?.block_on(async {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, args.port));
        let socket = TcpListener::bind(address).await.with_context(|| {
            format!("cannot listen on {address}: choose another port with --port, or 0 for any that is free")
        })?;
        let address = socket.local_addr()?;
        if listener.forward.as_ref().is_some_and(|forward| forward.is_itself(address.port())) {
            bail!("--forward: expected the address of the application, found that of listen itself");
        }
        let url = format!("http://{address}");
        match args.json {
            true => output::json(&json!({ "listening": url }))?,
            false => Lines::default().good("listening", format_args!("on {url}")).print()?,
        }
        axum::serve(socket, app).await?;
        Ok(Verdict::Done)
    })
}

struct Listener {
    keys: KeySet,
    names: HeaderNames,
    forward: Option<Forward>,
    show: Show,
    body_limit: usize,
    arrivals: Arrivals,
    turn: Arc<Turn<()>>,
}

impl Listener {
    /// What can be said of a delivery. It may take a second: not on the threads that serve, and one at a time, also if whoever
    /// sent it no longer waits.
    async fn inspect(&self, delivery: Delivery) -> Result<Report> {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        let keys = self.keys.clone();
        let report = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            Report::new(&keys, &delivery)
        });
        Ok(report.await?)
    }
}

/// A delivery that the layer let through. It is answered as the receivers answer it, except that any path is taken: which one
/// is registered is the application's choice.
async fn take(
    State(listener): State<Arc<Listener>>,
    Extension(arrival): Extension<Arrival>,
    method: Method,
    headers: HeaderMap,
    VerifiedBytes(delivery): VerifiedBytes,
) -> StatusCode {
    let event = delivery.event();
    let answer = match (&listener.forward, &event) {
        _ if method != Method::POST => Answer::own(StatusCode::METHOD_NOT_ALLOWED),
        (Some(forward), _) => Answer::forwarded(forward.send(headers, delivery.clone().into_inner()).await),
        (None, Ok(_)) => Answer::own(StatusCode::NO_CONTENT),
        (None, Err(error)) => Answer::own(error.status()),
    };
    // The answer is the sender's, whoever has stopped reading the output.
    let _ = listener.show.verified(&arrival, &delivery, &event.map(Verified::into_inner), &answer);
    answer.status
}

/// Stands outside the layer, and tells of what it refuses. It sees the body that the layer reads, and no more of it.
async fn watch(State(listener): State<Arc<Listener>>, mut request: Request, next: Next) -> Response {
    let arrival = listener.arrivals.next(&request);
    request.extensions_mut().insert(arrival.clone());
    let line = Some((request.method().to_string(), request.uri().to_string()));
    let headers = request.headers().clone();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let request = {
        let (seen, limit) = (Arc::clone(&seen), listener.body_limit);
        request.map(|body| {
            Body::new(body.map_frame(move |frame| {
                if let (Some(data), Ok(mut seen)) = (frame.data_ref(), seen.lock()) {
                    let room = limit.saturating_sub(seen.len());
                    seen.extend(data.iter().take(room));
                }
                frame
            }))
        })
    };
    let response = next.run(request).await.into_response();
    if let Some(rejection) = response.extensions().get::<Rejection>() {
        // Only of a whole body can be said whether it is the one that was signed.
        let body = (*rejection == Rejection::DigestMismatch)
            .then(|| seen.lock().map(|seen| seen.clone()).unwrap_or_default());
        let delivery = Delivery { line, headers, body, names: listener.names.clone() };
        let (rejection, status) = (*rejection, response.status());
        let said = tokio::spawn(async move {
            if let Ok(report) = listener.inspect(delivery).await {
                let _ = listener.show.refused(&arrival, rejection, status, report);
            }
        });
        // What is said is mostly there before the answer, and the answer does not wait for more than that.
        let _ = timeout(EXPLANATION, said).await;
    }
    response
}

/// For what is said of a refusal to be there before its answer.
const EXPLANATION: Duration = Duration::from_secs(3);

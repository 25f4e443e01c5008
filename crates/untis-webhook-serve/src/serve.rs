use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use http_body::Body;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, interval_at, sleep, sleep_until};

use crate::connection::{Phase, drive};
use crate::limits;
use crate::lingering::Lingering;
use crate::progress::Progress;
use crate::refusals::Refusals;
use crate::{Listener, Stranger};

type BoxError = Box<dyn Error + Send + Sync>;

/// Serves connections of HTTP/1.1 and of HTTP/2 until `stop`, and then ends those that have begun.
///
/// No connection outlives its limits, whatever its peer does or leaves undone, and there are never more than
/// leave descriptors for the rest: the numbers are in `limits.rs`. What is refused is said in the log, at most
/// twice a minute for each reason.
pub async fn serve<L, S, B>(listener: L, service: S, stop: impl Future<Output = ()>)
where
    L: Listener,
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
    B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    serve_at_most(limits::connections(), listener, service, stop).await;
}

/// As [`serve`], with no more connections at once than this: where it is one of several listeners of a process.
///
/// ```no_run
/// use std::convert::Infallible;
///
/// use http::{Request, Response};
/// use hyper::body::Incoming;
/// use hyper::service::service_fn;
/// use tokio::net::UnixListener;
/// use untis_webhook_serve::{connections, serve_at_most};
///
/// # async fn example(stop: impl Future<Output = ()>) -> std::io::Result<()> {
/// // A health check beside the receiver, which has the rest of the descriptors.
/// let health = service_fn(async |_: Request<Incoming>| Ok::<_, Infallible>(Response::new(String::new())));
/// let most = connections() / 8;
/// serve_at_most(most, UnixListener::bind("/run/receiver/health.sock")?, health, stop).await;
/// # Ok(())
/// # }
/// ```
pub async fn serve_at_most<L, S, B>(connections: u16, listener: L, service: S, stop: impl Future<Output = ()>)
where
    L: Listener,
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
    B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    let mut server = auto::Builder::new(TokioExecutor::new());
    // A client that has said all that it has to say may still want the answer.
    server.http1().half_close(true).max_buf_size(limits::HEAD);
    server
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(limits::PING)
        .keep_alive_timeout(limits::PING);
    let places = Places::new(connections);
    let refusals = Arc::new(Refusals::default());
    let mut minute = interval_at(Instant::now() + MINUTE, MINUTE);
    let mut stop = pin!(stop);
    let mut stop_by = None;
    loop {
        // Whoever waits in the kernel's queue when the listener is closed may have sent all of a request, and is not
        // answered. So it is closed when nobody comes.
        let quiet = stop_by.map(|stop_by| (Instant::now() + limits::QUIET).min(stop_by));
        let (stream, place) = tokio::select! {
            accepted = places.accept(&listener) => accepted,
            _ = minute.tick() => {
                refusals.end_minute();
                continue;
            }
            () = &mut stop, if stop_by.is_none() => {
                stop_by = Some(Instant::now() + limits::QUEUED);
                continue;
            }
            () = sleep_until(quiet.unwrap_or_else(Instant::now)), if quiet.is_some() => break,
        };
        let progress = Progress::new();
        let service = watched(service.clone(), progress.clone(), Arc::clone(&refusals));
        let connection = server
            .serve_connection(TokioIo::new(Lingering::new(stream, progress.clone())), service)
            .into_owned();
        let driven = drive(connection, progress, places.phase.subscribe());
        tokio::spawn(async move {
            if let Err(error) = driven.await {
                tracing::debug!(error, "connection lost");
            }
            drop(place);
        });
    }
    drop(listener);
    places.clear().await;
    refusals.end_minute();
}

/// The service, which now also says what is under way, and what was refused.
fn watched<S, B>(
    service: S,
    progress: Progress,
    refusals: Arc<Refusals>,
) -> impl Service<
    Request<Incoming>,
    Response = Response<impl Body<Data = B::Data, Error = B::Error> + Send + 'static>,
    Error = Infallible,
    Future: Send + 'static,
>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + 'static,
    S::Future: Send,
    B: Body + Send + 'static,
{
    service_fn(move |request: Request<Incoming>| {
        let under_way = progress.begin();
        let refusals = Arc::clone(&refusals);
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let response = service.call(request);
        async move {
            let response = response.await?;
            let under_way = match response.extensions().get() {
                Some(&rejection) => {
                    refusals.add(rejection, &method, &uri);
                    under_way.is_refused();
                    Some(under_way)
                }
                None if response.extensions().get::<Stranger>().is_some() => {
                    under_way.end_as_strangers();
                    None
                }
                None => {
                    under_way.is_genuine();
                    Some(under_way)
                }
            };
            // It is under way for as long as hyper has not taken all of the body.
            Ok(response.map(|body| {
                body.map_err(move |error| {
                    let _ = &under_way;
                    error
                })
            }))
        }
    })
}

/// How many connections there may be.
struct Places {
    free: Arc<Semaphore>,
    most: u16,
    phase: watch::Sender<Phase>,
}

impl Places {
    fn new(most: u16) -> Self {
        let free = Arc::new(Semaphore::new(most.into()));
        Self { free, most, phase: watch::Sender::new(Phase::Accepting) }
    }

    /// The next connection, once there is a place for it. Until then it waits in the kernel's queue, and those
    /// that have nothing under way are told to leave.
    async fn accept<L: Listener>(&self, listener: &L) -> (L::Stream, OwnedSemaphorePermit) {
        loop {
            let place = self.place().await;
            match listener.accept().await {
                Ok(stream) => {
                    // Not at the first place that is free, or they would be told by turns.
                    if self.free.available_permits() >= usize::from(self.most / 4) {
                        self.tell(Phase::Accepting);
                    }
                    return (stream, place);
                }
                Err(error) if gone_already(&error) => {}
                Err(error) => {
                    // Out of descriptors, most likely.
                    tracing::warn!(%error, "cannot accept");
                    self.tell(Phase::Full);
                    sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }

    #[allow(clippy::expect_used, reason = "nobody closes the semaphore")]
    async fn place(&self) -> OwnedSemaphorePermit {
        if self.free.available_permits() == 0 {
            self.tell(Phase::Full);
        }
        Arc::clone(&self.free).acquire_owned().await.expect("an open semaphore")
    }

    /// Waits until every connection has ended.
    async fn clear(&self) {
        self.tell(Phase::Stopping);
        let _ = self.free.acquire_many(self.most.into()).await;
    }

    fn tell(&self, phase: Phase) {
        self.phase.send_if_modified(|told| std::mem::replace(told, phase) != phase);
    }
}

/// Whether this is the error of a connection whose peer did not wait, and not of the listener.
fn gone_already(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

const MINUTE: Duration = Duration::from_secs(60);

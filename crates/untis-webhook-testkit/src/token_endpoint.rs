use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

mod accounts;
mod answer;
mod fault;
mod request;

pub(crate) use self::accounts::Accounts;
pub use self::fault::{Fault, Lag, Refusal};

/// A pretend token endpoint: it gives a token for credentials that are current, and refuses all others, as the
/// platform's does at `{API_URL}/WebUntis/api/sso/v3/{tenantId}/token`.
///
/// It listens on loopback, in threads of its own, so that it serves a test with any runtime or none, until it is
/// dropped. What is current is told by a [`School`](crate::School), or by [`accept`](Self::accept) and
/// [`revoke`](Self::revoke).
///
/// ```
/// use untis_webhook_testkit::{Lag, School, SigningKey, TokenEndpoint};
///
/// # fn status(endpoint: &TokenEndpoint, password: &str) -> u16 {
/// #     use base64::{Engine, prelude::BASE64_STANDARD};
/// #     let basic = BASE64_STANDARD.encode(format!("test-client-id:{password}"));
/// #     let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
/// #     let url = format!("{}/WebUntis/api/sso/v3/12345/token", endpoint.url());
/// #     let request = agent.post(url).header("Authorization", format!("Basic {basic}"));
/// #     request.send_form([("grant_type", "client_credentials")]).unwrap().status().as_u16()
/// # }
/// let endpoint = TokenEndpoint::start();
/// let mut school = School::new(SigningKey::shared(), "12345").at(&endpoint);
///
/// let created = school.activate();
/// let old = school.credentials().unwrap().password.clone();
/// assert_eq!(status(&endpoint, &old), 200); // the application under test asks for a token
///
/// // The password is reset. The endpoint takes the new one at once, and the old one for one more request.
/// endpoint.lag_revoking(Lag::Requests(1));
/// let reset = school.reset();
/// assert_eq!(status(&endpoint, &old), 200);
/// assert_eq!(status(&endpoint, &old), 401);
/// assert_eq!(status(&endpoint, &school.credentials().unwrap().password), 200);
///
/// school.deactivate();
/// let before = endpoint.requests_for("12345");
/// // … the deactivation is delivered, and the application asks no more:
/// assert_eq!(endpoint.requests_for("12345"), before);
/// ```
///
/// It speaks HTTP/1.1 without TLS, takes a body with a `Content-Length`, and closes each connection after one answer.
pub struct TokenEndpoint {
    address: SocketAddr,
    accounts: Accounts,
    connections: Arc<Connections>,
    acceptor: Option<JoinHandle<()>>,
}

impl TokenEndpoint {
    /// Listens on a free port of loopback.
    ///
    /// # Panics
    ///
    /// If there is none, or no thread.
    #[allow(clippy::expect_used, reason = "documented, and a test wants to stop here")]
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port of loopback");
        let address = listener.local_addr().expect("the address of a listener");
        let (accounts, connections) = (Accounts::default(), Arc::new(Connections::default()));
        let acceptor = {
            let (accounts, connections) = (accounts.clone(), Arc::clone(&connections));
            let acceptor = thread::Builder::new().name("token-endpoint".to_owned());
            acceptor.spawn(move || accept_all(&listener, &accounts, &connections)).expect("a thread")
        };
        Self { address, accounts, connections, acceptor: Some(acceptor) }
    }

    /// What an application has for the platform's `API_URL`: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Takes these credentials of a school from now on, or when the [lag](Self::lag_accepting) is over.
    pub fn accept(&self, tenant_id: &str, client_id: &str, password: &str) {
        self.accounts.accept(tenant_id, client_id, password);
    }

    /// Refuses these credentials of a school from now on, or when the [lag](Self::lag_revoking) is over.
    pub fn revoke(&self, tenant_id: &str, client_id: &str, password: &str) {
        self.accounts.revoke(tenant_id, client_id, password);
    }

    /// Lets every later [`accept`](Self::accept) be noticed late.
    ///
    /// ```
    /// use untis_webhook_testkit::{Lag, School, SigningKey, TokenEndpoint};
    ///
    /// let endpoint = TokenEndpoint::start();
    /// endpoint.lag_accepting(Lag::UntilCaughtUp);
    /// let activation = School::new(SigningKey::shared(), "12345").at(&endpoint).activate();
    /// // … the activation is delivered, and its credentials do not work yet, until:
    /// endpoint.catch_up();
    /// ```
    pub fn lag_accepting(&self, lag: Lag) {
        self.accounts.lock().accepting = lag;
    }

    /// Lets every later [`revoke`](Self::revoke) be noticed late.
    pub fn lag_revoking(&self, lag: Lag) {
        self.accounts.lock().revoking = lag;
    }

    /// Notices now whatever is late.
    pub fn catch_up(&self) {
        self.accounts.lock().catch_up();
    }

    /// Refuses in this way from now on; with `invalid_client` unless set.
    pub fn refuse_with(&self, refusal: Refusal) {
        self.accounts.lock().refusal = refusal;
    }

    /// Fails every request from now on, until [`recover`](Self::recover). A request that fails shortens no lag.
    pub fn fail(&self, fault: Fault) {
        self.fail_next(usize::MAX, fault);
    }

    /// Fails so many requests.
    pub fn fail_next(&self, requests: usize, fault: Fault) {
        self.accounts.lock().fail(Some((requests, fault)));
    }

    /// Fails no more.
    pub fn recover(&self) {
        self.accounts.lock().fail(None);
    }

    /// The number of requests that came, whatever they were and however they ended.
    pub fn requests(&self) -> usize {
        self.accounts.lock().requests
    }

    /// The number of requests that came for a school of whose credentials the endpoint was told.
    pub fn requests_for(&self, tenant_id: &str) -> usize {
        self.accounts.lock().requests_for(tenant_id)
    }

    /// The number of tokens that were issued.
    pub fn issued(&self) -> usize {
        self.accounts.lock().issued
    }

    pub(crate) fn accounts(&self) -> Accounts {
        self.accounts.clone()
    }
}

impl Drop for TokenEndpoint {
    /// Ends every connection, and waits for the threads.
    fn drop(&mut self) {
        self.connections.stop();
        // Whoever waits in `accept` looks up once more.
        let is_woken = TcpStream::connect(self.address).is_ok();
        if let Some(acceptor) = self.acceptor.take().filter(|_| is_woken) {
            // It does not panic; if it did, nothing is left to be stopped.
            drop(acceptor.join());
        }
    }
}

impl fmt::Debug for TokenEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenEndpoint").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Serves each connection in a thread, and returns when all have ended after the stop.
fn accept_all(listener: &TcpListener, accounts: &Accounts, connections: &Connections) {
    thread::scope(|threads| {
        for stream in listener.incoming() {
            let Ok(stream) = stream else { continue };
            let Ok(number) = connections.open(&stream) else { break };
            let Some(number) = number else { continue };
            let served = thread::Builder::new().spawn_scoped(threads, move || {
                // The client has gone, or the endpoint stops: nobody is left to be told.
                drop(answer::serve(&stream, accounts));
                connections.close(number);
            });
            if served.is_err() {
                connections.close(number);
            }
        }
    });
}

/// The connections that are open, so that whoever hangs on one can be stopped.
#[derive(Default)]
struct Connections(Mutex<Open>);

#[derive(Default)]
struct Open {
    is_stopped: bool,
    opened: u64,
    streams: HashMap<u64, TcpStream>,
}

/// The endpoint stops.
struct Stopped;

impl Connections {
    /// A number for the connection; none if it is one too many.
    fn open(&self, stream: &TcpStream) -> Result<Option<u64>, Stopped> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if open.is_stopped {
            return Err(Stopped);
        }
        let clone: io::Result<TcpStream> = stream.try_clone();
        let Some(clone) = clone.ok().filter(|_| open.streams.len() < MAX_CONNECTIONS) else {
            return Ok(None);
        };
        open.opened = open.opened.wrapping_add(1);
        let number = open.opened;
        open.streams.insert(number, clone);
        Ok(Some(number))
    }

    fn close(&self, number: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).streams.remove(&number);
    }

    fn stop(&self) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.is_stopped = true;
        for stream in open.streams.values() {
            // One that has ended already is as good.
            drop(stream.shutdown(Shutdown::Both));
        }
    }
}

/// At once, each with a thread; more are closed without an answer.
const MAX_CONNECTIONS: usize = 512;

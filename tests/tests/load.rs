//! Many deliveries at once, and faults among them, over sockets.
//!
//! They take a minute and count memory, so they run on demand and one by one:
//! `cargo test --test load -- --ignored --nocapture --test-threads 1`.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where it is surprised"
)]

#[path = "behaviour/stack.rs"]
mod stack;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::{JoinSet, yield_now};
use tokio::time::timeout;
use tower::ServiceBuilder;
use tower::limit::GlobalConcurrencyLimitLayer;
use untis_webhook::event::CredentialsEventType;
use untis_webhook::{KeySet, Verifier};
use untis_webhook_axum::{VerifiedEvent, VerifyLayer};
use untis_webhook_testkit::{Delivery, Forgery, Payload, SigningKey};
use untis_webhook_tests::log::Log;
use untis_webhook_tests::platform::{PLATFORM, STRANGER, verifier};
use untis_webhook_tests::process::memory_kib;
use untis_webhook_tests::wire::{Connection, head_of};

/// A delivery as it is written.
struct Written {
    head: String,
    body: String,
}

impl Written {
    fn signed_by(key: &SigningKey, tenant: &str) -> Self {
        Self::of(&Delivery::sign(key, payload(tenant)))
    }

    fn of(delivery: &Delivery) -> Self {
        Self { head: head_of(delivery), body: String::from_utf8(delivery.body().to_vec()).unwrap() }
    }

    async fn send(&self, connection: &mut Connection) {
        connection.send(format!("{}{}", self.head, self.body)).await;
    }

    async fn send_half(&self, connection: &mut Connection) {
        connection.send(format!("{}{}", self.head, self.rest().0)).await;
    }

    /// The body in two halves.
    fn rest(&self) -> (&str, &str) {
        self.body.split_at(self.body.len() / 2)
    }
}

fn payload(tenant: &str) -> Payload {
    Payload::credentials(CredentialsEventType::Created).set("tenantId", tenant)
}

async fn answer(connection: &mut Connection) -> u16 {
    connection.response().await.unwrap().status
}

/// The servers have a runtime of their own, so that its tasks are theirs.
fn servers() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Runs `work` with each number below `count`, this many at a time, each worker with a connection of its own.
async fn for_each_number<F>(
    count: usize,
    at_once: usize,
    work: impl Fn(usize, Option<Connection>) -> F + Clone + Send + 'static,
) where
    F: Future<Output = Option<Connection>> + Send,
{
    let next = Arc::new(AtomicUsize::new(0));
    let mut workers = JoinSet::new();
    for _ in 0..at_once {
        let (next, work) = (Arc::clone(&next), work.clone());
        workers.spawn(async move {
            let mut connection = None;
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return;
                }
                connection = work(number, connection).await;
            }
        });
    }
    workers.join_all().await;
}

/// What is sent under each number: eight of ten are genuine, one is forged, one is cut off midway.
struct Plan {
    genuine: Vec<Written>,
    forged: Vec<Written>,
    cut_off: Written,
}

enum Sent<'a> {
    Genuine(usize, &'a Written),
    Forged(&'a Written),
    CutOff(&'a Written),
}

impl Plan {
    fn new() -> Self {
        let genuine = (0..1000).map(|i| Written::signed_by(&PLATFORM, &format!("genuine-{i}")));
        let forged = Forgery::ALL
            .map(|forgery| Written::of(&Delivery::sign(&PLATFORM, payload("forged")).forge(forgery)));
        let cut_off = Written::signed_by(&PLATFORM, "cut-off");
        Self { genuine: genuine.collect(), forged: forged.into(), cut_off }
    }

    fn get(&self, number: usize) -> Sent<'_> {
        match number % 10 {
            0 => Sent::Forged(&self.forged[number / 10 % self.forged.len()]),
            5 => Sent::CutOff(&self.cut_off),
            _ => Sent::Genuine(number % self.genuine.len(), &self.genuine[number % self.genuine.len()]),
        }
    }

    /// Sends what is under this number, and checks the answer. A connection is used again after a genuine one.
    async fn send(
        &self,
        number: usize,
        connection: Option<Connection>,
        to: SocketAddr,
    ) -> Option<Connection> {
        let mut connection = match connection {
            Some(connection) => connection,
            None => Connection::to(to).await,
        };
        match self.get(number) {
            Sent::Genuine(_, written) => {
                written.send(&mut connection).await;
                assert_eq!(answer(&mut connection).await, 204);
                Some(connection)
            }
            Sent::Forged(written) => {
                written.send(&mut connection).await;
                assert_eq!(answer(&mut connection).await, 401);
                None
            }
            Sent::CutOff(written) => {
                written.send_half(&mut connection).await;
                None
            }
        }
    }

    /// How often the handler must have been called for each tenant.
    fn handled(&self, count: usize) -> BTreeMap<String, usize> {
        let mut handled = BTreeMap::new();
        for number in 0..count {
            if let Sent::Genuine(tenant, _) = self.get(number) {
                *handled.entry(format!("genuine-{tenant}")).or_default() += 1;
            }
        }
        handled
    }
}

#[test]
#[ignore = "load: takes a minute"]
fn ten_thousand_deliveries_are_handled_as_often_as_they_are_genuine() {
    let log = Log::default();
    tracing_subscriber::fmt().with_ansi(false).with_writer(log.writer()).init();
    let plan = Arc::new(Plan::new());
    let clients = servers();
    let mut memory = Vec::new();
    for name in ["axum", "hyper", "warp", "tower"] {
        let servers = servers();
        let stacks = servers.block_on(stack::start_all());
        let address = stacks.iter().find(|stack| stack.name == name).unwrap().address;
        let idle = clients.block_on(idle(servers.handle(), &plan, address));

        let sent = Arc::clone(&plan);
        let work = move |number, connection| {
            let sent = Arc::clone(&sent);
            async move { sent.send(number, connection, address).await }
        };
        clients.block_on(for_each_number(DELIVERIES, AT_ONCE, work));
        clients.block_on(falls_to(servers.handle(), idle));
        memory.push(memory_kib("self", "VmRSS"));

        let mut handled = BTreeMap::new();
        for line in log.take().lines().filter(|line| line.contains(" delivery tenant=")) {
            let tenant = line.split('"').nth(1).unwrap();
            *handled.entry(tenant.to_owned()).or_default() += 1;
        }
        assert_eq!(handled, plan.handled(DELIVERIES), "{name}");
        println!(
            "{name}: {DELIVERIES} deliveries, {AT_ONCE} at a time, {} handled; {} KiB resident, no task left over",
            handled.values().sum::<usize>(),
            memory_kib("self", "VmRSS")
        );
    }
    // The first brings what every later one uses again.
    let (first, last) = (memory[0], memory[memory.len() - 1]);
    assert!(last <= first + 8 * 1024, "memory grows: {memory:?} KiB");
}

/// The tasks that a server has when it has nothing to do; it starts some of them with its first connection.
async fn idle(runtime: &Handle, plan: &Plan, address: SocketAddr) -> usize {
    plan.send(0, None, address).await;
    let (mut tasks, mut unchanged) = (0, 0);
    while unchanged < 1000 {
        yield_now().await;
        let now = runtime.metrics().num_alive_tasks();
        unchanged = if now == tasks { unchanged + 1 } else { 0 };
        tasks = now;
    }
    tasks
}

/// Waits until the runtime has no more tasks than these.
async fn falls_to(runtime: &Handle, tasks: usize) {
    let fallen = async {
        while runtime.metrics().num_alive_tasks() > tasks {
            yield_now().await;
        }
    };
    let soon = timeout(Duration::from_secs(30), fallen).await;
    assert!(soon.is_ok(), "{} tasks, {tasks} expected", runtime.metrics().num_alive_tasks());
}

/// A server with this verifier whose handler, one call at a time, answers with the name of the key.
async fn serve(verifier: Verifier) -> SocketAddr {
    let handler = async |VerifiedEvent(event): VerifiedEvent| match event.key_id().as_str() {
        "production" => StatusCode::NO_CONTENT,
        _ => StatusCode::RESET_CONTENT,
    };
    // Global, since axum puts the layers around the routes anew for each connection.
    let one_at_a_time = GlobalConcurrencyLimitLayer::new(1);
    let layers = ServiceBuilder::new().layer(VerifyLayer::new(verifier)).layer(one_at_a_time);
    let app = Router::new().route("/webhook", post(handler)).layer(layers);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async { axum::serve(listener, app).await });
    address
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "load: five hundred connections"]
async fn five_hundred_slow_bodies_delay_no_delivery() {
    let address = serve(verifier()).await;
    let written = Written::signed_by(&PLATFORM, "12345");
    let mut slow = Vec::new();
    for _ in 0..SLOW {
        let mut connection = Connection::to(address).await;
        written.send_half(&mut connection).await;
        slow.push(connection);
    }

    // None of the slow ones can have been answered, so all of them are under way now.
    for _ in 0..10 {
        let mut connection = Connection::to(address).await;
        written.send(&mut connection).await;
        assert_eq!(answer(&mut connection).await, 204);
    }

    for connection in &mut slow {
        connection.send(written.rest().1).await;
        assert_eq!(answer(connection).await, 204);
    }
    println!("{SLOW} slow bodies, 10 deliveries past them, and then every slow one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "load: a thousand replacements"]
async fn keys_are_replaced_under_load_and_every_delivery_gets_one_verdict() {
    let (old, new) = (SigningKey::generate(), SigningKey::generate());
    let set = |other: &SigningKey| {
        KeySet::new([("production", PLATFORM.verifying_key()), ("rotating", other.verifying_key())]).unwrap()
    };
    let (first, second) = (set(&old), set(&new));
    let verifier = Verifier::new(first.clone());
    let address = serve(verifier.clone()).await;
    let deliveries =
        Arc::new([(Written::signed_by(&PLATFORM, "1"), 204), (Written::signed_by(&STRANGER, "1"), 401)]);
    let replaced = Arc::new(AtomicUsize::new(0));

    let (count, sets, replacing) = (Arc::clone(&replaced), [second.clone(), first], verifier.clone());
    for_each_number(2 * REPLACEMENTS, 32, move |number, connection| {
        let (verifier, deliveries, count) = (replacing.clone(), Arc::clone(&deliveries), Arc::clone(&count));
        let set = sets[number / 2 % 2].clone();
        async move {
            let mut connection = match connection {
                Some(connection) => connection,
                None => Connection::to(address).await,
            };
            let (written, expected) = &deliveries[number / 2 % 2];
            written.send(&mut connection).await;
            // While this one and up to thirty-one others are under way.
            if number % 2 == 0 {
                verifier.replace_keys(set);
                count.fetch_add(1, Ordering::Relaxed);
            }
            assert_eq!(answer(&mut connection).await, *expected);
            (*expected == 204).then_some(connection)
        }
    })
    .await;
    let replaced = replaced.load(Ordering::Relaxed);
    assert_eq!(replaced, REPLACEMENTS);
    // They were replaced indeed: those of the last set count, and no others.
    verifier.replace_keys(second);
    for (key, expected) in [(&new, 205), (&old, 401)] {
        let mut connection = Connection::to(address).await;
        Written::signed_by(key, "1").send(&mut connection).await;
        assert_eq!(answer(&mut connection).await, expected);
    }
    println!("{} deliveries, 32 at a time, while the keys were replaced {replaced} times", 2 * REPLACEMENTS);
}

const DELIVERIES: usize = 10_000;
const AT_ONCE: usize = 64;
const SLOW: usize = 500;
const REPLACEMENTS: usize = 1000;

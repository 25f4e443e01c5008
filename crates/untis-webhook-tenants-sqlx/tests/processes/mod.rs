//! Processes that receive into one database and tell of it: killed, and several at once. Each is this test's own program,
//! started again for one test that is otherwise ignored.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use untis_webhook::event::{CredentialsEventType, DeactivationEventType, ReasonType};
use untis_webhook_tenants::{Handler, Message, Registry, Store, Worker};
use untis_webhook_testkit::Payload;

use crate::contract::{credentials, password, registry, verified};

/// How often a process is killed: 200 times where there is time for it.
fn kills() -> u64 {
    if is_thorough() { 200 } else { 12 }
}

/// Deliveries that several processes receive at once.
fn deliveries_at_once() -> u64 {
    if is_thorough() { 1000 } else { 60 }
}

fn is_thorough() -> bool {
    std::env::var_os("UNTIS_WEBHOOK_TESTS_THOROUGH").is_some()
}

/// Where the database is that a process is to receive into; `None` if no test started it.
pub fn place() -> Option<OsString> {
    std::env::var_os("UNTIS_WEBHOOK_TESTS_PLACE")
}

/// What such a process does: it receives one delivery after the other and says on its standard output which, and
/// whether something changed. Beside that a worker says there what the application is told.
pub async fn receive<S: Store + 'static>(store: S) {
    let registry = registry(store).await;
    let worker = tokio::spawn(worker(&registry, say).run());
    let number = |name| std::env::var(name).unwrap().parse::<u64>().unwrap();
    let life = std::env::var_os("UNTIS_WEBHOOK_TESTS_LIFE").is_some();
    for n in number("UNTIS_WEBHOOK_TESTS_FROM")..number("UNTIS_WEBHOOK_TESTS_TO") {
        let delivery = if life { of_a_life(n) } else { of_a_school(n) };
        let told = registry.receive(&verified(delivery)).await.unwrap().told;
        say(&format!("received {n} {}", told.is_some()));
    }
    worker.abort();
}

fn say(line: &str) {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}").unwrap();
    stdout.flush().unwrap();
}

/// A worker that says what it tells. What a process had leased when it was killed is soon due again.
fn worker<S: Store + 'static, F: Fn(&str) + Send + Sync + 'static>(
    registry: &Registry<S>,
    say: F,
) -> Worker<S, impl Handler + use<S, F>> {
    let handler = move |message: Message| {
        let Message { tenant_id, version, previous_version, .. } = message;
        say(&format!("told {previous_version} {version} {tenant_id}"));
        async { Ok(()) }
    };
    let poll = Duration::from_millis(5);
    registry.worker(handler).poll(poll).deadline(Duration::from_millis(100))
}

/// The `n`th delivery for five schools, each of which goes through the same again and again, with new credentials.
fn of_a_life(n: u64) -> Payload {
    let new = |event_type| credentials(event_type, &format!("password {n}"));
    let payload = match n / SCHOOLS % 3 {
        0 => new(CredentialsEventType::Reactivated),
        1 => new(CredentialsEventType::Reset),
        _ => Payload::deactivation(DeactivationEventType::Deactivation, &ReasonType::NoReason)
            .set("reasonText", n.to_string()),
    };
    payload.set("tenantId", format!("school {}", n % SCHOOLS))
}

/// The first credentials of the `n`th school.
fn of_a_school(n: u64) -> Payload {
    credentials(CredentialsEventType::Created, "one").set("tenantId", format!("school {n}"))
}

/// Such a process.
struct Receiver {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    /// What it told the application, as far as it was read: tenant, version before, version.
    told: Vec<(String, u64, u64)>,
}

impl Receiver {
    fn start(place: &OsStr, from: u64, to: u64, life: bool) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "a_process_that_receives", "--ignored", "--nocapture"])
            .env("UNTIS_WEBHOOK_TESTS_PLACE", place)
            .env("UNTIS_WEBHOOK_TESTS_FROM", from.to_string())
            .env("UNTIS_WEBHOOK_TESTS_TO", to.to_string())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        if life {
            command.env("UNTIS_WEBHOOK_TESTS_LIFE", "1");
        }
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines, told: Vec::new() }
    }

    /// What the next line says that is about a delivery, or `None` at the end.
    async fn next(&mut self) -> Option<(u64, bool)> {
        while let Some(line) = self.lines.next_line().await.unwrap() {
            if let Some((_, line)) = line.split_once("told ") {
                self.told.push(told(line));
            // The test's own name can stand before the first.
            } else if let Some((_, line)) = line.split_once("received ") {
                let (n, changed) = line.split_once(' ').unwrap();
                return Some((n.parse().unwrap(), changed == "true"));
            }
        }
        None
    }
}

fn told(line: &str) -> (String, u64, u64) {
    let (previous, rest) = line.split_once(' ').unwrap();
    let (version, tenant_id) = rest.split_once(' ').unwrap();
    (tenant_id.to_owned(), previous.parse().unwrap(), version.parse().unwrap())
}

/// Kills one process after the other (SIGKILL) while it receives. The next begins with what was not acknowledged, as
/// the platform does. In the end all is as in a database whose process was never killed, and the application has been
/// told of every change.
pub async fn kill<S: Store + 'static>(store: S, place: impl AsRef<OsStr>, uninterrupted: S) {
    let (mut next_unacknowledged, mut all_told) = (0, Vec::new());
    for kill in 0..kills() {
        let mut receiver = Receiver::start(place.as_ref(), next_unacknowledged, u64::MAX, true);
        for _ in 0..=kill % 7 {
            let (n, _) = receiver.next().await.expect("a process that receives");
            assert_eq!(n, next_unacknowledged);
            next_unacknowledged = n + 1;
        }
        // At another moment of the next delivery each time.
        std::thread::sleep(Duration::from_micros(kill * 617 % 9000));
        receiver.child.kill().await.unwrap();
        // What it acknowledged before it died counts.
        while let Some((n, _)) = receiver.next().await {
            next_unacknowledged = n + 1;
        }
        all_told.append(&mut receiver.told);
    }

    let (killed, uninterrupted) = (registry(store).await, registry(uninterrupted).await);
    for n in 0..=next_unacknowledged {
        uninterrupted.receive(&verified(of_a_life(n))).await.unwrap();
    }
    // The last was perhaps received and not acknowledged: it is sent again.
    killed.receive(&verified(of_a_life(next_unacknowledged))).await.unwrap();
    for school in 0..SCHOOLS {
        let tenant_id = format!("school {school}");
        assert_eq!(state(&killed, &tenant_id).await, state(&uninterrupted, &tenant_id).await, "{tenant_id}");
    }
    let told_while_killed = all_told.len();
    all_told.extend(tell_the_rest(&killed).await);
    for school in 0..SCHOOLS {
        let tenant_id = format!("school {school}");
        let mut told = all_told.iter().filter(|(told, ..)| *told == tenant_id).peekable();
        let mut known = 0;
        while let Some((_, previous, version)) = told.next() {
            // It goes on where the application is known to be, which is not before what it heard and perhaps behind.
            assert!(
                *previous <= known && *version >= known,
                "{tenant_id}: {previous}, {version} after {known}"
            );
            known = *version;
            let next_previous = told.peek().map(|(_, previous, _)| *previous);
            assert!(next_previous.is_none_or(|next| next == *previous || next == known));
        }
        assert_eq!(known, killed.get(&tenant_id).await.unwrap().unwrap().version, "{tenant_id}");
    }
    println!(
        "{} kills, {next_unacknowledged} deliveries acknowledged, {told_while_killed} changes told, {} in the end",
        kills(),
        all_told.len() - told_while_killed
    );
}

/// Tells what no process has lived long enough to tell, or to acknowledge.
async fn tell_the_rest<S: Store + 'static>(registry: &Registry<S>) -> Vec<(String, u64, u64)> {
    let rest = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&rest);
    let worker = worker(registry, move |line| heard.lock().unwrap().push(told(&line["told ".len()..])));
    let running = tokio::spawn(worker.run());
    for school in 0..SCHOOLS {
        loop {
            let entry = registry.get(&format!("school {school}")).await.unwrap().unwrap();
            if entry.acknowledged == entry.version {
                break;
            }
        }
    }
    running.abort();
    // With the worker its handler is gone.
    drop(running.await);
    Arc::into_inner(rest).unwrap().into_inner().unwrap()
}

/// What does not depend on how often a delivery came.
async fn state<S: Store>(
    registry: &Registry<S>,
    tenant_id: &str,
) -> impl PartialEq + std::fmt::Debug + use<S> {
    let entry = registry.get(tenant_id).await.unwrap().unwrap();
    let mut sets = Vec::new();
    for set in registry.sets(tenant_id).await.unwrap() {
        sets.push((set.state, set.came_by, set.is_stored));
    }
    let records = registry.records(Some(tenant_id), 0, 1000).await.unwrap();
    let sequence: u64 = records.iter().map(|record| record.count).sum();
    let stored = registry.store().tenant(crate::contract::key(tenant_id)).await.unwrap().unwrap();
    assert_eq!(stored.tenant.sequence, sequence, "each delivery has one record");
    (entry.status, entry.version, password(registry, tenant_id).await, sets, records.len())
}

/// So many processes receive the same deliveries.
pub async fn together<S: Store>(store: S, place: impl AsRef<OsStr>, processes: usize) {
    let deliveries = deliveries_at_once();
    let start = |_| Receiver::start(place.as_ref(), 0, deliveries, false);
    let mut started: Vec<_> = (0..processes).map(start).collect();
    let mut changed = 0;
    for receiver in &mut started {
        let mut received = 0;
        while let Some((_, is_changed)) = receiver.next().await {
            received += 1;
            changed += u64::from(is_changed);
        }
        assert!(receiver.child.wait().await.unwrap().success());
        assert_eq!(received, deliveries);
    }
    assert_eq!(changed, deliveries);
    let registry = registry(store).await;
    for n in 0..deliveries {
        let records = registry.records(Some(&format!("school {n}")), 0, 10).await.unwrap();
        assert_eq!(records.len(), 1);
        assert_eq!(records[0].count, u64::try_from(processes).unwrap());
    }
}

const SCHOOLS: u64 = 5;

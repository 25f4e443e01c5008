//! Processes that receive into one database: killed, and several at once. Each is this test's own program, started
//! again for one test that is otherwise ignored.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use untis_webhook::event::{CredentialsEventType, DeactivationEventType, ReasonType};
use untis_webhook_tenants::{Registry, Store};
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
/// whether something changed.
pub async fn receive<S: Store>(store: S) {
    let registry = registry(store).await;
    let number = |name| std::env::var(name).unwrap().parse::<u64>().unwrap();
    let life = std::env::var_os("UNTIS_WEBHOOK_TESTS_LIFE").is_some();
    for n in number("UNTIS_WEBHOOK_TESTS_FROM")..number("UNTIS_WEBHOOK_TESTS_TO") {
        let delivery = if life { of_a_life(n) } else { of_a_school(n) };
        let told = registry.receive(&verified(delivery)).await.unwrap().told;
        let mut stdout = std::io::stdout().lock();
        writeln!(stdout, "received {n} {}", told.is_some()).unwrap();
        stdout.flush().unwrap();
    }
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

fn start(place: &OsStr, from: u64, to: u64, life: bool) -> (Child, Lines<BufReader<ChildStdout>>) {
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
    (child, lines)
}

/// What the next line says that is about a delivery, or `None` at the end.
async fn next(lines: &mut Lines<BufReader<ChildStdout>>) -> Option<(u64, bool)> {
    while let Some(line) = lines.next_line().await.unwrap() {
        // The test's own name can stand before the first.
        if let Some((_, line)) = line.split_once("received ") {
            let (n, changed) = line.split_once(' ').unwrap();
            return Some((n.parse().unwrap(), changed == "true"));
        }
    }
    None
}

/// Kills one process after the other (SIGKILL) while it receives. The next begins with what was not acknowledged, as
/// the platform does. In the end all is as in a database whose process was never killed.
pub async fn kill<S: Store>(store: S, place: impl AsRef<OsStr>, uninterrupted: S) {
    let mut next_unacknowledged = 0;
    for kill in 0..kills() {
        let (mut child, mut lines) = start(place.as_ref(), next_unacknowledged, u64::MAX, true);
        for _ in 0..=kill % 7 {
            let (n, _) = next(&mut lines).await.expect("a process that receives");
            assert_eq!(n, next_unacknowledged);
            next_unacknowledged = n + 1;
        }
        // At another moment of the next delivery each time.
        std::thread::sleep(Duration::from_micros(kill * 617 % 9000));
        child.kill().await.unwrap();
        // What it acknowledged before it died counts.
        while let Some((n, _)) = next(&mut lines).await {
            next_unacknowledged = n + 1;
        }
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
    println!("{} kills, {next_unacknowledged} deliveries acknowledged", kills());
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
    let mut started: Vec<_> = (0..processes).map(|_| start(place.as_ref(), 0, deliveries, false)).collect();
    let mut changed = 0;
    for (child, lines) in &mut started {
        let mut received = 0;
        while let Some((_, is_changed)) = next(lines).await {
            received += 1;
            changed += u64::from(is_changed);
        }
        assert!(child.wait().await.unwrap().success());
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

//! What holds of whose turn it is to be told of, and when.

use std::collections::HashSet;
use std::future::pending;
use std::time::Duration;

use tokio::sync::mpsc;
use untis_webhook::event::CredentialsEventType;
use untis_webhook_tenants::{Claim, Failed, Message, Retry, Store};

use super::telling::{Heard, impatient, in_time, of_school};
use super::{Clock, TENANT, created, key, registry, registry_with, reset, ring};

pub async fn what_failed_waits_longer_each_time_and_a_new_change_does_not<S: Store + 'static>(store: S) {
    let registry = registry(store).await;
    registry.receive(&created("one")).await.unwrap();
    let fails = async |_| Err(Failed::new("always", Retry::Later));
    let hour = Duration::from_secs(3600);
    let worker = registry.worker(fails).pauses(hour, hour);
    worker.tell_due().await.unwrap();
    let entry = registry.get(TENANT).await.unwrap().unwrap();
    assert_eq!((entry.acknowledged, entry.attempts, entry.is_given_up), (0, 1, false));
    let listed = registry.list(None, None, 1).await.unwrap().entries.remove(0);
    assert_eq!(listed, entry);
    let now = untis_webhook_tenants::Timestamp::now();
    let pause = entry.next_attempt.unwrap().seconds_since(now);
    assert!((1700..=3600).contains(&pause), "{pause}");
    // It waits, until the operator says otherwise.
    worker.tell_due().await.unwrap();
    assert_eq!(registry.get(TENANT).await.unwrap().unwrap().attempts, 1);
    assert!(registry.redrive(TENANT).await.unwrap());
    worker.tell_due().await.unwrap();
    let heard = Heard::default();
    let succeeds = registry.worker(heard.handler());
    assert_eq!(succeeds.tell_due().await.unwrap(), 0);
    assert_eq!(registry.redrive_all().await.unwrap(), 1);
    assert_eq!(succeeds.tell_due().await.unwrap(), 1);
    assert!(!registry.redrive(TENANT).await.unwrap());
    assert!(!registry.redrive("with a \0").await.unwrap());

    // What changes while a handler fails is not held up by that.
    let receiving = registry.clone();
    let receives_and_fails = move |_| {
        let registry = receiving.clone();
        async move {
            registry.receive(&reset("three")).await?;
            Err(Failed::new("always", Retry::Never))
        }
    };
    registry.receive(&reset("two")).await.unwrap();
    registry.worker(receives_and_fails).pauses(hour, hour).at_once(2).tell_due().await.unwrap();
    assert_eq!(heard.take().len(), 1);
    succeeds.tell_due().await.unwrap();
    assert!(heard.take().iter().all(|message| message.version == 3 && message.previous_version == 1));
    assert_eq!(registry.get(TENANT).await.unwrap().unwrap().version, 3);
}

/// However many hang and fail, and however often.
pub async fn tenants_whose_handler_hangs_or_fails_delay_no_other<S: Store + 'static>(store: S) {
    let registry = registry(store).await;
    let (told, mut heard) = mpsc::unbounded_channel();
    let handler = move |message: Message| {
        let told = told.clone();
        async move {
            match message.tenant_id.as_str() {
                id if id.starts_with("hangs") => pending().await,
                id if id.starts_with("fails") => Err(Failed::new("always", Retry::Later)),
                id => Ok(told.send(id.to_owned())?),
            }
        }
    };
    // More that hang and fail than there are places.
    for n in 0..6 {
        for kind in ["hangs", "fails"] {
            let delivery = of_school(&format!("{kind} {n}"), CredentialsEventType::Created, "one");
            registry.receive(&delivery).await.unwrap();
        }
    }
    let worker = impatient(registry.worker(handler)).at_once(4).deadline(Duration::from_millis(100));
    let running = tokio::spawn(worker.run());
    let mut schools = HashSet::new();
    for n in 0..40 {
        let school = format!("school {n}");
        registry.receive(&of_school(&school, CredentialsEventType::Created, "one")).await.unwrap();
        schools.insert(school);
    }
    while !schools.is_empty() {
        let school = in_time(heard.recv()).await.unwrap();
        assert!(schools.remove(&school));
    }
    running.abort();
}

/// However often it has failed, and however often others change.
pub async fn what_has_waited_longest_is_told_first<S: Store + 'static>(store: S) {
    let clock = Clock::new();
    let registry = registry_with(store, &clock, ring()).await;
    let claim = async |retries, milliseconds| {
        let duration = Duration::from_millis(milliseconds);
        let claim = Claim { limit: 1, retries, lease: 1, duration };
        let messages = registry.store().claim("production", claim).await.unwrap();
        messages.into_iter().map(|message| (message.tenant_id, message.attempt)).collect::<Vec<_>>()
    };
    let fail = async |tenant_id, milliseconds| {
        let pause = Some(Duration::from_millis(milliseconds));
        registry.store().postpone(key(tenant_id), 1, 1, pause).await.unwrap();
    };
    let receive = async |school, password| {
        let delivery = of_school(school, CredentialsEventType::Reset, password);
        registry.receive(&delivery).await.unwrap();
        clock.advance(1);
    };
    receive("often", "one").await;
    for attempt in 1..=9 {
        assert_eq!(claim(true, 60_000).await, [("often".to_owned(), attempt)]);
        fail("often", 0).await;
    }
    receive("changes", "one").await;
    receive("quiet", "one").await;
    receive("changes", "two").await;
    assert_eq!(claim(false, 60_000).await, [("quiet".to_owned(), 1)]);
    fail("quiet", 5).await;
    assert_eq!(claim(false, 60_000).await, [("changes".to_owned(), 1)]);
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert_eq!(claim(true, 60_000).await, [("often".to_owned(), 10)]);
    assert_eq!(claim(true, 60_000).await, [("quiet".to_owned(), 2)]);
}

pub async fn durations_without_end_are_no_error<S: Store + 'static>(store: S) {
    let registry = registry(store).await;
    registry.receive(&created("one")).await.unwrap();
    for retry in [
        Retry::Later,
        Retry::After(Duration::MAX),
        Retry::After(Duration::from_millis(i64::MAX.unsigned_abs())),
    ] {
        let fails = move |_| std::future::ready(Err(Failed::new("always", retry)));
        let worker = registry.worker(fails).deadline(Duration::MAX).pauses(Duration::MAX, Duration::MAX);
        worker.poll(Duration::MAX).tell_due().await.unwrap();
        let entry = registry.get(TENANT).await.unwrap().unwrap();
        assert!(entry.next_attempt.unwrap().seconds_since(untis_webhook_tenants::Timestamp::now()) > 0);
        registry.redrive_all().await.unwrap();
    }
}

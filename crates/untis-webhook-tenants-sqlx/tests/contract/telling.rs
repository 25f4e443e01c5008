//! What holds of telling the application.

use std::collections::HashMap;
use std::future::pending;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::timeout;
use untis_webhook::Verified;
use untis_webhook::event::{CredentialsEventType, DeactivationEventType, ReasonType};
use untis_webhook_tenants::{
    Claim, ErasureScope, Failed, Handler, Message, Retry, Status, Store, Told, Worker,
};
use untis_webhook_testkit::Payload;

use super::{
    Clock, Faulty, TENANT, created, credentials, deactivation, deletion, key, registry, registry_with, reset,
    ring, verified,
};

/// What an application was told, in order.
#[derive(Clone, Default)]
pub(super) struct Heard(Arc<Mutex<Vec<Message>>>);

impl Heard {
    pub(super) fn handler(&self) -> impl Handler + use<> {
        let heard = self.clone();
        move |message: Message| {
            heard.0.lock().unwrap().push(message);
            async { Ok(()) }
        }
    }

    pub(super) fn take(&self) -> Vec<Message> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

pub(super) fn of_school(school: &str, event_type: CredentialsEventType, password: &str) -> Verified<Bytes> {
    verified(credentials(event_type, password).set("tenantId", school))
}

/// A worker that tries again almost at once.
pub(super) fn impatient<S: Store + 'static, H: Handler>(worker: Worker<S, H>) -> Worker<S, H> {
    let millis = Duration::from_millis;
    worker.poll(millis(5)).pauses(millis(1), millis(10))
}

/// Far more than anything here takes.
pub(super) async fn in_time<T>(future: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(60), future).await.expect("an end")
}

pub async fn each_change_is_told_once_it_is_made_and_then_no_more<S: Store + 'static>(store: S) {
    let registry = registry(store).await;
    let heard = Heard::default();
    let worker = registry.worker(heard.handler());
    assert_eq!(worker.tell_due().await.unwrap(), 0);
    let life = [
        (created("one"), Told::Activated, Status::Active),
        (reset("two"), Told::CredentialsReplaced, Status::Active),
        (deactivation(), Told::Deactivated, Status::Deactivated),
        (deletion(), Told::Deleted, Status::Deleted),
    ];
    for (version, (delivery, told, status)) in (1..).zip(life) {
        registry.receive(&delivery).await.unwrap();
        assert_eq!(worker.tell_due().await.unwrap(), 1);
        assert_eq!(worker.tell_due().await.unwrap(), 0);
        // A repetition is nothing to tell.
        registry.receive(&delivery).await.unwrap();
        assert_eq!(worker.tell_due().await.unwrap(), 0);
        let mut expected = Message::new(TENANT, told, status, version);
        expected.deleted_since = told == Told::Deleted;
        let entry = registry.get(TENANT).await.unwrap().unwrap();
        expected.changed_at = entry.changed_at;
        assert_eq!(heard.take(), [expected]);
        assert_eq!((entry.acknowledged, entry.attempts), (version, 0));
    }
    // What was remembered of a school that never had credentials is nothing to tell.
    let payload = Payload::deactivation(DeactivationEventType::Deactivation, &ReasonType::NoReason);
    registry.receive(&verified(payload.set("tenantId", "never active"))).await.unwrap();
    assert_eq!(worker.tell_due().await.unwrap(), 0);
}

pub async fn of_several_changes_the_last_is_told_and_whether_a_deletion_was_among_them<S: Store + 'static>(
    store: S,
) {
    let registry = registry(store).await;
    let heard = Heard::default();
    let worker = registry.worker(heard.handler());
    for delivery in [created("one"), reset("two"), deletion(), created("three")] {
        registry.receive(&delivery).await.unwrap();
    }
    worker.tell_due().await.unwrap();
    let message = heard.take().remove(0);
    assert_eq!((message.told, message.status), (Told::Activated, Status::Active));
    assert_eq!((message.version, message.previous_version, message.deleted_since), (4, 0, true));
    registry.receive(&reset("four")).await.unwrap();
    worker.tell_due().await.unwrap();
    let message = heard.take().remove(0);
    assert_eq!((message.version, message.previous_version, message.deleted_since), (5, 4, false));
    registry.forget(TENANT, ErasureScope::Secrets).await.unwrap();
    worker.tell_due().await.unwrap();
    let message = heard.take().remove(0);
    assert_eq!((message.told, message.version, message.deleted_since), (Told::Deleted, 6, true));
}

pub async fn a_handler_that_fails_panics_or_hangs_is_asked_again<S: Store + 'static>(store: S) {
    let registry = registry(store).await;
    registry.receive(&created("one")).await.unwrap();
    let (attempts, mut attempted) = mpsc::unbounded_channel();
    let handler = move |message: Message| {
        attempts.send(message.clone()).unwrap();
        assert_ne!(message.attempt, 1, "panics before there is a future");
        async move {
            match message.attempt {
                2 => panic!("panics later"),
                3 => pending().await,
                4 => Err(std::io::Error::other("the application's own database is down"))?,
                5 => Err(Failed::new("as it says itself", Retry::After(Duration::from_millis(1))))?,
                _ => {}
            }
            Ok(())
        }
    };
    let worker = impatient(registry.worker(handler)).deadline(Duration::from_millis(200));
    let running = tokio::spawn(worker.run());
    for attempt in 1..=6 {
        let message = in_time(attempted.recv()).await.unwrap();
        assert_eq!((message.version, message.attempt), (1, attempt));
    }
    in_time(async { while registry.get(TENANT).await.unwrap().unwrap().acknowledged == 0 {} }).await;
    running.abort();
    let entry = registry.get(TENANT).await.unwrap().unwrap();
    assert_eq!((entry.attempts, entry.next_attempt, entry.is_given_up), (0, None, false));
    assert!(attempted.try_recv().is_err());
}

pub async fn what_is_given_up_is_told_when_the_operator_says_so_or_it_changes<S: Store + 'static>(store: S) {
    let registry = registry(store).await;
    let heard = Heard::default();
    let succeeds = registry.worker(heard.handler());
    let fails = async |_| Err(Failed::new("this school is not ours any more", Retry::Never));
    let fails = registry.worker(fails);
    let is_given_up = async || registry.get(TENANT).await.unwrap().unwrap().is_given_up;
    for (n, delivery) in [created("one"), reset("two")].into_iter().enumerate() {
        registry.receive(&delivery).await.unwrap();
        assert!(!is_given_up().await);
        fails.tell_due().await.unwrap();
        assert!(is_given_up().await);
        assert_eq!(succeeds.tell_due().await.unwrap(), 0);
        if n == 0 {
            continue;
        }
        assert!(registry.redrive(TENANT).await.unwrap());
        assert!(!is_given_up().await);
        assert_eq!(succeeds.tell_due().await.unwrap(), 1);
    }
    let message = heard.take().remove(0);
    assert_eq!((message.version, message.previous_version, message.attempt), (2, 0, 1));
}

pub async fn one_that_died_is_followed_by_another_and_cannot_acknowledge_any_more<S: Store + 'static>(
    store: S,
) {
    let registry = registry(store).await;
    registry.receive(&created("one")).await.unwrap();
    let (store, claim) = (registry.store(), |lease, seconds| Claim {
        limit: 10,
        retries: true,
        lease,
        duration: Duration::from_secs(seconds),
    });
    // The first lease is over at once, the second is not.
    assert_eq!(store.claim("production", claim(1, 0)).await.unwrap().len(), 1);
    let second = store.claim("production", claim(2, 3600)).await.unwrap().remove(0);
    assert_eq!((second.version, second.attempt), (1, 2));
    assert!(store.claim("production", claim(3, 3600)).await.unwrap().is_empty());
    for lease in [1, 3] {
        assert!(!store.acknowledge(key(TENANT), lease, 1).await.unwrap());
        store.postpone(key(TENANT), lease, 1, None).await.unwrap();
    }
    let entry = registry.get(TENANT).await.unwrap().unwrap();
    assert_eq!((entry.acknowledged, entry.is_given_up), (0, false));
    assert!(store.acknowledge(key(TENANT), 2, 1).await.unwrap());
    assert_eq!(registry.get(TENANT).await.unwrap().unwrap().acknowledged, 1);

    // The operator need not wait for a lease to end, such as that of one that took it when the clock was ahead.
    registry.receive(&created("again")).await.unwrap();
    registry.receive(&reset("and again")).await.unwrap();
    let days = 30 * 24 * 3600;
    let version = store.claim("production", claim(4, days)).await.unwrap().remove(0).version;
    assert!(registry.redrive(TENANT).await.unwrap());
    assert_eq!(store.claim("production", claim(5, days)).await.unwrap().len(), 1);
    assert!(!store.acknowledge(key(TENANT), 4, version).await.unwrap());
    assert!(store.acknowledge(key(TENANT), 5, version).await.unwrap());

    // A worker that is dropped while it tells has told nothing.
    registry.receive(&reset("three")).await.unwrap();
    let (begun, has_begun) = oneshot::channel();
    let begun = Mutex::new(Some(begun));
    let hangs = move |_| {
        begun.lock().unwrap().take().unwrap().send(()).unwrap();
        pending()
    };
    let worker = registry.worker(hangs).deadline(Duration::from_millis(250));
    let running = tokio::spawn(worker.run());
    in_time(has_begun).await.unwrap();
    running.abort();
    let heard = Heard::default();
    assert_eq!(registry.worker(heard.handler()).tell_due().await.unwrap(), 0);
    let (stop, stopped) = oneshot::channel::<()>();
    let following = impatient(registry.worker(heard.handler()));
    let following = tokio::spawn(following.run_until(async { drop(stopped.await) }));
    in_time(async { while registry.get(TENANT).await.unwrap().unwrap().acknowledged == version {} }).await;
    stop.send(()).unwrap();
    in_time(following).await.unwrap();
    assert_eq!(heard.take().iter().map(|message| message.version).collect::<Vec<_>>(), [version + 1]);
}

pub async fn a_worker_that_is_stopped_ends_what_it_has_begun_and_begins_nothing<S: Store + 'static>(
    store: S,
) {
    let registry = registry(store).await;
    registry.receive(&created("one")).await.unwrap();
    let (begun, goes_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let handler = {
        let (begun, goes_on) = (Arc::clone(&begun), Arc::clone(&goes_on));
        move |_| {
            let (begun, goes_on) = (Arc::clone(&begun), Arc::clone(&goes_on));
            async move {
                begun.notify_one();
                goes_on.notified().await;
                Ok(())
            }
        }
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let running = impatient(registry.worker(handler)).run_until(async { drop(stopped.await) });
    let running = tokio::spawn(running);
    in_time(begun.notified()).await;
    stop.send(()).unwrap();
    tokio::task::yield_now().await;
    registry.receive(&of_school("another", CredentialsEventType::Created, "one")).await.unwrap();
    assert!(!running.is_finished());
    goes_on.notify_one();
    in_time(running).await.unwrap();
    assert_eq!(registry.get(TENANT).await.unwrap().unwrap().acknowledged, 1);
}

/// Two workers, a handler that fails at random, and changes all the while.
pub async fn messages_of_a_tenant_come_one_by_one_in_order_and_none_is_missing<S: Store + 'static>(store: S) {
    #[derive(Default)]
    struct School {
        is_told: AtomicBool,
        messages: Mutex<Vec<Message>>,
    }
    let registry = registry(store).await;
    let schools: Arc<HashMap<String, School>> =
        Arc::new((0..3).map(|n| (format!("school {n}"), School::default())).collect());
    let calls = Arc::new(AtomicU64::new(0));
    let handler = || {
        let (schools, calls) = (Arc::clone(&schools), Arc::clone(&calls));
        move |message: Message| {
            let (schools, calls) = (Arc::clone(&schools), Arc::clone(&calls));
            async move {
                let school = &schools[&message.tenant_id];
                assert!(!school.is_told.swap(true, Ordering::SeqCst), "two at once");
                school.messages.lock().unwrap().push(message);
                tokio::task::yield_now().await;
                school.is_told.store(false, Ordering::SeqCst);
                match calls.fetch_add(1, Ordering::SeqCst) % 3 {
                    0 => Err(Failed::new("at times", Retry::Later)),
                    _ => Ok(()),
                }
            }
        }
    };
    let workers: Vec<_> = (0..2).map(|_| tokio::spawn(impatient(registry.worker(handler())).run())).collect();
    const CHANGES: u64 = 25;
    for n in 0..CHANGES {
        for school in schools.keys() {
            let delivery = of_school(school, CredentialsEventType::Reset, &n.to_string());
            registry.receive(&delivery).await.unwrap();
        }
    }
    for (tenant_id, school) in &*schools {
        in_time(async { while registry.get(tenant_id).await.unwrap().unwrap().acknowledged < CHANGES {} })
            .await;
        let messages = school.messages.lock().unwrap();
        let mut acknowledged = 0;
        for (message, next) in messages.iter().zip(messages.iter().skip(1).map(Some).chain([None])) {
            // A version comes again, or a later one; and what it follows is what was acknowledged.
            assert_eq!(message.previous_version, acknowledged);
            match next {
                Some(next) if next.previous_version == acknowledged => {
                    assert!(next.version >= message.version);
                }
                _ => acknowledged = message.version,
            }
        }
        assert_eq!(acknowledged, CHANGES);
    }
    for worker in workers {
        worker.abort();
    }
}

pub async fn a_worker_whose_store_fails_at_any_call_tells_it_nevertheless<S: Store + Clone + 'static>(
    store: S,
) {
    let store = Faulty::new(store);
    let registry = registry_with(store.clone(), &Clock::new(), ring()).await;
    let heard = Heard::default();
    // What could not be acknowledged is leased for a while.
    let worker = impatient(registry.worker(heard.handler())).deadline(Duration::ZERO);
    let mut failures = 0;
    for (version, n) in (1..).zip(0..6) {
        let delivery = reset(&n.to_string());
        registry.receive(&delivery).await.unwrap();
        store.fail_at(n);
        let told = worker.tell_due().await;
        failures += u64::from(told.is_err());
        store.heal();
        let acknowledged = async || registry.get(TENANT).await.unwrap().unwrap().acknowledged;
        in_time(async {
            while acknowledged().await < version {
                worker.tell_due().await.unwrap();
            }
        })
        .await;
        let messages = heard.take();
        assert!(messages.iter().all(|message| message.version == version), "{messages:?}");
        assert!(!messages.is_empty());
    }
    assert!(failures >= 2, "{failures}");
}

use std::fmt;
use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};

use self::pauses::{Pauses, random};
use self::places::Places;
use self::telling::Telling;
use crate::error::with_causes;
use crate::registry::Probing;
use crate::{Claim, Handler, Probe, Purged, Registry, Store, StoreError};

mod pauses;
mod places;
mod telling;

/// Does what is to be done beside receiving: tells the application of every change, destroys what is over, and asks a
/// [`Probe`] which credentials work, if it is given one.
///
/// ```no_run
/// # use untis_webhook_tenants::{Failed, Message, Registry, Store};
/// # async fn example(registry: Registry<impl Store + 'static>, stop: impl Future<Output = ()>) {
/// let worker = registry.worker(async |message: Message| {
///     println!("{}: {}", message.tenant_id, message.told.as_str());
///     Ok::<_, Failed>(())
/// });
/// worker.run_until(stop).await;
/// # }
/// ```
///
/// # What holds
///
/// - Of each change the application is told at least once, whoever dies when: what is to be told is written in the
///   transaction that makes the change, and is there until the handler has succeeded.
/// - Of several changes of a tenant the last is told, and none after a later one. What has to be known of those before
///   is in the [`Message`](crate::Message).
/// - A handler that fails, panics or takes longer than the [deadline](Self::deadline) is tried again, with pauses that
///   grow to 15 minutes, without end. A tenant whose handler always fails delays no other: what has failed before
///   takes half of the places [at most](Self::at_once).
///
/// Any number of workers, in any number of processes, may run over one database. Who tells something takes it for twice
/// the deadline, by the database's clock; then another may. A process that was stopped for so long and goes on can tell
/// a version after a newer one, which is why a handler leaves alone what is not above the version that it knows.
///
/// Each hour what is over is [purged](Registry::purge).
///
/// ```
/// use std::time::Duration;
///
/// use untis_webhook_tenants::{Handler, Probe, Registry, Store};
///
/// /// One that asks the platform as well, and stops when it is told to.
/// async fn work(
///     registry: Registry<impl Store + 'static>,
///     handler: impl Handler,
///     probe: impl Probe + 'static,
///     stop: impl Future<Output = ()>,
/// ) {
///     let worker = registry
///         .worker(handler)
///         .at_once(4)
///         .deadline(Duration::from_secs(20))
///         .pauses(Duration::from_secs(1), Duration::from_secs(300))
///         .poll(Duration::from_secs(5))
///         .probe(probe)
///         .sweep(Duration::from_secs(24 * 60 * 60));
///     worker.run_until(stop).await;
/// }
/// ```
pub struct Worker<S, H> {
    registry: Registry<S>,
    handler: Arc<H>,
    deadline: Duration,
    places: Places,
    poll: Duration,
    pauses: Pauses,
    probing: Probing,
    /// One round of a probe.
    probe: Option<Box<Round>>,
}

type Round = dyn Fn(Probing) -> BoxFuture<'static, Result<bool, StoreError>> + Send + Sync;

impl<S: Store + 'static> Registry<S> {
    /// A worker that tells this handler.
    pub fn worker<H: Handler>(&self, handler: H) -> Worker<S, H> {
        Worker {
            registry: self.clone(),
            handler: Arc::new(handler),
            deadline: Duration::from_secs(30),
            places: Places::new(8),
            poll: Duration::from_secs(1),
            pauses: Pauses { first: Duration::from_secs(2), longest: Duration::from_secs(15 * 60) },
            probing: Probing { may_restore: false, sweep: DAY.as_secs() },
            probe: None,
        }
    }
}

impl<S: Store + 'static, H: Handler> Worker<S, H> {
    /// How long a handler may take: 30 s unless it is said. Then its future is dropped. One that blocks its thread cannot
    /// be dropped, and another can be told beside it.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline.min(LONGEST);
        self
    }

    /// How many tenants are told of at once: 8 unless it is said, and 2 at least.
    #[must_use]
    pub fn at_once(mut self, at_once: u16) -> Self {
        self.places = Places::new(at_once.max(2));
        self
    }

    /// How long it takes at most until a change is noticed that another process made, or that was received
    /// [in a transaction of the application's own](Registry::receive_in): 1 s unless it is said.
    #[must_use]
    pub fn poll(mut self, poll: Duration) -> Self {
        self.poll = poll;
        self
    }

    /// The pause after the first failure, and the longest: 2 s and 15 min unless they are said. It doubles each time,
    /// and up to half of it is left out, at random.
    #[must_use]
    pub fn pauses(mut self, first: Duration, longest: Duration) -> Self {
        self.pauses = Pauses { first, longest: longest.min(LONGEST) };
        self
    }

    /// Asks this probe, of one tenant at a time: a minute after credentials came, of each active tenant
    /// [every day](Self::sweep), and of one that ended not before an hour is over, in which the platform has time to revoke:
    /// then about its sets, or about the one that came again. However often something is sent again, about one tenant it is
    /// asked once a minute at most. What perhaps works only as yet, an activation within the hour or a set that took a newer
    /// one's place, is asked about every hour for a while.
    ///
    /// - A set that the platform refused twice, a minute apart, is given up for another one of the tenant's client id that
    ///   works. If there is none, the application is told; and when none has worked for an hour, the tenant is
    ///   deactivated.
    /// - Credentials that came again after a deactivation, in bytes that were seen before it, activate the tenant if they
    ///   work.
    /// - Where a deactivated or deleted tenant's set still works after an hour, that is logged at WARN; whether it is
    ///   undone as well is [to be said](Self::probe_may_restore).
    /// - What proves nothing changes nothing, and is asked again after five minutes.
    #[must_use]
    pub fn probe(mut self, probe: impl Probe + 'static) -> Self {
        let (registry, probe) = (self.registry.clone(), Arc::new(probe));
        self.probe = Some(Box::new(move |probing| {
            let (registry, probe) = (registry.clone(), Arc::clone(&probe));
            Box::pin(async move { registry.probe_next(&*probe, probing).await })
        }));
        self
    }

    /// Lets the probe undo a deactivation or a deletion that came an hour ago or more, if a set still works: one that
    /// another partner forwarded, or that came late. Without it that is the operator's to decide:
    /// [`Registry::restore`].
    #[must_use]
    pub fn probe_may_restore(mut self) -> Self {
        self.probing.may_restore = true;
        self
    }

    /// How often the probe asks about each active tenant: every 24 h unless it is said, and every minute at most.
    #[must_use]
    pub fn sweep(mut self, every: Duration) -> Self {
        self.probing.sweep = every.as_secs().max(60);
        self
    }

    /// Runs until the future is dropped. What is being told then is told again.
    pub async fn run(self) {
        self.run_until(pending()).await;
    }

    /// Runs until `stop`. Then nothing more is begun, and what was begun is waited for, as long as the deadline and 5 s
    /// for the database.
    ///
    /// A database that fails is tried again, and logged.
    pub async fn run_until(self, stop: impl Future<Output = ()>) {
        tokio::select! {
            () = self.tell_until(stop) => {}
            () = self.purge_hourly() => {}
            () = self.probe_slowly() => {}
        }
    }

    /// Tells what is due now, and comes back when that is done: for an application that has no place for a worker that
    /// runs. Says of how many changes the application was told.
    ///
    /// # Errors
    ///
    /// [`StoreError`], where what there is to tell could not be read. What is being told then is told again.
    pub async fn tell_due(&self) -> Result<u64, StoreError> {
        let (mut telling, mut told) = (JoinSet::new(), 0);
        loop {
            self.begin(&mut telling).await?;
            match telling.join_next().await {
                Some(is_told) => told += u64::from(is_told.unwrap_or(false)),
                None => return Ok(told),
            }
        }
    }

    /// Asks the probe about every tenant that is due now, one after the other. Says of how many.
    ///
    /// # Errors
    ///
    /// [`StoreError`]. What was answered before counts.
    pub async fn probe_due(&self) -> Result<u64, StoreError> {
        let mut tenants = 0;
        if let Some(round) = &self.probe {
            while round(self.probing).await? {
                tenants += 1;
            }
        }
        Ok(tenants)
    }

    async fn tell_until(&self, stop: impl Future<Output = ()>) {
        let (mut telling, mut failures) = (JoinSet::new(), 0);
        let mut stop = pin!(stop);
        let end_by = || Instant::now() + self.deadline + STORING;
        let end = loop {
            let begun = {
                let mut begin = pin!(self.begin(&mut telling));
                tokio::select! {
                    biased;
                    begun = &mut begin => begun,
                    () = &mut stop => {
                        let end = end_by();
                        drop(timeout_at(end, begin).await);
                        break end;
                    }
                }
            };
            let pause = match begun {
                Ok(()) => {
                    failures = 0;
                    self.poll
                }
                Err(error) => {
                    failures += 1;
                    let error = with_causes(&error);
                    tracing::warn!(error, "what there is to tell the application cannot be read");
                    self.poll.max(OUTAGE.after(failures))
                }
            };
            tokio::select! {
                () = &mut stop => break end_by(),
                Some(_) = telling.join_next() => {}
                () = self.registry.changed() => {}
                () = sleep(pause) => {}
            }
        };
        let told = async { while telling.join_next().await.is_some() {} };
        // What is not done then is waiting for the database, and is told again.
        drop(timeout_at(end, told).await);
    }

    /// Begins to tell what is due, as far as there are places.
    async fn begin(&self, telling: &mut JoinSet<bool>) -> Result<(), StoreError> {
        for retries in [false, true] {
            let limit = self.places.free(retries);
            if limit == 0 {
                continue;
            }
            // The lease is taken later than this, and over later.
            let lease_end = Instant::now() + 2 * self.deadline;
            let lease = i64::from_ne_bytes(random().map_err(StoreError::database)?);
            let claim = Claim { limit, retries, lease, duration: 2 * self.deadline };
            let store = self.registry.store();
            let messages = store.claim(self.registry.environment(), claim).await?;
            // A connection that was long in coming leaves a handler its time.
            let deadline = lease_end.min(Instant::now() + self.deadline);
            for message in messages {
                let place = self.places.take(message.attempt > 1);
                let telling_one = Telling {
                    registry: self.registry.clone(),
                    handler: Arc::clone(&self.handler),
                    pauses: self.pauses,
                    lease,
                    lease_end,
                    deadline,
                };
                telling.spawn(async move {
                    let is_told = telling_one.tell(message).await;
                    drop(place);
                    is_told
                });
            }
        }
        Ok(())
    }

    async fn probe_slowly(&self) {
        let Some(round) = &self.probe else { return pending().await };
        let mut failures = 0;
        loop {
            match round(self.probing).await {
                Ok(true) => {
                    failures = 0;
                    sleep(BETWEEN_PROBES).await;
                }
                Ok(false) => sleep(self.poll).await,
                Err(error) => {
                    failures += 1;
                    tracing::warn!(error = with_causes(&error), "whom to probe cannot be read");
                    sleep(OUTAGE.after(failures)).await;
                }
            }
        }
    }

    async fn purge_hourly(&self) {
        loop {
            match self.registry.purge().await {
                Ok(purged) if purged == Purged::default() => {}
                Ok(purged) => tracing::info!(?purged, "what is over is destroyed"),
                Err(error) => {
                    tracing::warn!(error = with_causes(&error), "what is over cannot be destroyed yet");
                }
            }
            sleep(HOUR).await;
        }
    }
}

impl<S, H> fmt::Debug for Worker<S, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("registry", &self.registry)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

/// For a database that fails.
const OUTAGE: Pauses = Pauses { first: Duration::from_secs(1), longest: Duration::from_secs(60) };

/// What it takes at most to store what became of a message, where somebody waits for it.
const STORING: Duration = Duration::from_secs(5);

/// More than that is for ever, and more than a clock may hold.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Of one worker, so that a sweep is no flood.
const BETWEEN_PROBES: Duration = Duration::from_millis(100);

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

const HOUR: Duration = Duration::from_secs(60 * 60);

use std::time::Duration;

use tokio::time::sleep;
use untis_webhook_serve::causes;
use untis_webhook_tenants::{
    Failed, Handler, Message, Registry, Retry, Store, TokenProbe, TokenProbeError, Worker,
};

use crate::notify::Notify;
use crate::settings;

/// What is done beside receiving.
pub(super) struct Work<S> {
    pub(super) registry: Registry<S>,
    pub(super) notify: Option<Notify>,
    pub(super) probe: Option<Probe>,
}

/// What is asked which credentials work.
pub(super) struct Probe {
    asks: TokenProbe,
    may_restore: bool,
}

impl Probe {
    pub(super) fn new(probe: &settings::Probe) -> Result<Self, TokenProbeError> {
        Ok(Self { asks: TokenProbe::new(&probe.url)?, may_restore: probe.may_restore })
    }
}

impl<S: Store + 'static> Work<S> {
    /// Tells the application, destroys what is over, and asks the probe, until `stop`; what is being told then is ended.
    /// Where there is nobody to tell, what there is to tell is kept.
    pub(super) async fn run_until(self, stop: impl Future<Output = ()>) {
        let Self { registry, notify, probe } = self;
        match notify {
            Some(notify) => with(probe, registry.worker(notify).deadline(DEADLINE)).run_until(stop).await,
            None => {
                let worker = with(probe, registry.worker(nobody));
                tokio::select! {
                    () = stop => {}
                    () = purge_hourly(&registry) => {}
                    () = probe_slowly(&worker) => {}
                }
            }
        }
    }
}

fn with<S: Store + 'static, H: Handler>(probe: Option<Probe>, worker: Worker<S, H>) -> Worker<S, H> {
    match probe {
        Some(Probe { asks, may_restore: true }) => worker.probe(asks).probe_may_restore(),
        Some(Probe { asks, may_restore: false }) => worker.probe(asks),
        None => worker,
    }
}

/// Is never called: its worker is asked for its probe alone.
async fn nobody(_: Message) -> Result<(), Failed> {
    Err(Failed::new("there is nobody to tell", Retry::Later))
}

async fn purge_hourly<S: Store>(registry: &Registry<S>) {
    loop {
        if let Err(error) = registry.purge().await {
            tracing::warn!(error = causes(&error), "what is over cannot be destroyed yet");
        }
        sleep(HOUR).await;
    }
}

async fn probe_slowly<S: Store + 'static, H: Handler>(worker: &Worker<S, H>) {
    loop {
        if let Err(error) = worker.probe_due().await {
            tracing::warn!(error = causes(&error), "whom to probe cannot be read");
            sleep(OUTAGE).await;
        }
        sleep(POLL).await;
    }
}

/// For a message, what is written about it included: longer than the application has to answer.
const DEADLINE: Duration = Duration::from_secs(20);

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Whether there is something to ask the probe. It has a minute to wait at least.
const POLL: Duration = Duration::from_secs(5);

/// Besides, for a database that fails.
const OUTAGE: Duration = Duration::from_secs(30);

use std::future::pending;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use untis_webhook_tenants::{Failed, Message, Registry, Retry, Store};

use crate::deliveries::Deliveries;
use crate::report::Report;

/// How long it takes from when a delivery is received until the application is told, alone and beside tenants whose
/// handler always fails or hangs. There are many more of those than places, and they are tried again at once.
pub(crate) async fn measure<S: Store + 'static>(
    [alone, beside]: [Registry<S>; 2],
    deliveries: &Deliveries,
    report: &mut Report,
) {
    let (bad, good) = deliveries.schools.split_at(BAD);
    for school in bad {
        beside.receive(&school.activation).await.unwrap();
    }
    let (told, mut heard) = mpsc::unbounded_channel();
    let bad_ids: Vec<_> = bad.iter().map(|school| school.id.clone()).collect();
    let handler = move |message: Message| {
        let (told, bad) = (told.clone(), bad_ids.iter().position(|id| *id == message.tenant_id));
        async move {
            match bad {
                Some(n) if n % 2 == 0 => pending().await,
                Some(_) => Err(Failed::new("always", Retry::Later)),
                None => Ok(told.send(Instant::now())?),
            }
        }
    };
    let worker = |registry: &Registry<S>| {
        let worker = registry.worker(handler.clone()).deadline(Duration::from_millis(100));
        tokio::spawn(worker.pauses(Duration::from_millis(10), Duration::from_millis(100)).run())
    };
    let workers = [worker(&alone), worker(&beside)];
    let mut costs = [Vec::new(), Vec::new()];
    for school in good.iter().take(TOLD) {
        for (registry, costs) in [&alone, &beside].into_iter().zip(&mut costs) {
            registry.receive(&school.activation).await.unwrap();
            let received = Instant::now();
            costs.push(heard.recv().await.unwrap().saturating_duration_since(received));
        }
    }
    for worker in workers {
        worker.abort();
    }
    let [alone, beside] = costs.map(|mut costs| {
        costs.sort_unstable();
        costs[costs.len() / 2].as_secs_f64() * 1e9
    });
    let what = format!("told, beside {BAD} that fail or hang");
    report.line(&what, beside, "alone", alone, Some(1.5));
}

/// Tenants whose handler fails or hangs, of which a worker tells eight at once.
const BAD: usize = 40;

/// Tenants that are told of.
const TOLD: usize = 200;

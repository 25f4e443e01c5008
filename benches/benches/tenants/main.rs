//! What a registry of tenants costs, as ratios measured in one run, each beside its bound, over SQLite and PostgreSQL:
//! `.ci/postgres cargo bench -p untis-webhook-benches --bench tenants`. Without `.ci/postgres`, which starts a server, it
//! says that PostgreSQL is left out.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a bench stops where it is surprised")]

mod costs;
mod database;
mod deliveries;
mod listing;
mod report;
mod telling;

use std::process::ExitCode;
use std::time::Instant;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use untis_webhook_tenants::{Registry, Store};
use untis_webhook_tenants_sqlx::{PgStore, SqliteStore};

use crate::costs::{Costs, Step};
use crate::database::{Database, make_upserted, multiply, octets};
use crate::deliveries::Deliveries;
use crate::report::Report;

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let deliveries = Deliveries::sign(FEW);
    let mut report = Report::default();
    runtime.block_on(async {
        sqlite(&deliveries, &mut report).await;
        match std::env::var("UNTIS_WEBHOOK_TESTS_POSTGRES") {
            Ok(server) => postgres(&server, &deliveries, &mut report).await,
            Err(_) => println!("\nPostgreSQL is left out: UNTIS_WEBHOOK_TESTS_POSTGRES names no server"),
        }
    });
    report.end()
}

async fn sqlite(deliveries: &Deliveries, report: &mut Report) {
    let folder = tempfile::tempdir().unwrap();
    let open = async |name| SqliteStore::open(folder.path().join(name)).await.unwrap();
    measure([open("few").await, open("many").await], deliveries, report).await;
    measure_telling([open("alone").await, open("beside").await], deliveries, report).await;
}

async fn postgres(server: &str, deliveries: &Deliveries, report: &mut Report) {
    let mut connection = PgConnection::connect(server).await.unwrap();
    let names =
        ["few", "many", "alone", "beside"].map(|name| format!("benches_{}_{name}", std::process::id()));
    for name in &names {
        let create = AssertSqlSafe(format!("CREATE DATABASE {name}"));
        sqlx::query(create).execute(&mut connection).await.unwrap();
    }
    let open = async |name| {
        let url = server.replace("/postgres?", &format!("/{name}?"));
        PgStore::connect(&url).await.unwrap()
    };
    measure([open(&names[0]).await, open(&names[1]).await], deliveries, report).await;
    measure_telling([open(&names[2]).await, open(&names[3]).await], deliveries, report).await;
    for name in &names {
        let drop = AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"));
        sqlx::query(drop).execute(&mut connection).await.unwrap();
    }
}

async fn measure<S: Database>(stores: [S; 2], deliveries: &Deliveries, report: &mut Report) {
    let start = Instant::now();
    let [few, many] = stores;
    let (few, many) = (deliveries.registry(few).await, deliveries.registry(many).await);
    let octets = fill(&few, deliveries, 1).await;
    fill(&many, deliveries, MANY / FEW).await;
    println!(
        "\n{}: {FEW} tenants and {MANY}, {octets} octets each, made in {:.0} s",
        S::NAME,
        start.elapsed().as_secs_f64()
    );

    let mut costs = Costs::measure([&few, &many], &deliveries.schools, &"y".repeat(octets)).await;
    for (which, tenants) in [FEW, MANY].into_iter().enumerate() {
        println!("of {tenants} tenants");
        for (step, reference) in Step::RECEIVES {
            let (cost, reference_cost) = (costs.median(which, step), costs.median(which, reference));
            report.line(step.name(), cost, reference.name(), reference_cost, Some(1.5));
        }
    }
    println!("of {MANY} tenants, to {FEW}");
    for step in Step::REGISTRY {
        let (cost, reference_cost) = (costs.median(1, step), costs.median(0, step));
        report.line(step.name(), cost, "the same", reference_cost, Some(1.5));
    }
    listing::measure(&many, MANY, report).await;
}

async fn measure_telling<S: Store + 'static>(
    [alone, beside]: [S; 2],
    deliveries: &Deliveries,
    report: &mut Report,
) {
    let registries = [deliveries.registry(alone).await, deliveries.registry(beside).await];
    telling::measure(registries, deliveries, report).await;
}

/// Fills an empty registry with so many times the schools, and gives the octets of one.
async fn fill<S: Database>(registry: &Registry<S>, deliveries: &Deliveries, times: usize) -> usize {
    let store = registry.store();
    let mut transaction = store.begin().await.unwrap();
    for school in &deliveries.schools {
        registry.receive_in(&mut transaction, &school.activation).await.unwrap();
    }
    store.commit(transaction).await.unwrap();
    let octets = octets(store, &deliveries.schools[0].id).await;
    make_upserted(store, &"x".repeat(octets)).await;
    multiply(store, times).await;
    octets
}

/// Tenants in the one database and in the other.
const FEW: usize = 1000;
const MANY: usize = 100_000;

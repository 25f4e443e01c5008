use std::env;

use sqlx::{Connection as _, PgConnection};
use tokio::io::copy_bidirectional;
use tokio::net::UnixStream;
use tokio::task::JoinSet;
use untis_webhook_testkit::School;

use super::*;

/// The way to a PostgreSQL server, which can be cut.
struct Way {
    address: SocketAddr,
    connections: JoinHandle<()>,
}

impl Way {
    async fn open(address: SocketAddr, socket: String) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = tokio::spawn(async move {
            // All of them end with it.
            let mut connections = JoinSet::new();
            loop {
                let (mut client, _) = listener.accept().await.unwrap();
                let mut server = UnixStream::connect(&socket).await.unwrap();
                connections.spawn(async move { drop(copy_bidirectional(&mut client, &mut server).await) });
            }
        });
        Self { address, connections }
    }

    async fn cut(self) -> SocketAddr {
        self.connections.abort();
        assert!(self.connections.await.unwrap_err().is_cancelled());
        self.address
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL: .ci/postgres"]
async fn a_database_that_is_away_is_503_and_not_ready_and_comes_back_by_itself() {
    let server = env::var("UNTIS_WEBHOOK_TESTS_POSTGRES").expect(".ci/postgres runs this");
    let mut admin = PgConnection::connect(&server).await.unwrap();
    sqlx::query("CREATE DATABASE outage").execute(&mut admin).await.unwrap();
    let folder = server.split_once("?host=").unwrap().1;
    let socket = format!("{folder}/.s.PGSQL.5432");

    let way = Way::open(any_port(), socket.clone()).await;
    let mut setup = Setup::new();
    setup.tenants().database = Database::Postgres(format!("postgres://tests@{}/outage", way.address));
    let daemon = setup.start().await;
    let mut school = School::new(SigningKey::shared(), "12345");
    assert_eq!(daemon.deliver(&school.activate()).await, 204);
    assert_eq!(daemon.admin("/readyz").await, (200, "ready".to_owned()));

    let address = way.cut().await;
    let reset = school.reset();
    let response = daemon.deliver_to("POST", "/webhook", &reset).await;
    assert_eq!((response.status, response.header("retry-after")), (503, Some("10")));
    let unready = async || Some(daemon.admin("/readyz").await).filter(|(status, _)| *status != 200);
    assert_eq!(eventually(unready).await, (503, "the database does not answer".to_owned()));
    assert_eq!(daemon.ask("/v1/tenants/12345/credentials").await.0, 503);
    assert_eq!(daemon.metric("untis_webhook_database_up").await, Some(0.0));
    assert_eq!(daemon.admin("/livez").await.0, 200);

    let _way = Way::open(address, socket).await;
    eventually(async || (daemon.admin("/readyz").await.0 == 200).then_some(())).await;
    assert_eq!(daemon.deliver(&reset).await, 204);
    let (status, credentials) = daemon.ask("/v1/tenants/12345/credentials").await;
    assert_eq!((status, &credentials["version"]), (200, &2.into()));
}

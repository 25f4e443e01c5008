use untis_webhook_testkit::School;

use super::*;

#[tokio::test]
async fn what_has_begun_is_ended_and_nothing_more_is_taken() {
    let daemon = Setup::new().start().await;
    let addresses = daemon.addresses;
    let delivery = School::new(SigningKey::shared(), "12345").activate();

    // Its head is there, and half of its body.
    let mut connection = Connection::to(addresses.webhook).await;
    connection.send(wire::head_of(&delivery)).await;
    let (first, second) = delivery.body().split_at(20);
    connection.send(first).await;
    eventually(async || (daemon.admin("/livez").await.0 == 200).then_some(())).await;
    daemon.stop.send(()).unwrap();
    eventually(async || Connection::try_to(addresses.webhook).await.is_err().then_some(())).await;
    assert_eq!(get(addresses.admin, "/readyz", &[]).await.body, "stopping");

    connection.send(second).await;
    assert_eq!(connection.response().await.unwrap().status, 204);
    timeout(Duration::from_secs(20), daemon.served).await.expect("an end").unwrap();
    for address in [addresses.webhook, addresses.admin, addresses.api.unwrap()] {
        assert!(Connection::try_to(address).await.is_err());
    }
    drop(daemon.folder);
}

#[tokio::test]
async fn what_is_being_told_is_waited_for_and_can_be_asked_about() {
    let mut application = Application::start([Answer::Late]).await;
    let daemon = Setup::new().telling(&application.url()).start().await;
    let registry = daemon.registry().await;
    assert_eq!(daemon.deliver(&School::new(SigningKey::shared(), "12345").activate()).await, 204);
    application.told().await;
    daemon.stop.send(()).unwrap();
    eventually(async || Connection::try_to(daemon.addresses.webhook).await.is_err().then_some(())).await;
    let api = daemon.addresses.api.unwrap();
    let asked = get(api, "/v1/tenants/12345/credentials", &[("authorization", BEARER)]).await;
    assert_eq!(asked.status, 200);
    timeout(Duration::from_secs(20), daemon.served).await.expect("an end").unwrap();
    assert_eq!(registry.get("12345").await.unwrap().unwrap().acknowledged, 1);
}

#[tokio::test]
async fn a_daemon_that_starts_again_tells_what_was_not_told() {
    let application = Application::start([Answer::Status(500)]).await;
    let url = application.url();
    let daemon = Setup::new().telling(&url).start().await;
    assert_eq!(daemon.deliver(&School::new(SigningKey::shared(), "12345").activate()).await, 204);
    let address = application.stop().await;
    let store_key = daemon.store_key.clone();
    let folder = daemon.stop().await;

    let mut application = Application::start_at(address, [Answer::Status(204)]).await;
    let mut setup = Setup::new().telling(&url);
    setup.tenants().database = Database::Sqlite(folder.path().join("tenants.db"));
    setup.tenants().ring = KeyRing::new("first", store_key).unwrap();
    let _daemon = setup.start().await;
    assert_eq!(application.told().await.json()["type"], "tenant.activated");
}

#[tokio::test]
async fn sqlites_log_is_in_its_file_when_it_has_ended() {
    let daemon = Setup::new().start().await;
    let delivery = School::new(SigningKey::shared(), "12345").activate();
    assert_eq!(daemon.deliver(&delivery).await, 204);
    let folder = daemon.stop().await;
    let files = std::fs::read_dir(folder.path()).unwrap();
    let files: Vec<_> = files.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files, ["tenants.db"]);
}

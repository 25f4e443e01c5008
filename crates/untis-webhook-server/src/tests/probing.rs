use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use untis_webhook_testkit::{School, TokenEndpoint};

use super::*;
use crate::settings::Probe;

/// What is due to be asked about is, here at once.
#[tokio::test]
async fn the_platform_is_asked_which_credentials_work_whether_there_is_an_application_to_tell_or_not() {
    for is_told in [true, false] {
        let endpoint = TokenEndpoint::start();
        let application = Application::start([Answer::Status(204)]).await;
        let mut setup = Setup::new();
        if is_told {
            setup = setup.telling(&application.url());
        }
        setup.tenants().probe = Some(Probe { url: endpoint.url(), may_restore: false });
        let daemon = setup.start().await;
        let activation = School::new(SigningKey::shared(), "12345").at(&endpoint).activate();
        assert_eq!(daemon.deliver(&activation).await, 204);
        assert!(daemon.ask("/v1/tenants/12345").await.1["workedAt"].is_null());

        let file = daemon.folder.path().join("tenants.db");
        let mut database = SqliteConnectOptions::new().filename(file).connect().await.unwrap();
        let is_due = "UPDATE untis_webhook_tenants SET probe_at = 0";
        sqlx::query(is_due).execute(&mut database).await.unwrap();
        let has_worked = async || {
            let (_, tenant) = daemon.ask("/v1/tenants/12345").await;
            tenant["workedAt"].is_string().then_some(())
        };
        eventually(has_worked).await;
    }
}

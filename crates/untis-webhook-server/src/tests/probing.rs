use untis_webhook_testkit::{School, TokenEndpoint};

use super::*;
use crate::settings::Probe;

/// What was seen before a deactivation comes again, and the platform says whether it is good.
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
        let mut school = School::new(SigningKey::shared(), "12345").at(&endpoint);
        let activation = school.activate();
        for delivery in [&activation, &school.deactivate()] {
            assert_eq!(daemon.deliver(delivery).await, 204);
        }
        let _lost = school.reactivate();
        assert_eq!(daemon.deliver(&activation).await, 204);
        let is_active = async || {
            let (_, tenant) = daemon.ask("/v1/tenants/12345").await;
            (tenant["status"] == "active").then_some(())
        };
        eventually(is_active).await;
        assert!(daemon.ask("/v1/tenants/12345").await.1["workedAt"].is_string());
    }
}

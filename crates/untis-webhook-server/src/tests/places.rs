use std::pin::Pin;

use tokio::task::JoinSet;
use tokio::time::sleep;
use untis_webhook_testkit::School;

use super::*;

/// The listeners beside the webhook's have 64 places and 16.
#[tokio::test]
async fn strangers_keep_no_place_of_the_api_nor_of_the_admin_listener() {
    let kinds: [fn(SocketAddr) -> Asking; 2] = [ask_again, ask_and_take_no_answer];
    for asks_for_ever in kinds {
        let daemon = Setup::new().start().await;
        let Addresses { admin, api, .. } = daemon.addresses;
        assert_eq!(daemon.deliver(&School::new(SigningKey::shared(), "12345").activate()).await, 204);
        let to_api = (0..80).map(|_| asks_for_ever(api.unwrap()));
        let strangers: JoinSet<()> = to_api.chain((0..20).map(|_| asks_for_ever(admin))).collect();
        sleep(Duration::from_millis(300)).await;
        // Otherwise they are there for five minutes.
        assert_eq!(daemon.ask("/v1/tenants/12345/credentials").await.0, 200);
        assert_eq!(daemon.admin("/livez").await.0, 200);
        drop(strangers);
    }
}

type Asking = Pin<Box<dyn Future<Output = ()> + Send>>;

fn ask_again(address: SocketAddr) -> Asking {
    Box::pin(async move {
        while let Ok(mut connection) = Connection::try_to(address).await {
            while connection.try_send("GET / HTTP/1.1\r\nhost: stranger\r\n\r\n").await.is_ok() {
                let Some(response) = connection.response().await else { break };
                assert!([401, 421].contains(&response.status), "{response:?}");
                sleep(Duration::from_millis(100)).await;
            }
        }
    })
}

/// By HTTP/2, where a peer says how much it takes: nothing.
fn ask_and_take_no_answer(address: SocketAddr) -> Asking {
    const SETTINGS: &[u8] = b"\0\0\x06\x04\0\0\0\0\0\0\x04\0\0\0\0";
    const GET: &[u8] = b"\x82\x86\x84\x41\x08stranger";
    Box::pin(async move {
        while let Ok(mut connection) = Connection::try_to(address).await {
            let mut sent =
                connection.try_send([b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", SETTINGS].concat()).await;
            for stream in (1..=u8::MAX).step_by(2) {
                if sent.is_err() {
                    break;
                }
                let head = [b"\0\0\x0d\x01\x05\0\0\0", &[stream][..], GET].concat();
                sent = connection.try_send(head).await;
                sleep(Duration::from_millis(100)).await;
            }
        }
    })
}

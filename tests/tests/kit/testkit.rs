//! The pretend platform: what it signs is genuine, what it forges is refused for the reason that it says.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where it is surprised"
)]

use std::collections::HashSet;
use std::io::{ErrorKind, Read, Write};
use std::process::Command;

use bytes::Bytes;
use tokio::net::TcpListener;
use untis_webhook::{
    Algorithm, Event, HeaderNames, KeySet, PresentedSignature, Rejection, Verified, Verifier,
    event::ReasonType,
};
use untis_webhook_testkit::{Delivery, Forgery, Payload, SigningKey};
use untis_webhook_tests::platform::{self, PLATFORM};

fn verify(delivery: Delivery) -> Result<Verified<Bytes>, Rejection> {
    let verifier = Verifier::new(KeySet::new([("test", SigningKey::shared().verifying_key())]).unwrap());
    let (head, body) = delivery.into_request("/webhook").into_parts();
    let presented = PresentedSignature::from_headers(&head.headers, &HeaderNames::default())?;
    verifier.verify(&presented, body)
}

#[test]
fn every_documented_payload_is_verified_and_known() {
    let mut seen = HashSet::new();
    for payload in Payload::every() {
        for algorithm in Algorithm::ALL {
            let verified =
                verify(Delivery::sign_with(SigningKey::shared(), algorithm, payload.clone())).unwrap();
            match &*verified.event().unwrap() {
                Event::Credentials(_) => {}
                Event::Deactivation(deactivation) => {
                    assert!(
                        !matches!(deactivation.reason_type, Some(ReasonType::Unknown(_)) | None),
                        "{payload}"
                    );
                }
                other => panic!("{other:?}: {payload}"),
            }
        }
        assert!(seen.insert(payload.to_string()), "twice: {payload}");
    }
    // Credentials of three kinds and of the first version; two deactivations of five reasons in two spellings.
    assert_eq!(seen.len(), 3 + 1 + 2 * 5 * 2);
}

#[test]
fn every_forgery_is_refused_for_its_reason_and_the_genuine_one_is_not() {
    for algorithm in Algorithm::ALL {
        let delivery = Delivery::sign_with(SigningKey::shared(), algorithm, Payload::credentials_v1());
        for forgery in Forgery::ALL {
            let verdict = verify(delivery.clone().forge(forgery));
            assert_eq!(verdict.unwrap_err(), forgery.rejection(), "{forgery:?} of {algorithm}");
            assert_eq!(forgery.rejection().status(), 401);
        }
        // A replay is genuine: nothing in it says otherwise.
        assert!(verify(delivery.clone()).is_ok());
        assert!(verify(delivery).is_ok());
    }
}

#[test]
fn a_field_can_be_set_added_and_left_out() {
    let payload =
        Payload::credentials_v1().set("tenantId", "a \"quoted\" ä").set("added", "1").without("schoolName");
    let event = verify(Delivery::sign(SigningKey::shared(), payload.clone())).unwrap().event().unwrap();
    assert_eq!(event.tenant_id(), Some("a \"quoted\" ä"));
    assert_eq!(
        payload.to_string(),
        r#"{"tenantId":"a \"quoted\" ä","clientId":"test-client-id","secret":"test-secret","password":"test-password","host":"localhost","added":"1"}"#
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_can_be_sent_to_a_receiver_that_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/webhook", listener.local_addr().unwrap());
    tokio::spawn(hyper_receiver::serve(listener, platform::verifier(), Box::pin(std::future::pending())));
    let genuine = Delivery::sign(&PLATFORM, Payload::credentials_v1());
    tokio::task::spawn_blocking(move || {
        assert_eq!(genuine.clone().send(&url).unwrap().status(), 204);
        let refused = genuine.clone().forge(Forgery::OtherKey).send(&url).unwrap();
        assert_eq!(
            (refused.status().as_u16(), refused.headers()["www-authenticate"].as_bytes()),
            (401, &b"Untis-Signature"[..])
        );
        for nowhere in ["http://127.0.0.1:1/", "not a URL"] {
            assert_eq!(genuine.clone().send(nowhere).unwrap_err().to_string(), "cannot send the delivery");
        }
    })
    .await
    .unwrap();
}

#[test]
fn debug_shows_no_key_no_signature_and_no_value() {
    let delivery = Delivery::sign(SigningKey::shared(), Payload::credentials_v1());
    let shown = format!("{:?} {delivery:?} {:?}", SigningKey::shared(), Payload::credentials_v1());
    assert_eq!(shown, "SigningKey { .. } Delivery { algorithm: Sha256WithRsa, .. } Payload(..)");
}

/// The environment is the process's, so this runs itself in another one.
#[test]
fn a_delivery_goes_through_no_proxy_of_the_environment() {
    if let Ok(receiver) = std::env::var("TESTKIT_RECEIVER") {
        let delivery = Delivery::sign(SigningKey::shared(), Payload::credentials_v1());
        assert_eq!(delivery.send(&receiver).unwrap().body(), "heard");
        return;
    }
    let listen = || std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (proxy, receiver) = (listen(), listen());
    let address = receiver.local_addr().unwrap();
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = receiver.accept().unwrap();
        stream.read_exact(&mut [0; 400]).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nheard").unwrap();
        // Read on, so that to close is no reset.
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let mut test = Command::new(std::env::current_exe().unwrap());
    test.args(["--exact", "testkit::a_delivery_goes_through_no_proxy_of_the_environment"]);
    test.env("TESTKIT_RECEIVER", format!("http://{address}/webhook"));
    for variable in ["ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "http_proxy", "https_proxy"] {
        test.env(variable, format!("http://{}", proxy.local_addr().unwrap()));
    }
    let output = test.env_remove("NO_PROXY").env_remove("no_proxy").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    answering.join().unwrap();
    proxy.set_nonblocking(true).unwrap();
    assert_eq!(proxy.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
}

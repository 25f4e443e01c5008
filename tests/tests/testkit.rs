//! The pretend platform: what it signs is genuine, what it forges is refused for the reason that it says.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test stops where it is surprised")]

use std::collections::HashSet;

use bytes::Bytes;
use untis_webhook::{
    Algorithm, Event, HeaderNames, KeySet, PresentedSignature, Rejection, Verified, Verifier,
    event::ReasonType,
};
use untis_webhook_testkit::{Delivery, Forgery, Payload, SigningKey};

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

#[test]
fn debug_shows_no_key_no_signature_and_no_value() {
    let delivery = Delivery::sign(SigningKey::shared(), Payload::credentials_v1());
    let shown = format!("{:?} {delivery:?} {:?}", SigningKey::shared(), Payload::credentials_v1());
    assert_eq!(shown, "SigningKey { .. } Delivery { algorithm: Sha256WithRsa, .. } Payload(..)");
}

//! What the log says of what was not taken.

use untis_webhook::event::CredentialsEventType;
use untis_webhook_testkit::{Delivery, Payload};

use super::{Program, Receiver, keys_of_the_vectors};
use crate::platform::{PLATFORM, forged};
use crate::wire::{head, head_of, status};

/// Of each reason the first refusal is a line, bounded and escaped, and the others are a number.
pub async fn says_what_it_refused(program: &Program) {
    let receiver = Receiver::start_with_log(program, &keys_of_the_vectors(), "").await;
    let forged =
        head(&forged("".into()), &[]).replacen("/webhook", &format!("/{}?token=secret", "x".repeat(5000)), 1);
    let unsigned = "PUT /webhook/\u{202e}?token=secret HTTP/1.1\r\nHost: x\r\n\r\n";
    for _ in 0..3 {
        assert_eq!(status(receiver.address, &forged).await, 401);
    }
    for _ in 0..20 {
        assert_eq!(status(receiver.address, unsigned).await, 401);
    }
    receiver.signal("TERM").await;
    let (_, log) = receiver.end().await;
    let refused: Vec<_> = log.lines().filter(|line| line.contains("refused")).collect();
    assert!(refused.iter().all(|line| line.contains(" INFO ") && line.len() < 400), "{log}");
    let [first, second, numbers @ ..] = &refused[..] else { panic!("{log}") };
    for (line, expected) in [
        (
            first,
            [
                "no trusted key made this signature",
                r#"method="POST""#,
                "xxxx…",
                "rejection=UntrustedSignature",
            ],
        ),
        (second, ["missing", r#"method="PUT""#, r#"path="/webhook/\u{202e}""#, "rejection=Missing"]),
    ] {
        for part in expected {
            assert!(line.contains(part), "{part} is not in {line}");
        }
    }
    let number = |more: &str| numbers.iter().filter(|line| line.contains(more)).count();
    assert_eq!((numbers.len(), number("more=2 "), number("more=19 ")), (2, 1, 1), "{log}");
    assert!(!log.contains("token"), "{log}");
}

/// A signed body that cannot be decoded, or that comes to another path, is said once, with its reason; and so is one
/// that is taken though a field of it is of another type than documented.
pub async fn warns_of_a_genuine_delivery_that_it_does_not_take(program: &Program) {
    let keys = format!("production={}", PLATFORM.public_key_base64());
    let credentials = Payload::credentials(CredentialsEventType::Created);
    let no_text = credentials.to_string().replace(r#""test-client-id""#, r#"["test-client-id"]"#);
    let numbers =
        credentials.to_string().replace("\"12345\"", "12345").replace("\"555 / 123 456 789\"", "555");
    for (payload, target, answer, said) in [
        (no_text, "/webhook", 422, &["clientId"][..]),
        (credentials.clone().without("secret").to_string(), "/webhook", 422, &["secret"]),
        (credentials.to_string(), "/elsewhere?token=secret", 404, &["404", "/elsewhere"]),
        (numbers, "/webhook", 204, &["tenantId", "schoolPhoneNumber"]),
    ] {
        let receiver = Receiver::start_with_log(program, &keys, "info").await;
        let delivery = Delivery::sign(&PLATFORM, payload);
        let head = head_of(&delivery).replacen("/webhook", target, 1);
        let request = [head.as_bytes(), delivery.body()].concat();
        assert_eq!(status(receiver.address, request).await, answer);
        receiver.signal("TERM").await;
        let (_, log) = receiver.end().await;
        let warnings: Vec<_> = log.lines().filter(|line| line.contains(" WARN ")).collect();
        let [warning] = warnings[..] else { panic!("one warning expected: {log}") };
        assert!(said.iter().all(|said| warning.contains(said)), "{said:?} in {warning}");
        for hidden in ["test-secret", "test-password", "test-client-id", "Jane Doe", "token"] {
            assert!(!log.contains(hidden), "{hidden} in {log}");
        }
    }
}

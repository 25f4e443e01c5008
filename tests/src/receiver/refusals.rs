//! What the log says of what was not taken.

use super::{Program, Receiver, keys_of_the_vectors};
use crate::platform::forged;
use crate::wire::{head, status};

/// Of each reason the first refusal is a line, bounded and escaped, and the others are a number.
pub async fn says_what_it_refused(program: &Program) {
    let receiver = Receiver::start_with_log(program, &keys_of_the_vectors(), "").await;
    let forged =
        head(&forged("".into()), &[]).replacen("/webhook", &format!("/{}?token=secret", "x".repeat(5000)), 1);
    let unsigned = "PUT /webhook/\u{202e} HTTP/1.1\r\nHost: x\r\n\r\n";
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

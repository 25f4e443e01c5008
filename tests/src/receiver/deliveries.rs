//! What is taken, and what is not.

use super::{Program, Receiver, keys_of_the_vectors};
use crate::platform::{BODY, forged};
use crate::vectors;
use crate::wire::{head, status};

/// Every delivery by another program is answered 204 and logged in one line, without a secret; tampered with,
/// it is 401.
pub async fn takes_what_java_and_openssl_signed(program: &Program) {
    let receiver = Receiver::start(program, &keys_of_the_vectors()).await;
    let deliveries = vectors::deliveries();
    assert_eq!(deliveries.len(), 6);
    for delivery in &deliveries {
        let mut tampered = delivery.clone();
        tampered.body.push(b' ');
        let mut unsupported = delivery.clone();
        unsupported.algorithm = "SHA1withRSA".to_owned();
        assert_eq!(status(receiver.address, delivery.to_http()).await, 204, "{}", delivery.name);
        assert_eq!(status(receiver.address, tampered.to_http()).await, 401, "{}", delivery.name);
        assert_eq!(status(receiver.address, unsupported.to_http()).await, 401, "{}", delivery.name);
    }
    assert_eq!(status(receiver.address, vectors::published_delivery().to_http()).await, 401);
    let forged = head(&forged("".into()), &[("content-length", &BODY.len().to_string())]) + BODY;
    assert_eq!(status(receiver.address, forged).await, 401);

    receiver.signal("TERM").await;
    let (code, log) = receiver.end().await;
    assert_eq!(code, Some(0));

    let lines: Vec<_> = log.lines().filter(|line| line.contains(" tenant=")).collect();
    assert_eq!(lines.len(), deliveries.len(), "{log}");
    for (line, expected) in lines.iter().zip([
        r#"tenant="12345" event="CREATED" key=java-sha256"#,
        r#"tenant="12345" event="credentials of version 1" key=java-sha384"#,
        r#"tenant="12345" event="DEACTIVATION" key=java-sha512"#,
        r#"tenant="12345" event="DELETION" key=openssl-sha256"#,
        r#"tenant="12345" event="RESET" key=openssl-sha384"#,
        r#"tenant="12345" event="LICENCE_RENEWED" key=openssl-sha512"#,
    ]) {
        assert!(line.ends_with(expected), "{line}");
        let known = !line.contains("LICENCE_RENEWED");
        assert!(line.contains(if known { " INFO " } else { " WARN " }), "{line}");
    }
    let signatures = deliveries.iter().map(|delivery| delivery.authorization.as_str().split_at(12).0);
    for hidden in
        signatures.chain(["test-secret", "test-password", "Jane Doe", "test-client-id", "SHA1withRSA"])
    {
        assert!(!log.contains(hidden), "{hidden} in {log}");
    }
}

/// The published example is refused under each published key, for the reason that the key makes.
pub async fn refuses_the_published_example(program: &Program) {
    let folder = std::env::temp_dir().join(format!("{}-published-{}", program.name, std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (environment, reason) in [
        ("production", "UntrustedSignature"),
        ("integration", "UntrustedSignature"),
        ("calendar-integration", "DigestMismatch"),
    ] {
        let file = folder.join(environment);
        std::fs::write(&file, vectors::published_key(environment)).unwrap();
        let receiver = Receiver::start(program, &format!("{environment}={}", file.display())).await;
        assert_eq!(status(receiver.address, vectors::published_delivery().to_http()).await, 401);
        receiver.signal("INT").await;
        let (code, log) = receiver.end().await;
        assert_eq!(code, Some(0));
        assert!(log.contains(&format!("rejection={reason}")), "{environment}: {log}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// The headers that it is told are read, and the platform's own are not, nor in their place.
pub async fn reads_the_headers_it_is_told(program: &Program) {
    let names = [
        ("UNTIS_WEBHOOK_SIGNATURE_HEADER", "X-Forwarded-Authorization"),
        ("UNTIS_WEBHOOK_ALGORITHM_HEADER", "x-algorithm"),
    ];
    let mut program = program.clone();
    program.env.extend(names.map(|(variable, name)| (variable, name.to_owned())));
    let receiver = Receiver::start(&program, &keys_of_the_vectors()).await;
    let delivery = vectors::deliveries().remove(0);
    let original = String::from_utf8(delivery.to_http()).unwrap();
    let algorithm = original.replacen("Algorithm:", "x-algorithm:", 1);
    let renamed = algorithm.replacen("Authorization:", "x-forwarded-authorization:", 1);
    assert!(renamed.len() > algorithm.len() && algorithm.len() > original.len());
    for (request, answer) in [(&original, 401), (&algorithm, 401), (&renamed, 204)] {
        assert_eq!(status(receiver.address, request).await, answer, "{request}");
    }
    receiver.signal("TERM").await;
    let (_, log) = receiver.end().await;
    assert!(!log.contains(delivery.authorization.split_at(12).0), "{log}");
}

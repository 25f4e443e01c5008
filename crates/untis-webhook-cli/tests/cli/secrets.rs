//! What no command prints.

use untis_webhook_tests::hidden::Hidden;

use crate::*;

#[test]
fn no_command_prints_a_private_key_or_what_a_delivery_keeps_secret() {
    let folder = signed();
    let file = |name: &str| folder.path().join(name);
    let (address, _events) = receiver(&folder);
    let to = format!("--to=http://{address}/webhook");

    // Credentials with their signature, and the same with a body that another key has signed.
    let (code, request, _) = run(&folder, &["sign", "--http", "/webhook", "created.json"]);
    assert_eq!((code, &*request), (2, ""), "there is no such file yet");
    let body = untis_webhook_testkit::Payload::every().next().unwrap().to_string();
    fs::write(file("created.json"), &body).unwrap();
    let (code, request, _) = run(&folder, &["sign", "--http", "/webhook", "created.json"]);
    assert_eq!(code, 0);
    fs::write(file("created.http"), &request).unwrap();
    fs::write(file("tampered.http"), request.replace("12345", "54321")).unwrap();

    let private = fs::read_to_string(file("untis-private.pem")).unwrap();
    let mut hidden = Hidden::default();
    hidden.octets(private.as_bytes());
    hidden.octets(body.as_bytes());
    for secret in ["test-secret", "test-password"] {
        hidden.text(secret);
    }
    let signature = request.lines().find_map(|line| line.strip_prefix("Authorization: ")).unwrap();
    hidden.octets(signature.as_bytes());

    let wrong_key = "--key=development=untis-private.pem";
    let commands: [(i32, &[&str]); 10] = [
        (2, &["keygen"]),
        (0, &["send", "created", &to]),
        (1, &["send", "created", "--without", "secret", &to]),
        (1, &["send", "created", "--forge", "tampered-body", &to]),
        (0, &["verify", "--request", "created.http", KEY]),
        (1, &["verify", "--request", "tampered.http", KEY]),
        (0, &["inspect", "--request", "created.http", KEY]),
        (1, &["inspect", "--request", "tampered.http", KEY]),
        (2, &["verify", "--request", "created.http", wrong_key]),
        (2, &["sign", "--private", "untis-public.txt", "created.json"]),
    ];
    for (expected, args) in commands {
        let (code, stdout, stderr) = run(&folder, args);
        assert_eq!(code, expected, "{args:?}: {stdout}{stderr}");
        assert_ne!(format!("{stdout}{stderr}"), "", "{args:?}");
        hidden.assert_absent(&format!("{args:?}"), &format!("{stdout}{stderr}"));
    }
    println!("{} commands, {} texts that they do not print", commands.len(), hidden.count());
}

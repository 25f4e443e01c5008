use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};

use untis_webhook::event::CredentialsEventType::Created;
use untis_webhook_testkit::{Delivery, Payload, SigningKey};

use crate::{Daemon, Operator, PROGRAM};

/// Twice: the second time with what is there.
#[test]
fn quickstart_makes_what_is_missing_and_says_how_to_try_it() {
    let operator = Operator(tempfile::tempdir().unwrap());
    let any_port = ["LISTEN", "UNTIS_WEBHOOK_ADMIN_LISTEN", "UNTIS_WEBHOOK_API_LISTEN"];
    let mut env: Vec<_> = any_port.iter().map(|name| (*name, "127.0.0.1:0")).collect();
    env.push(("UNTIS_WEBHOOK_LOG_FORMAT", "json"));
    let mut secrets = Vec::new();
    for (expected, send) in [(404, "  untis-webhook send"), (200, "  cargo run -p untis-webhook-cli -- send")]
    {
        let mut command = Command::new(PROGRAM);
        command
            .args(["quickstart", "a \"folder's"])
            .current_dir(operator.0.path())
            .env_clear()
            .envs(env.clone());
        let mut daemon = Daemon::listening(command.stderr(Stdio::piped()));
        let file =
            |name: &str| fs::read_to_string(operator.0.path().join("a \"folder's").join(name)).unwrap();
        let token = file("api-token.txt");
        assert_eq!(daemon.credentials("12345", token.trim()).0, expected);
        let key = SigningKey::from_pkcs8_pem(&file("pretend-platform-private.pem")).unwrap();
        assert_eq!(daemon.deliver(&Delivery::sign(&key, Payload::credentials(Created))), 204);
        assert_eq!(daemon.credentials("12345", token.trim()).0, 200);
        let mut said = daemon.child.stderr.take().unwrap();
        daemon.stop();
        let mut text = String::new();
        said.read_to_string(&mut text).unwrap();
        env.push(("CARGO", "cargo"));
        for line in [
            send,
            "For development: it trusts a pretend platform",
            "send created --private 'a \"folder'\\''s/pretend-platform-private.pem' --to",
            "The application is told at http://127.0.0.1:3000/untis, and checks with 'a",
            "Bearer $(cat 'a \"folder'\\''s/api-token.txt')",
        ] {
            assert!(text.contains(line), "{text}");
        }
        secrets.push(file("notify-secret.txt"));
        assert!(!text.contains(token.trim()) && !text.contains(secrets[0].trim()));
        assert_eq!(secrets[0], *secrets.last().unwrap());
        // As if it had been cut off, and begun again.
        fs::remove_file(operator.0.path().join("a \"folder's/pretend-platform-public.txt")).unwrap();
    }
}

#[test]
fn where_the_api_listens_is_logged_of_a_socket_too() {
    let operator = Operator::new();
    let socket = [("UNTIS_WEBHOOK_API_LISTEN", "unix:api.sock")];
    let daemon = Daemon::listening(&mut operator.command(&["serve"], &socket));
    assert_eq!(daemon.api, "api.sock");
    assert!(operator.path("api.sock").exists());
}

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

    let (code, stdout, stderr) = run(&folder, &["keygen", "--private", "other.pem", "--public", "other.txt"]);
    assert_eq!(code, 0, "{stderr}");
    let mut hidden = Hidden::default();
    let private = fs::read_to_string(file("untis-private.pem")).unwrap();
    fs::write(file("half.pem"), &private[..private.len() / 2]).unwrap();
    for private in [private, fs::read_to_string(file("other.pem")).unwrap()] {
        hidden.octets(private.as_bytes());
    }
    hidden.assert_absent("keygen", &format!("{stdout}{stderr}"));
    for secret in ["test-secret", "test-password"] {
        hidden.text(secret);
    }
    let signature = request.lines().find_map(|line| line.strip_prefix("Authorization: ")).unwrap();
    hidden.octets(signature.as_bytes());
    // `listen` shows of a body what is documented and not secret; the others show nothing of it.
    let secrets = hidden.clone();
    hidden.octets(body.as_bytes());

    let wrong_key = "--key=development=untis-private.pem";
    let commands: [(i32, &[&str]); 11] = [
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
        (2, &["sign", "--private", "half.pem", "created.json"]),
    ];
    for (expected, args) in commands {
        let (code, stdout, stderr) = run(&folder, args);
        assert_eq!(code, expected, "{args:?}: {stdout}{stderr}");
        assert_ne!(format!("{stdout}{stderr}"), "", "{args:?}");
        hidden.assert_absent(&format!("{args:?}"), &format!("{stdout}{stderr}"));
    }
    for args in [&[][..], &["--json"]] {
        let listened = listened(&folder, args);
        assert!(listened.contains("CREATED") && listened.contains("DigestMismatch"), "{listened}");
        secrets.assert_absent(&format!("listen {args:?}"), &listened);
    }
    println!("{} commands and listen, {} texts that they do not print", commands.len(), hidden.count());
}

/// All that `listen` prints of credentials, and of the same with another body, which it refuses.
fn listened(folder: &TempDir, args: &[&str]) -> String {
    let mut command = program(folder.path());
    let mut child =
        command.args(["listen", KEY, "--port", "0"]).args(args).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let listening = lines.next().unwrap();
    let address = listening.split_once("http://").unwrap().1.trim_end_matches(['"', '}']);
    let to = format!("--to=http://{address}/");
    assert_eq!(run(folder, &["send", "created", &to]).0, 0);
    assert_eq!(run(folder, &["send", "created", "--forge", "tampered-body", &to]).0, 1);
    let mut listened = String::new();
    for line in lines {
        listened += &format!("{line}\n");
        // What to do next is said of a refusal alone.
        if line.contains("next") {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    listened
}

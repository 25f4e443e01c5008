//! What somebody new does wrong: every error says what was found and what to do, and is 2.

use untis_webhook_testkit::SigningKey;
use untis_webhook_tests::hidden::Hidden;

use crate::*;

#[test]
fn every_mistake_has_a_next_step() {
    let folder = signed();
    fs::copy(vectors::path("keys/wrong/private-pkcs8-pem"), folder.path().join("other.pem")).unwrap();
    let to = "--to=http://127.0.0.1:1/";
    for (args, expected) in [
        (&["send", "created", to, "--private", "gone.pem"][..], "untis-webhook keygen makes a key"),
        (&["sign", "body.json", "--private", "gone.pem"], "untis-webhook keygen makes a key"),
        (&["verify", "--key=a=gone.txt", "body.json"], "untis-webhook keygen makes one"),
        (
            &["listen"],
            "tip: UNTIS_WEBHOOK_KEYS is read in its place, and untis-webhook keygen makes a key for",
        ),
        (&["listen", "--key=a=untis-private.pem"], "found a private key: take the key that Untis publishes"),
        (&["listen", KEY, KEY], "found development twice: give each key a name of its own"),
        (
            &["listen", KEY, "--key=b=untis-public.txt"],
            "names development and b: leave out what is not needed",
        ),
        (&["verify", "--key=gone.txt", "body.json"], "put a name before the file"),
        (&["listen", "--key=untis-public.txt"], "expected NAME=FILE such as production="),
        (&["keygen"], "with --force"),
        (&["send", "created", "--to=localhost:3000/webhook"], "write http://localhost:3000/webhook"),
        (&["send", "created", "--to=localhost"], "write http://localhost"),
        (&["listen", KEY, "--forward=127.0.0.1:3000"], "write http://127.0.0.1:3000"),
        (&["listen", KEY, "--forward=3000"], "write http://localhost:3000"),
        (&["sign", "--curl=localhost", "body.json"], "write http://localhost"),
        (
            &["sign", "--curl=http://localhost/", "-"],
            "standard input, which is gone when curl runs: save it first",
        ),
        (&["sign", "--http=webhook", "body.json"], "expected a path such as /webhook"),
        (&["sign", "--http=/a b", "body.json"], "expected a path such as /webhook"),
        (&["sign", "--http=/a\r\nHost: b", "body.json"], "expected a path such as /webhook"),
        (&["sign", "/dev/zero"], "expected at most 64 MiB, found more"),
        (&["sign", "."], "expected a file, found a folder"),
        (&["send", "created", to], "is the receiver running, and is this its port?"),
        (&["send", "created", "--to=http://nobody.invalid/"], "look at the host's name"),
        (&["send", "created", to, "--set", "tenantId"], "expected FIELD=VALUE such as tenantId=67890"),
        (&["send", "created", to, "--set", "=1"], "expected FIELD=VALUE such as tenantId=67890"),
        (&["send", "created", to, "--without", "tenantID"], "expected one of tenantId, clientId, secret, "),
        (&["send", "creatd", to], "'created'"),
    ] {
        let (code, stdout, stderr) = run(&folder, args);
        assert_eq!((code, &*stdout), (2, ""), "{args:?}: {stderr}");
        assert!(stderr.contains(expected), "{args:?}: {stderr}");
    }
}

#[test]
fn an_event_is_called_as_the_platform_calls_it_or_as_people_do() {
    let folder = signed();
    let (address, events) = receiver(&folder);
    let to = format!("--to=http://{address}/webhook");
    for (name, event) in [
        ("CREATED", "CREATED"),
        ("Reset", "RESET"),
        ("REACTIVATED", "REACTIVATED"),
        ("reactivation", "REACTIVATED"),
        ("DEACTIVATION", "DEACTIVATION"),
        ("deactivated", "DEACTIVATION"),
        ("DELETION", "DELETION"),
        ("Deleted", "DELETION"),
    ] {
        assert_eq!(run(&folder, &["send", name, &to]).0, 0, "{name}");
        assert_eq!(events.recv().unwrap(), format!("Some({event:?}) Some(\"12345\")"));
    }
}

#[test]
fn what_is_in_place_of_a_private_key_is_named() {
    let folder = signed();
    let pem = fs::read_to_string(folder.path().join("untis-private.pem")).unwrap();
    let labelled = |label: &str| pem.replace("PRIVATE KEY", label);
    fs::write(folder.path().join("signing"), format!("\u{feff}{}", pem.replace('\n', "\r\n"))).unwrap();
    assert_eq!(run(&folder, &["sign", "--private", "signing", "body.json"]).0, 0, "as Windows writes it");
    let (code, ..) = run(&folder, &["sign", "--private", "untis-private.pem", "body.json"]);
    assert_eq!(code, 0);
    for (text, expected) in [
        (String::new(), "found nothing: untis-webhook keygen makes one"),
        ("nonsense".into(), "found something else: "),
        (
            labelled("ENCRYPTED PRIVATE KEY"),
            "found an encrypted one: take its password off with openssl pkey",
        ),
        (
            labelled("RSA PRIVATE KEY"),
            "found one as PKCS#1: write it anew with openssl pkcs8 -topk8 -nocrypt",
        ),
        (labelled("EC PRIVATE KEY"), "found one of another kind: "),
        (labelled("CERTIFICATE"), "found a certificate: name the file of its private key"),
        (pem.replace("MII", "MIJ"), "found one that is damaged or not of RSA: "),
        (SigningKey::shared().public_key_base64(), "found a public key: name the file of the private key"),
        (SigningKey::generate_with(1024, 65537).to_pkcs8_pem().to_string(), "found 1024"),
    ] {
        fs::write(folder.path().join("private"), text).unwrap();
        let sign = ["sign", "--private=private", "--algorithm=SHA512withRSA", "body.json"];
        let (code, stdout, stderr) = run(&folder, &sign);
        assert_eq!((code, &*stdout), (2, ""), "{expected}: {stderr}");
        assert!(
            stderr.starts_with("untis-webhook: private: expected ") && stderr.contains(expected),
            "{stderr}"
        );
    }
}

#[test]
fn standard_input_is_read_once() {
    let folder = signed();
    for args in [
        &["sign", "--private", "-", "-"][..],
        &["send", "--private", "-", "--body", "-", "--to=http://127.0.0.1:1/"],
        &["verify", KEY, "--request", "-", "-"],
        &["inspect", KEY, "--request", "-", "-"],
    ] {
        // A private key and a request, whichever is read first.
        let first = if args.contains(&"--private") { "untis-private.pem" } else { "request.http" };
        let input = fs::File::open(folder.path().join(first)).unwrap();
        let output = program(folder.path()).args(args).stdin(input).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {stderr}");
        assert!(stderr.contains("standard input is read once, so save one of the two"), "{args:?}: {stderr}");
    }
}

#[test]
fn a_private_key_in_the_place_of_any_argument_is_not_repeated() {
    let folder = signed();
    let pem = fs::read_to_string(folder.path().join("untis-private.pem")).unwrap();
    let one_line: String = pem.lines().filter(|line| !line.contains("-----")).collect();
    let mut hidden = Hidden::default();
    hidden.octets(pem.as_bytes());
    hidden.octets(one_line.as_bytes());
    let mut count = 0;
    for key in [&pem, &one_line, &pem.replace('\n', " "), &pem.replace('\n', "\\n")] {
        let option = |name: &str| format!("{name}={key}");
        for args in [
            vec![key.clone()],
            vec!["completions".into(), key.clone()],
            vec!["sign".into(), key.clone()],
            vec!["sign".into(), "--private".into(), key.clone(), "body.json".into()],
            vec!["sign".into(), option("--private"), "body.json".into()],
            vec!["sign".into(), option("--algorithm"), "body.json".into()],
            vec!["sign".into(), option("--http"), "body.json".into()],
            vec!["sign".into(), option("--curl"), "body.json".into()],
            vec!["send".into(), key.clone(), "--to=http://127.0.0.1:1/".into()],
            vec!["send".into(), "created".into(), option("--to")],
            vec!["send".into(), "created".into(), "--to=http://127.0.0.1:1/".into(), option("--set")],
            vec!["send".into(), "created".into(), "--to=http://127.0.0.1:1/".into(), option("--without")],
            vec!["send".into(), "created".into(), "--to=http://127.0.0.1:1/".into(), option("--proxy")],
            vec!["send".into(), "created".into(), "--to=http://127.0.0.1:1/".into(), option("--ca")],
            vec!["send".into(), "created".into(), "--to=http://127.0.0.1:1/".into(), option("--timeout")],
            vec!["keygen".into(), option("--private")],
            vec!["keygen".into(), option("--public"), "--private=new".into()],
            vec!["listen".into(), KEY.into(), option("--forward")],
            vec!["listen".into(), KEY.into(), option("--port")],
            vec!["listen".into(), option("--key")],
            vec!["verify".into(), option("--key"), "body.json".into()],
            vec!["verify".into(), format!("--key=production={key}"), "body.json".into()],
            vec!["verify".into(), KEY.into(), option("--request")],
            vec!["verify".into(), KEY.into(), key.clone()],
            vec!["inspect".into(), KEY.into(), option("--nonsense")],
        ] {
            let args: Vec<_> = args.iter().map(String::as_str).collect();
            let (code, stdout, stderr) = run(&folder, &args);
            assert_eq!(code, 2, "{}: {stdout}", args[0]);
            assert_ne!(stderr, "");
            hidden.assert_absent(args[0], &format!("{stdout}{stderr}"));
            count += 1;
        }
    }
    // A part of one, as openssl prints it.
    let colons = one_line.bytes().take(45).map(|octet| format!("{octet:02x}")).collect::<Vec<_>>().join(":");
    let (code, _, stderr) = run(&folder, &["sign", "--algorithm", &colons, "body.json"]);
    assert!(code == 2 && stderr.contains("not repeated, since it may be a key"), "{stderr}");
    println!("{count} commands, {} texts that they do not print", hidden.count());
}

//! `send`.

use crate::*;

#[test]
fn every_event_can_be_sent_and_changed() {
    let folder = signed();
    let (address, events) = receiver(&folder);
    let to = format!("--to=http://{address}/webhook");
    for (event, expected) in [
        ("created", "Some(\"CREATED\")"),
        ("reactivated", "Some(\"REACTIVATED\")"),
        ("reset", "Some(\"RESET\")"),
        ("credentials-v1", "None"),
        ("deactivation", "Some(\"DEACTIVATION\")"),
        ("deletion", "Some(\"DELETION\")"),
        ("older-deactivation", "Some(\"DEACTIVATION\")"),
        ("older-deletion", "Some(\"DELETION\")"),
    ] {
        let (code, stdout, stderr) = run(
            &folder,
            &["send", event, "--set", "tenantId=67890", "--set", "language=x", "--without", "language", &to],
        );
        // What a receiver says is not for the terminal to obey.
        assert_eq!((code, &*stderr, &*stdout), (0, "", "answer: 200 OK\ntaken\n\\u{1b}[2J\n"), "{event}");
        assert_eq!(events.recv().unwrap(), format!("{expected} Some(\"67890\")"));
    }
    let (code, stdout, _) =
        run(&folder, &["send", "--body", "body.json", "--algorithm", "SHA512withRSA", "--json", &to]);
    assert_eq!((code, &*stdout), (0, "{\"status\":200,\"body\":\"taken\\n\\u001b[2J\"}\n"));
    let (code, stdout, _) = run(&folder, &["send", "created", "--without", "secret", &to]);
    assert_eq!((code, &*stdout), (1, "answer: 422 Unprocessable Entity\n"));
}

#[test]
fn a_field_that_is_not_documented_is_sent_with_a_warning() {
    let folder = signed();
    let (address, events) = receiver(&folder);
    let to = format!("--to=http://{address}/webhook");
    let warning = "untis-webhook: warning: --set: sets a field that is not documented";
    for (field, meant) in
        [("tenantID", ": is tenantId meant?"), ("school_email", ": is schoolEmail meant?"), ("x", "")]
    {
        let (code, _, stderr) = run(&folder, &["send", "created", "--set", &format!("{field}=1"), &to]);
        assert_eq!((code, stderr), (0, format!("{warning}{meant}\n")), "{field}");
        assert_eq!(events.recv().unwrap(), "Some(\"CREATED\") Some(\"12345\")");
    }
}

#[test]
fn every_forgery_is_refused() {
    let folder = signed();
    let (address, events) = receiver(&folder);
    let to = format!("--to=http://{address}/webhook");
    for forgery in ["missing-algorithm", "missing-signature", "other-algorithm", "other-key", "tampered-body"]
    {
        let (code, stdout, _) = run(&folder, &["send", "created", "--forge", forgery, &to]);
        assert_eq!((code, &*stdout), (1, "answer: 401 Unauthorized\n"), "{forgery}");
    }
    assert!(events.try_recv().is_err());
}

#[test]
fn many_are_sent_at_once_and_counted() {
    let folder = signed();
    let (address, events) = receiver(&folder);
    let to = format!("--to=http://{address}/webhook");
    let many = ["send", "created", "--count", "200", "--concurrency", "8", &to];
    let (code, stdout, _) = run(&folder, &many);
    assert_eq!(code, 0, "{stdout}");
    assert!(stdout.starts_with("200: 200\nlatency: p50 ") && stdout.contains(", max "), "{stdout}");
    assert_eq!(events.try_iter().count(), 200);

    let (code, stdout, _) = run(&folder, &[&many[..], &["--json", "--forge", "other-key"]].concat());
    let report: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    // Who is refused on the headers may still be writing the body when the receiver closes, and then the answer can be lost.
    let answers = ["401", "no answer"].map(|answer| report["answers"][answer].as_u64().unwrap_or(0));
    assert_eq!((code, answers.iter().sum::<u64>()), (1, 200), "{report}");
    assert!(answers[0] > 100, "{report}");
    // Eight at a time make an eighth of two hundred latencies of the time it took, so the longest is no less than that.
    let (longest, seconds) =
        (report["latency_us"]["max"].as_f64().unwrap(), report["seconds"].as_f64().unwrap());
    let mean = seconds * 1e6 * 8.0 / 200.0;
    assert!(longest > mean / 4.0 && longest <= seconds * 1e6, "{report}");
    assert_eq!(events.try_iter().count(), 0);
}

#[test]
fn what_cannot_be_sent_is_2() {
    let folder = signed();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (to, expected) in [
        (
            format!("http://{nobody}/webhook"),
            format!("untis-webhook: cannot send to http://{nobody}/webhook: "),
        ),
        (
            "localhost:8080".into(),
            "untis-webhook: --to: expected an address such as http://127.0.0.1:8080/webhook, found \"localhost:8080\": \
             write http://localhost:8080\n"
                .into(),
        ),
    ] {
        let (code, stdout, stderr) = run(&folder, &["send", "created", "--to", &to]);
        assert_eq!((code, &*stdout), (2, ""));
        assert!(stderr.starts_with(&expected), "{stderr}");
    }
    for args in [
        &["send", "--to", "http://localhost/"][..],
        &["send", "created", "--set", "nonsense", "--to", "http://localhost/"],
    ] {
        assert_eq!(run(&folder, args).0, 2, "{args:?}");
    }
}

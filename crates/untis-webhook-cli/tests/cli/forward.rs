//! `listen --forward`.

use crate::listen::Listening;
use crate::*;

#[test]
fn listen_passes_on_what_is_verified_unchanged_and_nothing_else() {
    let folder = signed();
    let (application, events) = receiver(&folder);
    let forward = format!("--forward=http://{application}/webhook");
    let mut listening = Listening::start(&folder, &[&forward, "--json"]);
    let to = format!("--to=http://{}/", listening.address);
    // The application verifies the signature once more: it gets the body and the headers as they were signed.
    assert_eq!(run(&folder, &["send", "deletion", &to]).1, "answer: 200 OK\n");
    assert_eq!(events.recv().unwrap(), "Some(\"DELETION\") Some(\"12345\")");
    let shown: serde_json::Value = serde_json::from_str(&listening.line()).unwrap();
    assert_eq!(shown["forwarded"], 200);
    assert_eq!(
        run(&folder, &["send", "created", "--without", "secret", &to]).1,
        "answer: 422 Unprocessable Entity\n"
    );
    assert_eq!(
        run(&folder, &["send", "deletion", "--forge", "other-key", &to]).1,
        "answer: 401 Unauthorized\n"
    );
    assert!(events.try_recv().is_err());

    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut listening = Listening::start(&folder, &[&format!("--forward=http://{nobody}/")]);
    let to = format!("--to=http://{}/", listening.address);
    assert_eq!(run(&folder, &["send", "deletion", &to]).1, "answer: 502 Bad Gateway\n");
    let answer = listening.answer();
    let expected = "answer: 502 Bad Gateway, since the application gave no answer: Connection refused";
    assert!(answer.starts_with(expected) && answer.contains("is the receiver running"), "{answer}");
}

#[test]
fn listen_does_not_forward_to_itself() {
    let folder = signed();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (port, forward) = (format!("--port={}", free.port()), format!("--forward=http://{free}/"));
    let (code, stdout, stderr) = run(&folder, &["listen", KEY, &port, &forward]);
    assert_eq!((code, &*stdout), (2, ""));
    assert!(
        stderr.contains("expected the address of the application, found that of listen itself"),
        "{stderr}"
    );
}

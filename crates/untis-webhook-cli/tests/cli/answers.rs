//! `send`, and receivers that answer before they have read it all, or not at all.

use crate::*;

/// What a receiver does with each connection.
#[derive(Clone, Copy)]
struct Receiver {
    /// Octets that it reads.
    reads: usize,
    answer: &'static str,
    /// How long it stays after that.
    stays: Duration,
}

impl Receiver {
    fn start(self) -> String {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                thread::spawn(move || self.serve(stream.unwrap()));
            }
        });
        format!("--to=http://{address}/webhook")
    }

    fn serve(self, mut stream: TcpStream) {
        let (mut read, mut buffer) = (0, [0; 1024]);
        if self.reads > 1000 && stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").is_err() {
            return;
        }
        while read < self.reads {
            match stream.read(&mut buffer) {
                Ok(0) | Err(_) => return,
                Ok(more) => read += more,
            }
        }
        // What is not read makes the close a reset.
        let _ = stream.write_all(self.answer.as_bytes());
        thread::sleep(self.stays);
    }
}

const REFUSAL: &str =
    "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 9\r\n\r\ntoo large";

fn with_large_body() -> TempDir {
    let folder = signed();
    fs::write(folder.path().join("large"), vec![b' '; 8 * 1024 * 1024]).unwrap();
    folder
}

#[test]
fn an_answer_in_the_middle_of_an_upload_is_read() {
    let folder = with_large_body();
    for reads in [1, 100_000, 4_000_000] {
        let to = Receiver { reads, answer: REFUSAL, stays: Duration::ZERO }.start();
        for _ in 0..10 {
            let (code, stdout, stderr) = run(&folder, &["send", "--body", "large", &to]);
            let expected = (1, "answer: 413 Payload Too Large\ntoo large\n", "");
            assert_eq!((code, &*stdout, &*stderr), expected, "{reads}");
        }
        let many = ["send", "--body", "large", "--count=20", "--concurrency=2", "--json", &to];
        let (code, stdout, _) = run(&folder, &many);
        let report: serde_json::Value = serde_json::from_str(&stdout).unwrap();
        assert_eq!((code, &report["answers"]), (1, &serde_json::json!({ "413": 20 })), "{report}");
    }
}

#[test]
fn an_answer_is_read_though_the_receiver_neither_reads_on_nor_closes() {
    let folder = with_large_body();
    for reads in [1, 100_000] {
        let to = Receiver { reads, answer: REFUSAL, stays: Duration::from_secs(60) }.start();
        let (code, stdout, stderr) = run(&folder, &["send", "--body", "large", "--timeout=2", &to]);
        assert_eq!((code, &*stdout), (1, "answer: 413 Payload Too Large\ntoo large\n"), "{reads}: {stderr}");
    }
}

#[test]
fn that_there_is_no_answer_is_said_with_what_to_do() {
    let folder = with_large_body();
    let (gone, slow) = (Duration::ZERO, Duration::from_secs(60));
    let lost =
        "the receiver closed the connection, and no answer came before that: look in the receiver's log";
    for (reads, answer, stays, body, expected) in [
        (1, "", gone, "large", lost),
        (1, "", gone, "body.json", lost),
        (400, "HTTP/1.1 200 OK\r\nContent-Le", gone, "body.json", lost),
        (
            1,
            "",
            slow,
            "large",
            "no answer in time: look at what it waits for; send waits longer with --timeout",
        ),
        (
            1,
            "",
            slow,
            "body.json",
            "no answer in time: look at what it waits for; send waits longer with --timeout",
        ),
        (1, "\u{15}\u{3}\u{3}\0\u{2}\u{2}P", gone, "body.json", "is it a server of HTTP/1.1?"),
        (1, "SSH-2.0-OpenSSH_9.6\r\n", gone, "body.json", "is it a server of HTTP/1.1?"),
    ] {
        let to = Receiver { reads, answer, stays }.start();
        let (code, stdout, stderr) = run(&folder, &["send", "--body", body, "--timeout=1", &to]);
        assert_eq!((code, &*stdout), (2, ""), "{answer:?}: {stderr}");
        assert!(stderr.starts_with("untis-webhook: cannot send to http://"), "{stderr}");
        assert!(stderr.contains(expected), "{answer:?}: {stderr}");
        let (code, _, many) = run(&folder, &["send", "--body", body, "--timeout=1", "--count=2", &to]);
        assert_eq!((code, many), (2, stderr));
    }
}

#[test]
fn a_redirect_is_shown_and_not_followed() {
    let folder = signed();
    let answer =
        "HTTP/1.1 308 Permanent Redirect\r\nLocation: https://example.com/\r\nContent-Length: 0\r\n\r\n";
    let to = Receiver { reads: 400, answer, stays: Duration::ZERO }.start();
    let (code, stdout, _) = run(&folder, &["send", "created", &to]);
    let expected = "answer: 308 Permanent Redirect\nlocation: https://example.com/, which is not followed\n";
    assert_eq!((code, &*stdout), (1, expected));
}

#[test]
fn a_long_answer_is_shown_in_part() {
    let folder = signed();
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n{}", "a".repeat(10_000_000));
    let to = Receiver { reads: 400, answer: answer.leak(), stays: Duration::ZERO }.start();
    let (code, stdout, _) = run(&folder, &["send", "created", &to]);
    assert_eq!(code, 0);
    assert!((60_000..70_000).contains(&stdout.len()) && stdout.ends_with("[...]\n"), "{}", stdout.len());
}

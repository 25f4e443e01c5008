use std::fs;
use std::io::{Read, Write};
use std::process::Command;

use untis_webhook::event::CredentialsEventType::Created;
use untis_webhook_testkit::Payload;

use crate::{Daemon, Operator, PROGRAM, sign, terminate};

#[test]
fn a_database_is_made_for_its_owner_alone_whatever_the_mask() {
    use std::os::unix::fs::PermissionsExt;
    let operator = Operator::new();
    let mut command = Command::new("sh");
    command.args(["-c", "umask 0; exec \"$0\" serve", PROGRAM]).current_dir(operator.0.path());
    let daemon = Daemon::listening(command.env("UNTIS_WEBHOOK_CONFIG", "untis-webhookd.toml"));
    assert_eq!(daemon.deliver(&sign(Payload::credentials(Created))), 204);
    for file in ["untis-webhookd.db", "untis-webhookd.db-wal", "untis-webhookd.db-shm"] {
        let mode = fs::metadata(operator.path(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[test]
fn a_database_is_spoken_to_by_tls_if_its_url_says_so() {
    let operator = Operator::new();
    let database = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://user@{}/database?sslmode=verify-full", database.local_addr().unwrap());
    let mut child = operator.command(&["serve"], &[("UNTIS_WEBHOOK_DATABASE", &url)]).spawn().unwrap();
    // https://www.postgresql.org/docs/current/protocol-message-formats.html: SSLRequest, then a ClientHello.
    let (mut connection, _) = database.accept().unwrap();
    let mut request = [0; 8];
    connection.read_exact(&mut request).unwrap();
    assert_eq!(request, [0, 0, 0, 8, 4, 210, 22, 47]);
    connection.write_all(b"S").unwrap();
    let mut record = [0; 3];
    connection.read_exact(&mut record).unwrap();
    assert_eq!(record[..2], [22, 3]);
    terminate(&child);
    assert!(child.wait().unwrap().success());
}

#[test]
fn it_can_be_told_to_stop_while_a_database_does_not_answer() {
    let operator = Operator::new();
    let database = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://user@{}/database", database.local_addr().unwrap());
    let mut child = operator.command(&["serve"], &[("UNTIS_WEBHOOK_DATABASE", &url)]).spawn().unwrap();
    let _connection = database.accept().unwrap();
    terminate(&child);
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_database_that_is_not_there_is_said_and_not_made() {
    let operator = Operator::new();
    for args in [&["tenants", "list"][..], &["tenants", "redrive"], &["rekey"]] {
        let output = operator.run(args, &[("UNTIS_WEBHOOK_DATABASE", "sqlite:mistyped.db")]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.contains("expected the database mistyped.db to be there"), "{said}");
        assert!(!operator.path("mistyped.db").exists());
    }
}

#[test]
fn a_store_key_is_replaced_until_nothing_is_left_under_the_old_one() {
    let operator = Operator::new();
    let daemon = operator.serve();
    assert_eq!(daemon.deliver(&sign(Payload::credentials(Created))), 204);
    daemon.stop();
    let both = [("UNTIS_WEBHOOK_STORE_KEYS", "next=next-key.txt,first=store-key.txt")];
    let rekeyed = operator.run(&["rekey"], &both);
    assert_eq!(String::from_utf8_lossy(&rekeyed.stdout), "tenants 1, left 0\n");
    let next = [("UNTIS_WEBHOOK_STORE_KEYS", "next=next-key.txt")];
    assert!(operator.run(&["rekey"], &next).status.success());
    // With the old one alone nothing opens any more.
    let old = operator.run(&["tenants", "list"], &[]);
    assert_eq!(old.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&old.stderr).contains("expected the store key \"next\""));
}

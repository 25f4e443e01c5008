use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{fs, os::unix::fs::PermissionsExt};

use untis_webhook::event::CredentialsEventType::Created;
use untis_webhook_testkit::Payload;

use crate::{Daemon, Operator, PROGRAM, sign, terminate};

/// Whoever started the daemon to be told of it.
struct Manager(UnixDatagram);

impl Manager {
    fn new(operator: &Operator) -> Self {
        let socket = UnixDatagram::bind(operator.path("notify.sock")).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self(socket)
    }

    fn hears(&self) -> String {
        let mut buffer = [0; 256];
        let length = self.0.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    }
}

#[test]
fn systemd_is_told_when_deliveries_are_taken_that_it_is_alive_and_when_it_stops() {
    let operator = Operator::new();
    let manager = Manager::new(&operator);
    let path = operator.path("notify.sock").to_str().unwrap().to_owned();
    let mut command = operator.command(&["serve"], &[("NOTIFY_SOCKET", &path), ("WATCHDOG_USEC", "200000")]);
    let daemon = Daemon::listening(&mut command);
    assert_eq!(manager.hears(), "READY=1\nSTATUS=taking deliveries\n");
    assert_eq!(daemon.deliver(&sign(Payload::credentials(Created))), 204);
    for _ in 0..3 {
        assert_eq!(manager.hears(), "WATCHDOG=1\n");
    }
    terminate(&daemon.child);
    let after = std::iter::repeat_with(|| manager.hears()).find(|heard| heard != "WATCHDOG=1\n");
    assert_eq!(after.unwrap(), "STOPPING=1\nSTATUS=ending what has begun\n");
    daemon.stop();
}

#[test]
fn what_does_not_start_is_never_said_to_be_ready() {
    let operator = Operator::new();
    let manager = Manager::new(&operator);
    let path = operator.path("notify.sock").to_str().unwrap().to_owned();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output =
        operator.run(&["serve"], &[("NOTIFY_SOCKET", &path), ("UNTIS_WEBHOOK_API_LISTEN", &address)]);
    assert_eq!(output.status.code(), Some(2));
    manager.0.set_nonblocking(true).unwrap();
    assert_eq!(manager.0.recv(&mut [0; 256]).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

/// The daemon with these two sockets, as systemd gives them: its descriptors 3 and 4.
fn given(operator: &Operator, names: &str, sockets: [OwnedFd; 2], env: &[(&str, &str)]) -> Command {
    let [first, second] = sockets;
    let shell = r#"exec 3<&0 4<&2 0</dev/null 2>&1; export LISTEN_PID=$$ LISTEN_FDS=2; exec "$0" serve"#;
    let mut command = Command::new("sh");
    command.args(["-c", shell, PROGRAM]).current_dir(operator.path("")).env_clear().envs(env.iter().copied());
    command.env("UNTIS_WEBHOOK_CONFIG", "untis-webhookd.toml").env("LISTEN_FDNAMES", names);
    command.stdin(first).stderr(second);
    command
}

fn api_socket(operator: &Operator, mode: u32) -> UnixListener {
    let path = operator.path("api.sock");
    let socket = UnixListener::bind(&path).unwrap();
    fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    socket
}

/// So a restart refuses nobody: who connects meanwhile waits.
#[test]
fn sockets_that_systemd_has_bound_are_taken_by_their_names_and_outlive_the_daemon() {
    let operator = Operator::new();
    let webhook = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = webhook.local_addr().unwrap().to_string();
    let api = api_socket(&operator, 0o660);
    for _ in 0..2 {
        let sockets = [api.try_clone().unwrap().into(), webhook.try_clone().unwrap().into()];
        let waiting = TcpStream::connect(&address).unwrap();
        let env = [("UNTIS_WEBHOOK_API_LISTEN", "unix:another.sock")];
        let daemon = Daemon::listening(&mut given(&operator, "api:webhook", sockets, &env));
        assert_eq!(daemon.webhook, address);
        drop(waiting);
        assert_eq!(daemon.deliver(&sign(Payload::credentials(Created))), 204);
        let asked = std::os::unix::net::UnixStream::connect(operator.path("api.sock")).unwrap();
        assert!(
            crate::answered(asked, b"GET /v1/tenants HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").0
                == 401
        );
        assert!(!operator.path("another.sock").exists());
        daemon.stop();
        assert!(operator.path("api.sock").exists());
    }
}

#[test]
fn a_socket_that_cannot_be_used_or_must_not_keeps_it_from_starting() {
    let operator = Operator::new();
    let tcp = || OwnedFd::from(TcpListener::bind("127.0.0.1:0").unwrap());
    let open = api_socket(&operator, 0o666);
    let unix = ("UNTIS_WEBHOOK_API_LISTEN", "unix:another.sock");
    let upstream = ("UNTIS_WEBHOOK_UPSTREAM", "127.0.0.1:9");
    let public = || OwnedFd::from(TcpListener::bind("0.0.0.0:0").unwrap());
    for (names, sockets, env, expected) in [
        ("webhook:untis-webhookd.socket", [tcp(), tcp()], vec![], "expected the name webhook, admin or api"),
        ("webhook", [tcp(), tcp()], vec![], "expected the name webhook, admin or api"),
        ("admin:admin", [tcp(), tcp()], vec![], "expected one of this name, found another"),
        ("admin:webhook", [tcp(), open.try_clone().unwrap().into()], vec![], "not a valid tcp socket"),
        ("webhook:api", [tcp(), open.try_clone().unwrap().into()], vec![unix], "open to everybody"),
        ("webhook:api", [tcp(), tcp()], vec![unix], "of another kind"),
        ("webhook:api", [tcp(), public()], vec![], "expected a loopback address"),
        ("webhook:api", [tcp(), tcp()], vec![upstream], "there is no API"),
    ] {
        let output = said(&mut given(&operator, names, sockets, &env));
        assert!(output.0 == Some(2) && output.1.contains(expected), "{names}: {output:?}");
    }
}

/// What it says, on standard output as the shell has put it. One that serves all the same is ended.
fn said(command: &mut Command) -> (Option<i32>, String) {
    let mut child: Child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap) {
        said += &line;
        if line.contains(r#""listening""#) {
            child.kill().unwrap();
        }
    }
    (child.wait().unwrap().code(), said)
}

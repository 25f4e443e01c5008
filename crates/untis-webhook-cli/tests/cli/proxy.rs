//! No proxy but the one that is named.

use std::net::{Shutdown, TcpListener};

use crate::listen::Listening;
use crate::*;

const VARIABLES: [&str; 6] =
    ["ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "http_proxy", "https_proxy"];

/// The program, in an environment that has a proxy.
fn behind(proxy: &TcpListener, folder: &TempDir, args: &[&str]) -> Command {
    let mut command = program(folder.path());
    for variable in VARIABLES {
        command.env(variable, format!("http://{}", proxy.local_addr().unwrap()));
    }
    command.args(args).env_remove("NO_PROXY").env_remove("no_proxy");
    command
}

fn assert_untouched(proxy: &TcpListener) {
    proxy.set_nonblocking(true).unwrap();
    assert_eq!(proxy.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

#[test]
fn nothing_is_sent_through_a_proxy_of_the_environment() {
    let folder = signed();
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, events) = receiver(&folder);
    let to = format!("--to=http://localhost:{}/webhook", address.port());
    for more in [&["--count=1"][..], &["--count=3"]] {
        let output = behind(&proxy, &folder, &[&["send", "deletion", &to], more].concat()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
    assert_eq!(events.try_iter().count(), 4);

    let forward = format!("--forward=http://{address}/webhook");
    let listen = behind(&proxy, &folder, &["listen", KEY, "--port", "0", &forward]);
    let listening = Listening::spawn(listen);
    let to = format!("--to=http://{}/", listening.address);
    assert_eq!(run(&folder, &["send", "deletion", &to]).1, "answer: 200 OK\n");
    assert_eq!(events.try_iter().count(), 1);
    assert_untouched(&proxy);
}

#[test]
fn what_is_sent_goes_through_the_proxy_that_is_named() {
    let folder = signed();
    let (address, events) = receiver(&folder);
    let to = format!("--to=http://{address}/webhook");
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let option = format!("--proxy=http://{}", proxy.local_addr().unwrap());
    let (told, heads) = mpsc::channel();
    thread::spawn(move || {
        let (mut client, _) = proxy.accept().unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut octet = [0];
            client.read_exact(&mut octet).unwrap();
            head.extend(octet);
        }
        told.send(String::from_utf8(head).unwrap()).unwrap();
        client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        let mut server = TcpStream::connect(address).unwrap();
        let (mut from_client, mut to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        thread::spawn(move || {
            let _ = std::io::copy(&mut from_client, &mut to_server);
            to_server.shutdown(Shutdown::Both)
        });
        let _ = std::io::copy(&mut server, &mut client);
    });
    assert_eq!(run(&folder, &["send", "deletion", &to, &option]).1, "answer: 200 OK\ntaken\n\\u{1b}[2J\n");
    assert_eq!(events.try_iter().count(), 1);
    let head = heads.try_recv().unwrap();
    assert!(head.starts_with(&format!("CONNECT {address} HTTP/1.1\r\n")), "{head}");
    // What the proxy is told is where to, and nothing of the delivery.
    assert!(!head.to_lowercase().contains("authorization"), "{head}");
}

#[test]
fn what_is_no_proxy_is_2_and_its_password_is_not_repeated() {
    let folder = signed();
    for proxy in ["127.0.0.1:3128", "socks5://me:hush@127.0.0.1:1080", "http://", "http://me:hush@a b/", ""] {
        let option = format!("--proxy={proxy}");
        let (code, stdout, stderr) = run(&folder, &["send", "created", "--to=http://127.0.0.1:1/", &option]);
        assert_eq!((code, &*stdout), (2, ""), "{proxy}: {stderr}");
        assert!(
            stderr.starts_with("untis-webhook: --proxy: expected an address such as http://"),
            "{stderr}"
        );
        assert!(!stderr.contains("hush"), "{stderr}");
    }
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let option = format!("--proxy=http://{nobody}");
    let (code, _, stderr) = run(&folder, &["send", "created", "--to=http://127.0.0.1:1/", &option]);
    assert_eq!(code, 2, "{stderr}");
}

//! The settings that people have, and with which deliveries do not arrive as they were sent.

use std::net::SocketAddr;

use untis_webhook_testkit::Delivery;
use untis_webhook_tests::platform::{BODY, PLATFORM};

use crate::client::{Exchange, Protocol};
use crate::command::{Keys, Listen, inspect};
use crate::front_end::{Change, FrontEnd};
use crate::front_ends::{CADDY, ENVOY, HAPROXY, HTTPD, NGINX, TRAEFIK};
use crate::recorder::Recorder;

pub(crate) struct Setting {
    pub(crate) front_end: FrontEnd,
    /// What it does.
    pub(crate) what: &'static str,
    pub(crate) change: Change,
    /// What the receiver answers then.
    status: u16,
}

/// What became of a genuine delivery.
pub(crate) struct Broken {
    pub(crate) setting: &'static Setting,
    pub(crate) answer: String,
    /// What explains it; `None` if nothing arrives.
    pub(crate) explained: Option<String>,
}

pub(crate) async fn all(keys: &Keys, receiver: SocketAddr) -> Vec<Broken> {
    let mut listen = Listen::start(keys).await;
    let mut all = vec![];
    for setting in SETTINGS {
        all.push(setting.broken(keys, receiver, &mut listen).await);
    }
    all
}

impl Setting {
    async fn broken(&'static self, keys: &Keys, receiver: SocketAddr, listen: &mut Listen) -> Broken {
        let delivery = Exchange::new(&Delivery::sign(&PLATFORM, BODY));
        let (front_end, changes) = (&self.front_end, [self.change]);
        let mut other = Recorder::start().await;
        let running = front_end.start_changed(&changes, receiver, other.address).await;
        let mut answers = vec![];
        for protocol in [Protocol::Http1, Protocol::Http2] {
            answers.push(running.client.send(protocol, &delivery).await);
        }
        assert_eq!(answers[0], answers[1], "{}: {}", front_end.name, self.what);
        let answer = &answers[0];
        assert_eq!(answer.status, self.status, "{}: {}: {}", front_end.name, self.what, running.log());
        let arrives = answer.scheme.is_empty() || answer.scheme == "Untis-Signature";
        let explained = match arrives {
            true => Some(self.explained(keys, &delivery, &mut other, listen).await),
            false => None,
        };
        Broken { setting: self, answer: answer.to_string(), explained }
    }

    /// What `inspect` says of the request as it arrives, and `listen` as well.
    async fn explained(
        &self,
        keys: &Keys,
        delivery: &Exchange,
        other: &mut Recorder,
        listen: &mut Listen,
    ) -> String {
        let mut recorder = Recorder::start().await;
        let running = self.front_end.start_changed(&[self.change], recorder.address, other.address).await;
        running.client.send(Protocol::Http1, delivery).await;
        let inspected = inspect(keys, &recorder.signed().await).await;
        drop(running);

        let address = ([127, 0, 0, 1], listen.port).into();
        let running = self.front_end.start_changed(&[self.change], address, other.address).await;
        running.client.send(Protocol::Http1, delivery).await;
        // Whether it is ready was asked before.
        let heard = loop {
            let heard = listen.delivery().await;
            if !is_probe(&heard) {
                break heard;
            }
        };
        let next = |line: &&str| line.starts_with("next: ");
        match inspected.lines().find(next) {
            Some(next) => {
                assert!(heard.iter().any(|line| line == next), "{heard:#?} has not: {next}");
                inspected
            }
            // It is genuine, so what is wrong is where it goes to.
            None => {
                assert!(heard[1].starts_with("verified: "), "{heard:#?}");
                let (_, line) = heard[0].split_once("Z, ").unwrap();
                format!("{inspected}\n\ndelivery: 1, …, {line}\n{}\nanswer: 204 No Content", heard[1])
            }
        }
    }
}

/// It has neither header.
fn is_probe(heard: &[String]) -> bool {
    heard.iter().any(|line| line.contains("Algorithm header: is missing"))
}

pub(crate) const SETTINGS: &[Setting] = &[
    Setting {
        front_end: NGINX,
        what: "`Authorization` is emptied, as where nginx asks for a password itself",
        change: (
            "        proxy_http_version 1.1;\n",
            "        proxy_http_version 1.1;\n        proxy_set_header Authorization \"\";\n",
        ),
        status: 401,
    },
    Setting {
        front_end: NGINX,
        what: "a slash behind the port, which is sent in place of the path",
        change: ("proxy_pass http://127.0.0.1:8080;", "proxy_pass http://127.0.0.1:8080/;"),
        status: 404,
    },
    Setting {
        front_end: CADDY,
        what: "`Authorization` is taken from a login service",
        change: (
            "\thandle /webhook {\n",
            "\thandle /webhook {\n\t\tforward_auth {other} {\n\t\t\turi /verify\n\t\t\tcopy_headers Authorization\n\t\t}\n",
        ),
        status: 401,
    },
    Setting {
        front_end: HTTPD,
        what: "a password for the whole site: the platform is refused before it is heard",
        change: (
            "        Require all granted\n",
            "        AuthType Basic\n        AuthName \"Staff\"\n        AuthUserFile {folder}/users\n        Require valid-user\n",
        ),
        status: 401,
    },
    Setting {
        front_end: HTTPD,
        what: "the application's own password in the place of the signature",
        change: (
            "        Require all granted\n",
            "        Require all granted\n        RequestHeader set Authorization \"Basic dXNlcjpwYXNzd29yZA==\"\n",
        ),
        status: 401,
    },
    Setting {
        front_end: HAPROXY,
        what: "the same beside the signature",
        change: (
            "\nbackend receiver\n",
            "\nbackend receiver\n    http-request add-header Authorization \"Basic dXNlcjpwYXNzd29yZA==\"\n",
        ),
        status: 401,
    },
    Setting {
        front_end: TRAEFIK,
        what: "`Authorization` is emptied",
        change: (
            "      tls: {}\n",
            "      tls: {}\n      middlewares: [anonymous]\n  middlewares:\n    anonymous:\n      headers:\n        customRequestHeaders:\n          Authorization: \"\"\n",
        ),
        status: 401,
    },
    Setting {
        front_end: ENVOY,
        what: "`Authorization` under another name, for something behind it that would take it for its own",
        change: (
            "                      routes:\n                        - match: {path: /webhook}\n",
            "                      request_headers_to_remove: [authorization]\n                      routes:\n                        - match: {path: /webhook}\n                          request_headers_to_add:\n                            - header: {key: x-forwarded-authorization, value: \"%REQ(authorization)%\"}\n",
        ),
        status: 401,
    },
];

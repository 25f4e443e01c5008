//! Front ends that ask somebody else whether a request may pass, with a request of their own.

use std::net::SocketAddr;

use untis_webhook_testkit::Delivery;
use untis_webhook_tests::platform::{BODY, PLATFORM, STRANGER};

use crate::client::{Exchange, Protocol};
use crate::command::{Keys, inspect};
use crate::front_end::{Change, FrontEnd};
use crate::front_ends::{CADDY, NGINX, TRAEFIK};
use crate::recorder::Recorder;

pub(crate) struct Setting {
    pub(crate) front_end: FrontEnd,
    pub(crate) name: &'static str,
    change: Change,
    /// What a genuine delivery is answered.
    status: u16,
}

/// What became of a genuine delivery.
pub(crate) struct Asked {
    pub(crate) setting: &'static Setting,
    pub(crate) answer: String,
    /// The question, as it arrives.
    pub(crate) line: String,
    pub(crate) octets: usize,
    pub(crate) explained: String,
}

/// The receiver is the one that is asked.
pub(crate) async fn all(keys: &Keys, receiver: SocketAddr) -> Vec<Asked> {
    let mut all = vec![];
    for setting in SETTINGS {
        all.push(setting.asked(keys, receiver).await);
    }
    all
}

impl Setting {
    async fn asked(&'static self, keys: &Keys, receiver: SocketAddr) -> Asked {
        let (front_end, changes) = (&self.front_end, [self.change]);
        let (genuine, forged) = (Delivery::sign(&PLATFORM, BODY), Delivery::sign(&STRANGER, BODY));
        let mut application = Recorder::start().await;
        let running = front_end.start_changed(&changes, application.address, receiver).await;
        let refused = running.client.send(Protocol::Http1, &Exchange::new(&forged)).await;
        assert_eq!(refused.status, 401, "{}: {}", self.name, running.log());
        assert!(!application.has_signed(), "{}: a forged delivery passes", self.name);
        let answer = running.client.send(Protocol::Http1, &Exchange::new(&genuine)).await;
        assert_eq!(answer.status, self.status, "{}: {}", self.name, running.log());
        assert_eq!(application.has_signed(), self.status == 204, "{}", self.name);
        drop(running);

        let mut asked = Recorder::start().await;
        let running = front_end.start_changed(&changes, application.address, asked.address).await;
        running.client.send(Protocol::Http1, &Exchange::new(&genuine)).await;
        let question = asked.signed().await;
        Asked {
            setting: self,
            answer: answer.to_string(),
            line: question.line().to_owned(),
            octets: question.body.len(),
            explained: inspect(keys, &question).await,
        }
    }
}

const SETTINGS: &[Setting] = &[
    Setting {
        front_end: NGINX,
        name: "nginx, `auth_request`",
        change: (
            "    location = /webhook {\n",
            "    location = /verify {\n        internal;\n        proxy_pass http://{other}/webhook;\n        proxy_pass_request_body off;\n        proxy_set_header Content-Length \"\";\n    }\n\n    location = /webhook {\n        auth_request /verify;\n",
        ),
        status: 401,
    },
    Setting {
        front_end: CADDY,
        name: "Caddy, `forward_auth`",
        change: (
            "\thandle /webhook {\n",
            "\thandle /webhook {\n\t\tforward_auth {other} {\n\t\t\turi /webhook\n\t\t}\n",
        ),
        status: 401,
    },
    Setting {
        front_end: TRAEFIK,
        name: "Traefik, `forwardAuth`",
        change: (
            "      tls: {}\n",
            "      tls: {}\n      middlewares: [verify]\n  middlewares:\n    verify:\n      forwardAuth:\n        address: http://{other}/webhook\n",
        ),
        status: 401,
    },
    Setting {
        front_end: TRAEFIK,
        name: "Traefik, `forwardAuth` with `forwardBody` and `preserveRequestMethod`",
        change: (
            "      tls: {}\n",
            "      tls: {}\n      middlewares: [verify]\n  middlewares:\n    verify:\n      forwardAuth:\n        address: http://{other}/webhook\n        forwardBody: true\n        preserveRequestMethod: true\n",
        ),
        status: 204,
    },
];

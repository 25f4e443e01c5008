//! Nothing that a public type shows of itself has a secret, a signature or a body in it.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where it is surprised"
)]

mod tenants;

use std::any::type_name_of_val;
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::error::Error;
use std::fmt::Debug;
use std::fs;
use std::path::Path;

use bytes::Bytes;
use http::{Request, Response};
use tower::{Service, ServiceExt, service_fn};
use tower_layer::Layer;
use untis_webhook::event::{Credentials, Deactivation};
use untis_webhook::{Algorithm, Event, HeaderNames, KeySet, Rejection, Verified, VerifyingKey};
use untis_webhook_axum::{ExtractRejection, VerifiedBytes, VerifiedEvent, VerifiedJson};
use untis_webhook_ifma::Modulus;
use untis_webhook_proxy::{NotAnswered, Proxy, Upstream};
use untis_webhook_serve::Stranger;
use untis_webhook_tenants::{CredentialSet, Inconclusive, TokenProbe};
use untis_webhook_testkit::{
    Delivery, Fault, Forgery, Lag, Payload, Refusal, School, SigningKey, TokenEndpoint,
};
use untis_webhook_tests::bodies::{Frames, Stalled};
use untis_webhook_tests::hidden::Hidden;
use untis_webhook_tests::paths::has_ifma;
use untis_webhook_tests::platform::{PLATFORM, keys, presented, verified, verifier};
use untis_webhook_tests::vectors;
use untis_webhook_tower::{DefaultRejectionResponse, VerifiedBody, VerifyLayer};

/// What was shown, and by which types.
#[derive(Default)]
struct Shown {
    types: BTreeSet<String>,
    text: String,
}

impl Shown {
    fn debug(&mut self, value: &impl Debug) {
        let (plain, _) = type_name_of_val(value).split_once('<').unwrap_or((type_name_of_val(value), ""));
        let (krate, name) = (plain.split("::").next().unwrap(), plain.rsplit("::").next().unwrap());
        self.types.insert(format!("{krate}::{name}"));
        self.text += &format!("{value:?}\n{value:#?}\n");
    }

    fn error(&mut self, error: &impl Error) {
        self.debug(error);
        let mut error: Option<&dyn Error> = Some(error);
        while let Some(cause) = error {
            self.text += &format!("{cause}\n");
            error = cause.source();
        }
    }
}

/// The types that the listing of the public API has.
fn public_types() -> BTreeSet<String> {
    let listings = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/api");
    let mut types = BTreeSet::new();
    for listing in fs::read_dir(listings).unwrap() {
        for line in fs::read_to_string(listing.unwrap().path()).unwrap().lines() {
            let declared = ["pub struct ", "pub enum "].iter().find_map(|kind| line.split_once(kind));
            let Some((_, path)) = declared else { continue };
            let path = path.split(['<', '(', ' ']).next().unwrap();
            let (krate, name) = (path.split("::").next().unwrap(), path.rsplit("::").next().unwrap());
            types.insert(format!("{krate}::{name}"));
        }
    }
    types
}

#[tokio::test]
async fn no_debug_and_no_error_of_a_public_type_shows_a_secret() {
    let mut hidden = Hidden::default();
    for text in
        ["test-secret", "test-password", "Jane Doe", "jane@doe.com", "555 / 123", "The tenant requested"]
    {
        hidden.text(text);
    }
    let mut shown = Shown::default();

    shown.debug(&Algorithm::Sha256WithRsa);
    shown.debug(&HeaderNames::default());
    shown.debug(&*PLATFORM);
    shown.debug(&verifier());
    let set = keys("production", &PLATFORM);
    shown.debug(&set);
    set.iter().for_each(|(id, key)| {
        shown.debug(id);
        shown.debug(key);
    });

    if let Some(modulus) = Modulus::new(&[0xff; 256]) {
        let signature = PLATFORM.sign(Algorithm::Sha256WithRsa, b"");
        hidden.octets(&signature);
        shown.debug(&modulus.residue(&signature).unwrap());
        shown.debug(&modulus);
    }

    for payload in Payload::every() {
        shown.debug(&payload);
        let delivery = Delivery::sign(&PLATFORM, payload);
        shown.debug(&delivery);
        hidden.octets(delivery.body());
        hidden.octets(delivery.headers().get("authorization").unwrap().as_bytes());
        hidden.octets(&PLATFORM.sign(Algorithm::Sha256WithRsa, delivery.body()));

        let presented = presented(&delivery);
        shown.debug(&presented);
        let mut pending = verifier().begin(&presented).unwrap();
        shown.debug(&pending);
        shown.debug(pending.expected_digest());
        pending.update(b"test-secret");
        shown.debug(&pending);
        let mut body = verifier().begin(&presented).unwrap().collect(4096);
        body.push(delivery.body().clone()).unwrap();
        shown.debug(&body);
        let verified: Verified<Bytes> = body.finish().unwrap();
        shown.debug(&verified);
        shown.debug(&verified.json::<serde_json::Value>().unwrap());
        let event = verified.event().unwrap();
        shown.debug(&event);
        shown.debug(&*event);
        match &*event {
            Event::Credentials(credentials) => show_credentials(&mut shown, credentials),
            Event::Deactivation(deactivation) => show_deactivation(&mut shown, deactivation),
            _ => panic!("a documented event"),
        }
        let extracted = extracted(&delivery).await;
        shown.debug(&extracted.0);
        shown.debug(&extracted.1);
        shown.debug(&extracted.2);
        services(&mut shown, &delivery).await;
    }

    errors(&mut shown, &mut hidden);
    Forgery::ALL.iter().for_each(|forgery| shown.debug(forgery));
    token_endpoint(&mut shown, &mut hidden);
    shown.debug(&DefaultRejectionResponse::default());
    shown.debug(&untis_webhook_tower::Reason("the database does not answer".into()));

    let upstream: Upstream = "127.0.0.1:3000".parse().unwrap();
    shown.debug(&upstream);
    shown.debug(&Proxy::new(upstream));
    shown.debug(&NotAnswered::Late);
    shown.debug(&Stranger);

    tenants::tenants(&mut shown, &mut hidden).await;
    hidden.assert_absent("a public type", &shown.text);
    let mut public = public_types();
    // It takes a server to make one; like the other store it shows nothing.
    assert!(public.remove("untis_webhook_tenants_sqlx::PgStore"));
    if !has_ifma() {
        public.retain(|name| !name.starts_with("untis_webhook_ifma::"));
    }
    assert_eq!(public.difference(&shown.types).collect::<Vec<_>>(), Vec::<&String>::new(), "not shown");
    println!("{} public types, {} texts that they do not show", public.len(), hidden.count());
}

fn show_credentials(shown: &mut Shown, credentials: &Credentials) {
    shown.debug(credentials);
    shown.debug(&credentials.secret);
    credentials.event_type.iter().for_each(|event_type| shown.debug(event_type));
}

fn show_deactivation(shown: &mut Shown, deactivation: &Deactivation) {
    shown.debug(deactivation);
    shown.debug(&deactivation.event_type);
    deactivation.reason_type.iter().for_each(|reason| shown.debug(reason));
}

/// What the extractors of axum make of this delivery.
async fn extracted(delivery: &Delivery) -> (VerifiedBytes, VerifiedEvent, VerifiedJson<serde_json::Value>) {
    use axum::extract::FromRequestParts;

    let handler = service_fn(async |request: Request<VerifiedBody>| {
        // A rejection would have none.
        Ok::<_, Infallible>(Response::new(Some(request.into_parts().0)))
    });
    let request = delivery.clone().into_request("/").map(|body| Frames::of([body]));
    let response = VerifyLayer::new(verifier()).layer(handler).oneshot(request).await.unwrap();
    let mut parts = response.into_body().unwrap();
    (
        VerifiedBytes::from_request_parts(&mut parts, &()).await.unwrap(),
        VerifiedEvent::from_request_parts(&mut parts, &()).await.unwrap(),
        VerifiedJson::from_request_parts(&mut parts, &()).await.unwrap(),
    )
}

/// The layer, its service, its future at work, and what the service gets; of tower and of hyper.
async fn services(shown: &mut Shown, delivery: &Delivery) {
    let layer = VerifyLayer::new(verifier());
    shown.debug(&layer);
    let request = || delivery.clone().into_request("/");
    let mut service = layer.layer(Echo);
    shown.debug(&service);
    shown.debug(&service.call(request().map(|_| Stalled)));
    let answer = service.oneshot(request().map(|body| Frames::of([body]))).await.unwrap();
    shown.debug(answer.body().as_ref().unwrap());

    let service = untis_webhook_hyper::Verify::new(verifier(), Echo);
    shown.debug(&service);
    shown.debug(&hyper::service::Service::call(&service, request().map(|_| Stalled)));
}

/// Gives the body back.
#[derive(Clone, Debug)]
struct Echo;

type Echoed = std::future::Ready<Result<Response<Option<VerifiedBody>>, Infallible>>;

impl Service<Request<VerifiedBody>> for Echo {
    type Response = Response<Option<VerifiedBody>>;
    type Error = Infallible;
    type Future = Echoed;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Infallible>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<VerifiedBody>) -> Echoed {
        std::future::ready(Ok(Response::new(Some(request.into_body()))))
    }
}

impl hyper::service::Service<Request<VerifiedBody>> for Echo {
    type Response = Response<Option<VerifiedBody>>;
    type Error = Infallible;
    type Future = Echoed;

    fn call(&self, request: Request<VerifiedBody>) -> Echoed {
        std::future::ready(Ok(Response::new(Some(request.into_body()))))
    }
}

/// What a school hands over, and the endpoint that takes it.
fn token_endpoint(shown: &mut Shown, hidden: &mut Hidden) {
    let endpoint = TokenEndpoint::start();
    let mut school = School::new(&PLATFORM, "12345").at(&endpoint);
    school.activate();
    hidden.text(&school.credentials().unwrap().secret);
    hidden.text(&school.credentials().unwrap().password);
    shown.debug(&endpoint);
    shown.debug(&school);
    shown.debug(school.credentials().unwrap());
    shown.debug(&Fault::Answer(Response::new("test-secret".to_owned())));
    shown.debug(&Lag::AtOnce);
    shown.debug(&Refusal::InvalidClient);

    let verified = verified(school.reset().body().clone());
    let Event::Credentials(credentials) = verified.event().unwrap().into_inner() else {
        panic!("no credentials")
    };
    hidden.text(credentials.password.expose());
    shown.debug(&CredentialSet::from(&credentials));
    let probe = TokenProbe::new("https://api.example").unwrap();
    shown.debug(&probe.proxy("http://user:test-password@proxy.example").unwrap());
    shown.error(&TokenProbe::new("https://user:test-password@api.example").unwrap_err());
    shown.error(&Inconclusive::Answer(200));
}

/// The errors, of inputs that are secrets.
fn errors(shown: &mut Shown, hidden: &mut Hidden) {
    for rejection in [Rejection::MissingHeader, Rejection::BodyTimeout] {
        shown.error(&rejection);
    }
    // In place of a public key, a private one.
    let private = PLATFORM.to_pkcs8_pem();
    hidden.octets(private.as_bytes());
    shown.error(&private.parse::<VerifyingKey>().unwrap_err());
    shown.error(&private.parse::<Upstream>().unwrap_err());
    shown.error(&private.replace("PRIVATE", "PUBLIC").parse::<VerifyingKey>().unwrap_err());
    shown.error(&SigningKey::from_pkcs8_pem(&private[..private.len() / 2]).unwrap_err());
    for name in vectors::names("keys/wrong") {
        let key = vectors::read(&format!("keys/wrong/{name}"));
        if name.starts_with("private") {
            hidden.octets(&key);
        }
        shown.error(&VerifyingKey::from_bytes(&key).unwrap_err());
    }
    shown.error(&KeySet::new([("", PLATFORM.verifying_key())]).unwrap_err());
    let config = |keys: &str| untis_webhook_config::Config::from_vars(|_| Some(keys.to_owned()));
    shown.error(&config(&format!("production={}", *private)).unwrap_err());
    shown.error(&untis_webhook_config::keys([private.as_str()]).unwrap_err());
    let public = format!("production={}", PLATFORM.public_key_base64());
    let vars = |name: &str| (name == untis_webhook_config::KEYS).then(|| public.clone());
    let config = untis_webhook_config::Config::from_vars(vars).unwrap();
    shown.debug(&config);
    shown.debug(&config.into_watched_verifier(|_| {}).unwrap().1);

    let body = Payload::every().next().unwrap().to_string();
    for body in [&body[..body.len() - 1], &body.replace("\"test-secret\"", "[\"test-secret\"]")] {
        let verified = verified(body.to_owned());
        let error = verified.event().unwrap_err();
        shown.error(&error);
        shown.error(&ExtractRejection::Decode(error));
        shown.error(&verified.json::<u32>().unwrap_err());
        // To nobody who listens.
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        shown.error(
            &Delivery::sign(&PLATFORM, body.to_owned()).send(&format!("http://{nobody}/")).unwrap_err(),
        );
    }
}

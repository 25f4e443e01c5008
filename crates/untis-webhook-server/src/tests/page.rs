//! What the page for people shows, to whom, and what it never does.

mod browser;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use untis_webhook_testkit::{Forgery, Payload, School};

use super::*;

/// What a reader sees: the text without its markup, in one line.
fn seen(html: &str) -> String {
    let (mut text, mut is_markup) = (String::new(), false);
    let body = html.split_once("<body>").unwrap().1;
    for c in body.chars() {
        match c {
            '<' => is_markup = true,
            '>' => {
                is_markup = false;
                text.push(' ');
            }
            c if !is_markup => text.push(c),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A page, as somebody on this machine gets it.
async fn page(daemon: &Running, target: &str) -> (u16, String) {
    let (status, html) = daemon.admin(target).await;
    assert!(html.starts_with("<!DOCTYPE html><html lang=\""), "{target}: {html}");
    (status, html)
}

async fn seen_at(daemon: &Running, target: &str) -> String {
    let (status, html) = page(daemon, target).await;
    assert_eq!(status, 200, "{target}");
    seen(&html)
}

fn basic(token: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("operator:{token}")))
}

fn credentials(tenant_id: &str) -> Payload {
    Payload::credentials_v1().set("tenantId", tenant_id).set("schoolName", "Höhere Schule <Graz>")
}

async fn deliver(daemon: &Running, payload: Payload) {
    assert_eq!(daemon.deliver(&Delivery::sign(SigningKey::shared(), payload)).await, 204);
}

#[tokio::test]
async fn it_shows_the_schools_and_what_waits_and_why() {
    let mut application = Application::start([Answer::Status(410)]).await;
    let daemon = Setup::new().telling(&application.url()).start().await;
    let empty = seen_at(&daemon, "/").await;
    for text in
        ["production", "Ready", "Nothing waits for anybody.", "not since the start", "None since the start."]
    {
        assert!(empty.contains(text), "{text}: {empty}");
    }

    let mut schools = ["ended", "contested"].map(|id| School::new(SigningKey::shared(), id));
    for school in &mut schools {
        assert_eq!(daemon.deliver(&school.activate()).await, 204);
        application.told().await;
    }
    assert_eq!(daemon.deliver(&schools[0].deactivate()).await, 204);
    application.told().await;
    deliver(&daemon, credentials("contested").set("clientId", "another")).await;
    application.told().await;
    let is_given_up = async || {
        let registry = daemon.registry().await;
        let entry = registry.get("contested").await.unwrap().unwrap();
        entry.is_given_up.then_some(())
    };
    eventually(is_given_up).await;

    let overview = eventually(async || {
        let overview = seen_at(&daemon, "/").await;
        // Numbers are those of the last seconds.
        overview
            .contains("1 active 1 deactivated 0 deleted 1 contested 0 waiting 2 given up")
            .then_some(overview)
    });
    let overview = overview.await;
    for text in [
        "Contested Somebody has to decide about credentials.",
        "Given up The application refused the message, so it is told no more.",
        "untis-webhookd tenants redrive",
        "2026 now",
    ] {
        assert!(overview.contains(text), "{text}: {overview}");
    }

    let list = seen_at(&daemon, "/schools").await;
    assert!(list.contains("contested active contested now"), "{list}");
    assert!(list.contains("ended deactivated now"), "{list}");
    assert!(seen_at(&daemon, "/schools?only=deleted").await.contains("There is no such school."));
    let found = seen_at(&daemon, "/schools?id=con").await;
    assert!(found.contains("contested active") && !found.contains("ended deactivated"), "{found}");

    let school = seen_at(&daemon, "/school?id=contested").await;
    for text in [
        "School contested",
        "To be decided",
        "Set 2 untis-webhookd tenants accept contested 2 untis-webhookd tenants reject contested 2",
        "untis-webhookd tenants redrive contested",
        "given up 1 attempt acknowledged version 0",
        "1 current CREATED",
        "2 candidate contested – another",
        "1 activated 1×",
        "2 contested: another client id 1×",
    ] {
        assert!(school.contains(text), "{text}: {school}");
    }
    application.stop().await;
}

#[tokio::test]
async fn it_shows_refusals_by_reason_with_the_advice_of_the_command() {
    let daemon = Setup::new().start().await;
    let delivery = School::new(SigningKey::shared(), "12345").activate();
    for forgery in [Forgery::OtherKey, Forgery::OtherKey, Forgery::TamperedBody] {
        assert_eq!(daemon.deliver(&delivery.clone().forge(forgery)).await, 401);
    }
    assert_eq!(daemon.deliver_to("POST", "/webhook/secret", &delivery).await.status, 404);

    let (_, html) = page(&daemon, "/").await;
    let overview = seen(&html);
    for (reason, count) in [("UntrustedSignature", 2), ("DigestMismatch", 1)] {
        assert!(overview.contains(&format!("{reason} {count} {count} now")), "{reason}: {overview}");
    }
    for rejection in [untis_webhook::Rejection::UntrustedSignature, untis_webhook::Rejection::DigestMismatch]
    {
        assert!(overview.contains(rejection.advice()), "{rejection:?}: {overview}");
    }
    assert!(overview.contains("Signed by the platform, and not taken"), "{overview}");
    assert!(overview.contains("OtherPath 1 1 now"), "{overview}");
    assert!(!html.contains("secret"), "{html}");
}

#[tokio::test]
async fn it_shows_no_secret_and_no_personal_data_unless_an_operator_asks() {
    let daemon = Setup::new().start().await;
    let payload = Payload::credentials(untis_webhook::event::CredentialsEventType::Created);
    deliver(&daemon, payload.set("secret", "the secret").set("password", "the password")).await;
    deliver(&daemon, credentials("67890").set("secret", "the secret").set("password", "the password")).await;
    let (admin, token) = (daemon.addresses.admin, basic(TOKEN));
    let operator: &[(&str, &str)] = &[("authorization", &token)];
    let contact = ["jane@doe.com", "Höhere Schule"];

    for target in ["/", "/schools", "/school?id=12345", "/school?id=67890"] {
        for headers in [&[][..], operator] {
            let response = get(admin, target, headers).await;
            assert_eq!(response.status, 200);
            for secret in ["the secret", "the password"].iter().chain(&contact) {
                assert!(!response.body.contains(secret), "{target}: {secret}");
            }
        }
    }
    for (target, expected) in [
        ("/school?id=12345&personal=1", contact[0]),
        ("/schools?personal=1", contact[1]),
        ("/schools?personal=1&name=h%C3%96here+schule+%3Cgraz", contact[1]),
    ] {
        for wrong in
            [&[][..], &[("authorization", "Bearer nothing")], &[("authorization", &basic("nothing"))]]
        {
            let refused = get(admin, target, wrong).await;
            assert_eq!(refused.status, 401, "{target}");
            assert_eq!(
                refused.header("www-authenticate"),
                Some(r#"Basic realm="untis-webhookd", charset="UTF-8""#)
            );
            assert!(!contact.iter().any(|text| refused.body.contains(text)), "{target}");
        }
        for shown in [operator, &[("authorization", BEARER)]] {
            let response = get(admin, target, shown).await;
            assert!(response.status == 200 && response.body.contains(expected), "{target}: {response:?}");
            assert!(!response.body.contains("the secret") && !response.body.contains("the password"));
        }
    }
    let none = get(admin, "/schools?personal=1&name=another", operator).await;
    assert!(none.body.contains("There is no such school."), "{none:?}");

    // Without a token there is nobody to whom it could be shown.
    let mut setup = Setup::new();
    setup.tenants().api = None;
    let without = setup.start().await;
    let (status, html) = page(&without, "/school?id=12345&personal=1").await;
    assert!(status == 403 && html.contains("tenants.api.token_file"), "{html}");
}

#[tokio::test]
async fn that_personal_data_are_shown_is_a_line_and_what_was_searched_is_in_none() {
    let (log, _guard) = log();
    let daemon = Setup::new().start().await;
    let operator: &[(&str, &str)] = &[("authorization", &basic(TOKEN))];
    deliver(&daemon, credentials("67890")).await;
    log.take();
    for target in
        ["/schools?personal=1&name=graz-west", "/school?id=67890&personal=1", "/schools?id=graz-west"]
    {
        assert_eq!(get(daemon.addresses.admin, target, operator).await.status, 200);
    }
    let lines = log.take();
    assert!(lines.contains(r#"names and contact data are shown token=1"#), "{lines}");
    assert!(lines.contains(r#"names and contact data are shown tenant="67890" token=1"#), "{lines}");
    for text in ["graz-west", "Schule", TOKEN] {
        assert!(!lines.contains(text), "{text}: {lines}");
    }
}

#[tokio::test]
async fn whatever_a_school_is_called_is_text_and_nothing_else() {
    let daemon = Setup::new().start().await;
    let ids = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)",
        "</style></title><svg onload=alert(1)>",
        "javascript:alert(1)",
        "../../etc/passwd",
        "&lt;b&gt;&amp;",
        "\u{202e}gnirts",
        "a\nb",
        "$(reboot)",
    ];
    for id in ids {
        deliver(&daemon, credentials(id)).await;
        deliver(&daemon, credentials(id).set("clientId", "<b>another</b>")).await;
    }
    let operator: &[(&str, &str)] = &[("authorization", &basic(TOKEN))];
    let mut targets = vec!["/".to_owned(), "/schools?personal=1".to_owned()];
    for id in ids {
        let query: String = form_urlencoded::byte_serialize(id.as_bytes()).collect();
        targets.extend([
            format!("/school?personal=1&id={query}"),
            format!("/schools?id={query}&after={query}&lang=de"),
            format!("/schools?personal=1&name={query}"),
            format!("/school?id={query}+not+there"),
        ]);
    }
    for target in targets {
        let response = get(daemon.addresses.admin, &target, operator).await;
        assert!([200, 404].contains(&response.status), "{target}");
        let html = &response.body;
        // What is markup is the page's own: no element and no attribute came from outside.
        for tag in html.split('<').skip(1) {
            let tag = tag.split(['>', ' ']).next().unwrap().trim_start_matches('/');
            assert!(ELEMENTS.contains(&tag), "{target}: <{tag}>");
        }
        for attribute in [" onerror=", " onload=", " onmouseover="] {
            assert!(is_text(html, attribute), "{target}: {attribute}");
        }
        // The field has what was typed into it.
        let said = html.replace("value=\"\u{202e}gnirts\"", "");
        assert!(!html.contains("href=\"javascript:") && !said.contains('\u{202e}'), "{target}");
    }
    let (_, school) = page(&daemon, "/school?id=%24%28reboot%29").await;
    assert!(school.contains("untis-webhookd tenants accept '$(reboot)' 2"), "{school}");
    let (_, school) = page(&daemon, "/school?id=a%0Ab").await;
    assert!(school.contains("characters that cannot be typed") && school.contains(r"a\nb"), "{school}");
}

/// Whether each of these stands between tags, or within the quotes of an attribute.
fn is_text(html: &str, part: &str) -> bool {
    html.match_indices(part).all(|(place, _)| {
        let tag = html[..place].rfind('<').unwrap_or(0);
        let inside = &html[tag..place];
        inside.contains('>') || inside.matches('"').count() % 2 == 1
    })
}

const ELEMENTS: [&str; 47] = [
    "!DOCTYPE", "html", "head", "meta", "title", "link", "style", "body", "a", "header", "div", "p", "span",
    "nav", "main", "section", "h1", "h2", "h3", "ul", "li", "strong", "small", "time", "table", "caption",
    "thead", "tbody", "tr", "th", "td", "bdi", "code", "pre", "dl", "dt", "dd", "form", "label", "input",
    "select", "option", "button", "svg", "rect", "footer", "path",
];

#[tokio::test]
async fn schools_are_read_a_page_at_a_time_and_none_is_left_out() {
    let daemon = Setup::new().start().await;
    let registry = daemon.registry().await;
    let mut expected: Vec<_> = (0..120).map(|n| format!("school-{n}")).collect();
    expected.sort();
    for id in &expected {
        let (secret, password) = (Secret::new("secret"), Secret::new("password"));
        let credentials =
            untis_webhook::event::Credentials::new(id, "test-client-id", secret, password, "localhost");
        let _ = registry.import(&credentials).await.unwrap();
    }
    let (mut found, mut target) = (Vec::new(), "/schools".to_owned());
    loop {
        let (_, html) = page(&daemon, &target).await;
        let rows =
            html.split("href=\"/school?id=").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
        let before = found.len();
        found.extend(rows);
        assert!(found.len() - before <= 50);
        let next = html.split("rel=\"next\" href=\"").nth(1).map(|rest| rest.split('"').next().unwrap());
        match next {
            Some(next) => target = next.replace("&amp;", "&"),
            None => break,
        }
    }
    assert_eq!(found, expected);
}

#[tokio::test]
async fn without_its_database_it_says_so_and_shows_the_rest() {
    let daemon = Setup::new().start().await;
    let store = daemon.store().await;
    sqlx::query("ALTER TABLE untis_webhook_tenants RENAME TO away").execute(store.pool()).await.unwrap();
    let overview = seen_at(&daemon, "/").await;
    for text in
        ["Not ready", "the database does not answer", "The schools cannot be read now", "Trusted keys"]
    {
        assert!(overview.contains(text), "{text}: {overview}");
    }
    let (status, html) = page(&daemon, "/schools?lang=de").await;
    assert_eq!(status, 503);
    assert!(seen(&html).contains("Die Schulen können gerade nicht gelesen werden"), "{html}");
}

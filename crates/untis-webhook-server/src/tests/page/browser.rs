//! What a browser asks, may ask, and is told.

use super::*;

#[tokio::test]
async fn a_browser_is_told_to_run_nothing_to_send_nothing_and_to_keep_nothing() {
    let daemon = Setup::new().start().await;
    let admin = daemon.addresses.admin;
    for target in ["/", "/schools", "/school?id=unknown", "/?nothing", "/schools?personal=1", "/icon.svg"] {
        let response = get(admin, target, &[]).await;
        let header = |name| response.header(name).unwrap_or_else(|| panic!("{target}: {name}"));
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(header("x-frame-options"), "DENY");
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(header("cross-origin-resource-policy"), "same-origin");
        let policy: Vec<_> = header("content-security-policy").split("; ").collect();
        let [default, style, image, form, base, ancestors] = policy[..] else { panic!("{policy:?}") };
        // The one sheet, and nothing besides.
        assert!(style.starts_with("style-src 'sha256-") && style.split(' ').count() == 2, "{style}");
        assert_eq!(
            [default, image, form, base, ancestors],
            [
                "default-src 'none'",
                "img-src 'self'",
                "form-action 'self'",
                "base-uri 'none'",
                "frame-ancestors 'none'"
            ]
        );
        if target != "/icon.svg" {
            assert_eq!(header("content-type"), "text/html; charset=utf-8");
            assert!(!response.body.contains("<script") && !response.body.contains(" style="), "{target}");
        }
    }
}

#[tokio::test]
async fn no_other_page_can_read_it_or_show_it_within_itself() {
    let daemon = Setup::new().start().await;
    let request =
        |mode, dest| [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", mode), ("sec-fetch-dest", dest)];
    for (mode, dest, status) in [
        ("no-cors", "image", 403),
        ("cors", "empty", 403),
        ("navigate", "iframe", 403),
        ("navigate", "document", 200),
    ] {
        let response = get(daemon.addresses.admin, "/", &request(mode, dest)).await;
        assert_eq!(response.status, status, "{mode} {dest}");
        assert_eq!(response.header("access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn elsewhere_than_on_loopback_it_is_shown_to_whoever_has_the_token() {
    let anywhere = "0.0.0.0:0".parse().unwrap();
    let mut setup = Setup::new();
    setup.settings.admin_listen = anywhere;
    let daemon = setup.start().await;
    let admin = SocketAddr::from(([127, 0, 0, 1], daemon.addresses.admin.port()));
    for path in ["/livez", "/readyz", "/metrics"] {
        assert_eq!(get(admin, path, &[]).await.status, 200, "{path}");
    }
    for target in ["/", "/schools", "/school?id=1", "/icon.svg", "/?nothing"] {
        for wrong in
            [&[][..], &[("authorization", &*basic("nothing"))], &[("authorization", "Bearer nothing")]]
        {
            let response = get(admin, target, wrong).await;
            assert_eq!(
                (response.status, &*response.body),
                (401, "expected the token of the API as the password")
            );
        }
    }
    for shown in [basic(TOKEN), BEARER.to_owned()] {
        assert_eq!(get(admin, "/", &[("authorization", &shown)]).await.status, 200);
    }

    let mut setup = Setup::new();
    setup.settings.admin_listen = anywhere;
    setup.tenants().api = None;
    let daemon = setup.start().await;
    let admin = SocketAddr::from(([127, 0, 0, 1], daemon.addresses.admin.port()));
    for shown in [&[][..], &[("authorization", BEARER)], &[("authorization", &*basic(""))]] {
        assert_eq!(get(admin, "/", shown).await.status, 404);
    }
}

#[tokio::test]
async fn it_speaks_the_browsers_language_and_the_one_that_is_chosen() {
    let daemon = Setup::new().start().await;
    for (accepted, target, language, title) in [
        ("en", "/", "en", "Ready"),
        ("de-AT,en;q=0.5", "/", "de", "Bereit"),
        ("de", "/?lang=en", "en", "Ready"),
        ("en", "/schools?lang=de", "de", "Schulen"),
        ("fr", "/", "en", "Ready"),
    ] {
        let response = get(daemon.addresses.admin, target, &[("accept-language", accepted)]).await;
        assert_eq!(response.header("content-language"), Some(language), "{accepted} {target}");
        assert!(response.body.contains(&format!("<html lang=\"{language}\">")), "{accepted} {target}");
        assert!(response.body.contains(&format!("{title}</h1>")), "{}", response.body);
    }
    // It is kept along the links, and the others are a click away.
    let (_, html) = page(&daemon, "/schools?lang=de&only=active").await;
    assert!(html.contains(r#"href="/?lang=de""#), "{html}");
    assert!(html.contains(r#"href="/schools?lang=en&amp;only=active""#), "{html}");
}

#[tokio::test]
async fn an_address_that_no_link_makes_is_refused_and_repeated_nowhere() {
    let daemon = Setup::new().start().await;
    let long = format!("/schools?id={}", "x".repeat(256));
    let longer = format!("/schools?{}", "%".repeat(5000));
    for target in
        ["/?lang=xx", "/schools?only=marker", "/schools?id=a%00", "/schools?name=marker", &long, &longer]
    {
        let (status, html) = page(&daemon, target).await;
        assert_eq!(status, 400, "{target}");
        assert!(!html.contains("marker") && !html.contains("xxx") && !html.contains("%%"), "{target}");
    }
}

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use untis_webhook_testkit::School;

use super::*;

#[tokio::test]
async fn credentials_are_those_of_an_active_tenant_and_an_audit_line_says_so() {
    let (log, _guard) = log();
    let daemon = Setup::new().start().await;
    let mut school = School::new(SigningKey::shared(), "a/b c");
    let path = "/v1/tenants/a%2Fb%20c/credentials";
    assert_eq!(daemon.ask(path).await.0, 404);
    assert_eq!(daemon.deliver(&school.activate()).await, 204);
    assert_eq!(daemon.deliver(&school.reset()).await, 204);
    log.take();
    let (status, answer) = daemon.ask(path).await;
    let expected = school.credentials().unwrap();
    assert_eq!((status, answer["version"].as_u64()), (200, Some(2)));
    for (field, expected) in [
        ("clientId", &expected.client_id),
        ("secret", &expected.secret),
        ("password", &expected.password),
        ("host", &"localhost".to_owned()),
    ] {
        assert_eq!(answer[field], **expected, "{field}");
    }
    let lines = log.take();
    let audit: Vec<_> = lines.lines().filter(|line| line.contains("credentials are handed out")).collect();
    assert_eq!(audit.len(), 1, "{lines}");
    assert!(
        audit[0].contains(r#"INFO"#) && audit[0].contains(r#"tenant="a/b c" version=2 token=1"#),
        "{lines}"
    );

    for end in [school.deactivate(), school.delete()] {
        assert_eq!(daemon.deliver(&end).await, 204);
        assert_eq!(daemon.ask(path).await.0, 404);
        assert!(!log.take().contains("credentials are handed out"));
    }
}

#[tokio::test]
async fn nobody_is_answered_without_a_token_whatever_is_asked() {
    let mut setup = Setup::new();
    setup.tenants().api.as_mut().unwrap().tokens.push(Secret::new("another token, while they change"));
    let daemon = setup.start().await;
    let api = daemon.addresses.api.unwrap();
    for path in
        ["/v1/tenants", "/v1/tenants/12345", "/v1/tenants/12345/credentials", "/", "/v1/tenants?limit=x"]
    {
        for (headers, challenge) in [
            (&[][..], "Bearer"),
            (&[("authorization", "Bearer another")][..], r#"Bearer error="invalid_token""#),
        ] {
            let response = get(api, path, headers).await;
            assert_eq!(
                (response.status, response.header("www-authenticate")),
                (401, Some(challenge)),
                "{path}"
            );
            assert_eq!(response.header("cache-control"), Some("no-store"));
            assert_eq!(response.header("content-type"), Some("application/json"));
        }
    }
    for token in [BEARER, "Bearer another token, while they change"] {
        assert_eq!(get(api, "/v1/tenants", &[("authorization", token)]).await.status, 200);
    }
}

#[tokio::test]
async fn tenants_are_listed_by_state_and_page_by_page() {
    let daemon = Setup::new().start().await;
    for id in ["1", "2", "3", "4", "5"] {
        let mut school = School::new(SigningKey::shared(), id);
        assert_eq!(daemon.deliver(&school.activate()).await, 204);
        if id == "2" {
            assert_eq!(daemon.deliver(&school.deactivate()).await, 204);
        }
    }
    let list = async |query: &str| {
        let (status, page) = daemon.ask(&format!("/v1/tenants{query}")).await;
        assert_eq!(status, 200, "{query}");
        let ids = page["tenants"].as_array().unwrap().iter();
        let ids: Vec<_> = ids.map(|tenant| tenant["tenantId"].as_str().unwrap().to_owned()).collect();
        (ids.join(" "), page["next"].as_str().map(str::to_owned))
    };
    assert_eq!(list("").await, ("1 2 3 4 5".to_owned(), None));
    assert_eq!(list("?status=&limit=&after=").await, ("1 2 3 4 5".to_owned(), None));
    assert_eq!(list("?status=deactivated").await, ("2".to_owned(), None));
    assert_eq!(list("?status=active&limit=2").await, ("1 3".to_owned(), Some("3".to_owned())));
    assert_eq!(list("?status=active&limit=2&after=3").await, ("4 5".to_owned(), None));
    for query in ["?status=x", "?limit=0", "?limit=1001", "?limit=1&limit=1", "?state=active"] {
        assert_eq!(daemon.ask(&format!("/v1/tenants{query}")).await.0, 400, "{query}");
    }
}

#[tokio::test]
async fn a_store_key_that_is_missing_is_503_and_named_in_the_log_alone() {
    let (log, _guard) = log();
    let daemon = Setup::new().start().await;
    // Another instance has a second key, and writes with it.
    let both = KeyRing::new("second", StoreKey::generate().unwrap()).unwrap();
    let both = both.with("first", daemon.store_key.clone()).unwrap();
    let other = Registry::builder(&daemon.keys, both).open(daemon.store().await).await.unwrap();
    assert_eq!(daemon.deliver(&School::new(SigningKey::shared(), "12345").activate()).await, 204);
    assert_eq!(daemon.ask("/v1/tenants/12345/credentials").await.0, 200);
    let rekeyed = other.rekey().await.unwrap();
    assert_eq!((rekeyed.tenants, rekeyed.left), (1, 0));
    log.take();
    for path in ["/v1/tenants/12345/credentials", "/v1/tenants/12345", "/v1/tenants"] {
        let (status, answer) = daemon.ask(path).await;
        assert_eq!(status, 503, "{path}");
        assert!(!answer.to_string().contains("second"), "{answer}");
        assert!(log.take().contains(r#"the store key \"second\""#), "{path}");
    }
}

#[tokio::test]
async fn a_socket_of_unix_needs_no_token_and_is_gone_afterwards() {
    let mut setup = Setup::new();
    let socket = setup.folder.path().join("api.sock");
    setup.tenants().api = Some(Api { listen: ApiListen::Unix(socket.clone()), tokens: Vec::new() });
    let daemon = setup.start().await;
    assert!(daemon.addresses.api.is_none());
    let mut stream = UnixStream::connect(&socket).await.unwrap();
    stream.write_all(b"GET /v1/tenants HTTP/1.1\r\nhost: api\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with(r#"{"tenants":[],"next":null}"#),
        "{answer}"
    );
    daemon.stop().await;
    assert!(!socket.exists());
}

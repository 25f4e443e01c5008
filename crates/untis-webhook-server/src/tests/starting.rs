use untis_webhook_serve::causes;

use super::*;
use crate::settings::Probe;

/// What is said, of a start that must fail.
async fn said(change: impl AsyncFnOnce(&mut Setup)) -> String {
    let mut setup = Setup::new();
    change(&mut setup).await;
    let Err(error) = setup.try_start().await else { panic!("it starts") };
    causes(&error)
}

#[tokio::test]
async fn what_is_wrong_is_one_sentence_before_anything_is_served() {
    let taken = TcpListener::bind(any_port()).await.unwrap();
    let taken = taken.local_addr().map(|address| (taken, address)).unwrap();
    let in_use = format!("cannot listen on {}: ", taken.1);

    let webhook = said(async |setup| setup.settings.listen = taken.1).await;
    let admin = said(async |setup| setup.settings.admin_listen = taken.1).await;
    assert!(webhook.starts_with(&in_use) && admin.starts_with(&in_use), "{webhook}, {admin}");

    let api = |setup: &mut Setup, listen| {
        setup.tenants().api = Some(Api { listen, tokens: Vec::new() });
    };
    let no_token = said(async |setup| api(setup, ApiListen::Tcp(any_port()))).await;
    assert_eq!(
        no_token,
        "expected a token for an API on TCP, found none: UNTIS_WEBHOOK_API_TOKEN_FILE, or tenants.api.token_file"
    );
    let open = said(async |setup| {
        let listen = ApiListen::Tcp("0.0.0.0:0".parse().unwrap());
        setup.tenants().api = Some(Api { listen, tokens: vec![Secret::new(TOKEN)] });
    });
    let open = open.await;
    assert!(open.ends_with("expected a loopback address for the API, found another"), "{open}");
    let no_folder = said(async |setup| {
        let socket = setup.folder.path().join("missing").join("api.sock");
        api(setup, ApiListen::Unix(socket));
    });
    let no_folder = no_folder.await;
    assert!(no_folder.starts_with("the API cannot listen: ") && no_folder.contains("missing"), "{no_folder}");

    let keys = said(async |setup| {
        setup.settings.webhook = config(&[("a", SigningKey::shared()), ("b", &SigningKey::generate())]);
    });
    assert!(keys.await.contains("expected the names of the keys that belong to the environment"));
    let unknown = said(async |setup| setup.tenants().environment_keys = Some(vec!["2025".to_owned()])).await;
    assert!(unknown.ends_with(r#"expected the name of a trusted key for the environment, found "2025""#));
    let database = said(async |setup| {
        let missing = setup.folder.path().join("missing").join("tenants.db");
        setup.tenants().database = Database::Sqlite(missing);
    });
    assert!(database.await.starts_with("the database does not open: expected the database to answer"));
    let postgres = said(async |setup| {
        let url = "postgres://user:hidden-password@127.0.0.1:1/tenants".to_owned();
        setup.tenants().database = Database::Postgres(url);
    });
    let postgres = postgres.await;
    assert!(
        postgres.starts_with("the database does not open: ") && !postgres.contains("hidden"),
        "{postgres}"
    );
}

#[tokio::test]
async fn an_application_that_cannot_be_told_is_said_and_its_secret_is_not() {
    for (url, secret, expected) in [
        ("http://8.8.8.8/hook", secret(1), "found http to another"),
        ("https://user:hidden@app.example", secret(1), "without a user, found something else"),
        ("https://app.example/hook", "hidden-secret".to_owned(), "expected whsec_"),
    ] {
        let said = said(async |setup| {
            let secrets = vec![Secret::new(&secret)];
            setup.tenants().notify = Some(Notify { url: url.parse().unwrap(), secrets });
        });
        let said = said.await;
        assert!(said.starts_with("the application cannot be told: ") && said.contains(expected), "{said}");
        assert!(!said.contains("hidden"), "{said}");
    }
}

#[tokio::test]
async fn a_store_key_that_is_another_than_before_is_said() {
    let daemon = Setup::new().start().await;
    let folder = daemon.stop().await;
    let said = said(async |setup| {
        setup.tenants().database = Database::Sqlite(folder.path().join("tenants.db"));
    });
    assert!(
        said.await.ends_with(r#"expected the store key that was "first" before, found another of that name"#)
    );
}

#[tokio::test]
async fn a_probe_to_which_credentials_would_go_in_the_clear_is_said() {
    let probe = said(async |setup| {
        setup.tenants().probe = Some(Probe { url: "http://8.8.8.8".to_owned(), may_restore: false });
    });
    let probe = probe.await;
    assert!(
        probe.starts_with("the platform cannot be asked: expected https, or http to a loopback"),
        "{probe}"
    );
}

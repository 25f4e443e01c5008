use std::fs;

use crate::Folder;

#[cfg(unix)]
#[test]
fn check_warns_of_what_may_be_and_should_not() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let warnings = |env: &[(&str, &str)]| -> Vec<String> {
        let ran = folder.check(env);
        assert_eq!(ran.code(), 0, "{}", ran.err());
        ran.out().lines().filter_map(|line| line.strip_prefix("warning      ")).map(str::to_owned).collect()
    };
    assert_eq!(
        warnings(&[]),
        ["your-client-id is the example's client id: with it no school's credentials are taken"]
    );
    folder.replace("your-client-id", "ours");
    assert_eq!(warnings(&[]), [""; 0]);
    for (variable, url) in [
        ("UNTIS_WEBHOOK_ADMIN_LISTEN", "0.0.0.0:9090"),
        ("UNTIS_WEBHOOK_NOTIFY_URL", "http://10.0.0.1/hidden-token"),
        ("UNTIS_WEBHOOK_PROBE_URL", "http://10.0.0.1"),
        ("UNTIS_WEBHOOK_DATABASE", "postgres://user:hidden@10.0.0.1/database"),
    ] {
        let warnings = warnings(&[(variable, url)]);
        assert!(warnings.len() == 1 && warnings[0].contains("in the clear"), "{variable}: {warnings:?}");
    }
    for url in [
        "postgres:///database?host=10.0.0.1",
        "postgres://localhost/database?hostaddr=10.0.0.1",
        "postgres://10.0.0.1/database?sslmode=require&sslmode=disable",
        "postgres://10.0.0.1/database?application_name=sslmode=require",
    ] {
        let warnings = warnings(&[("UNTIS_WEBHOOK_DATABASE", url)]);
        assert!(warnings.len() == 1 && warnings[0].contains("in the clear"), "{url}: {warnings:?}");
    }
    let unverified =
        warnings(&[("UNTIS_WEBHOOK_DATABASE", "postgres://user@10.0.0.1/database?sslmode=require")]);
    assert!(unverified.len() == 1 && unverified[0].contains("certificate"), "{unverified:?}");
    for url in [
        "postgres://user@10.0.0.1/database?sslmode=verify-full",
        "postgres://user@10.0.0.1/database?ssl-mode=VERIFY-FULL",
        "postgres://user@127.0.0.1/database",
        "postgres://user@localhost/database?host=/run/postgresql",
    ] {
        assert_eq!(warnings(&[("UNTIS_WEBHOOK_DATABASE", url)]), [""; 0], "{url}");
    }
    let misspelt = warnings(&[("UNTIS_WEBHOOK_CLIENT_ID", "ours"), ("UNTIS_WEBHOOK_CONFIG", "")]);
    assert_eq!(misspelt, ["UNTIS_WEBHOOK_CLIENT_ID is not known: is it UNTIS_WEBHOOK_CLIENT_IDS?"]);
    for (file, mode, expected) in
        [("store-key.txt", 0o644, 1), ("api-token.txt", 0o640, 2), ("notify-secret.txt", 0o602, 3)]
    {
        fs::set_permissions(folder.path(file), fs::Permissions::from_mode(mode)).unwrap();
        let warnings = warnings(&[]);
        let expected = (expected, format!("{file}: others than its owner may read or write it"));
        assert_eq!((warnings.len(), warnings.last().unwrap()), (expected.0, &expected.1));
    }
    folder.replace("client_ids = [\"ours\"]", "");
    assert!(warnings(&[])[0].starts_with("UNTIS_WEBHOOK_CLIENT_IDS is not set"));
    let hidden = folder.check(&[("UNTIS_WEBHOOK_NOTIFY_URL", "https://app.example/hidden-token?hidden")]);
    assert!(!hidden.out().contains("hidden"), "{}", hidden.out());
}

/// Each is what the environment says, or the file.
#[test]
fn deliveries_are_passed_on_if_it_is_said_where_to_and_no_tenants_are_kept_then() {
    let folder = Folder::new();
    let upstream = [("UNTIS_WEBHOOK_UPSTREAM", "127.0.0.1:3000")];
    // It would be passed on to itself, on and on.
    for (listen, upstream) in [
        ("0.0.0.0:3000", "127.0.0.1:3000"),
        ("[::]:3000", "127.0.0.1:3000"),
        ("[::]:3000", "LocalHost:3000"),
        ("[::1]:3000", "localhost:3000"),
        ("127.0.0.1:3000", "[::ffff:127.0.0.1]:3000"),
        ("127.0.0.1:3000", "0.0.0.0:3000"),
    ] {
        let itself = folder.check(&[("LISTEN", listen), ("UNTIS_WEBHOOK_UPSTREAM", upstream)]);
        assert_eq!(itself.code(), 2, "{listen}, {upstream}");
        let said = "UNTIS_WEBHOOK_UPSTREAM: expected another address than that of listen";
        assert!(itself.err().contains(said), "{listen}, {upstream}: {}", itself.err());
    }
    let another = [("LISTEN", "0.0.0.0:3000"), ("UNTIS_WEBHOOK_UPSTREAM", "10.0.0.1:3000")];
    assert_eq!(folder.check(&another).code(), 0);
    let ran = folder.check(&upstream);
    assert_eq!(ran.code(), 0, "{}", ran.err());
    let is_unused = |out: &str| {
        out.contains("passed on   http://127.0.0.1:3000\n")
            && out.contains("tenants.api.listen: not used")
            && !out.contains("database")
    };
    assert!(is_unused(&ran.out()), "{}", ran.out());
    let ran = folder.run(&["--config", "d.toml", "tenants", "list"], &upstream);
    assert!(ran.code() == 2 && ran.err().contains("expected [tenants], found an upstream"), "{}", ran.err());
    // An empty variable is none.
    assert!(folder.check(&[("UNTIS_WEBHOOK_UPSTREAM", " ")]).out().contains("database"));

    folder.replace("#[proxy]\n#upstream", "[proxy]\nupstream");
    assert!(is_unused(&folder.check(&[]).out()));
    let keys = ("UNTIS_WEBHOOK_KEYS", "2026=untis-public.txt");
    let ran = folder.run(&["check"], &[upstream[0], keys]);
    assert!(ran.code() == 0 && !ran.out().contains("not used"), "{}{}", ran.out(), ran.err());
}

//! What it is configured with is read again while it runs.

use std::cell::Cell;
use std::fs;
use std::path::PathBuf;

use untis_webhook_tenants::Store;
use untis_webhook_testkit::School;
use untis_webhook_tests::platform::{PLATFORM, STRANGER};

use super::tls::{Certificate, connect, post, shown, trusting};
use super::*;
use crate::serve::stop::HangUps;

/// The files of a daemon, for whoever replaces them.
struct Files(PathBuf);

impl Files {
    /// By a rename, as it is done at once.
    fn put(&self, file: &str, text: &str) {
        let new = self.0.join("new");
        fs::write(&new, text).unwrap();
        fs::rename(new, self.0.join(file)).unwrap();
    }

    /// Entries are `NAME=FILE`, with commas between.
    fn configure(&self, keys: &str, environment_keys: &str, store_keys: &str, besides: &str) {
        let folder = self.0.display();
        let in_folder = |entries: &str| entries.replace('=', &format!("={folder}/"));
        let (keys, store_keys) = (in_folder(keys), in_folder(store_keys));
        self.put(
            "untis-webhookd.toml",
            &format!(
                r#"
                listen = "127.0.0.1:0"
                keys = "{keys}"
                {besides}
                [admin]
                listen = "127.0.0.1:0"
                [tenants]
                database = "sqlite:{folder}/tenants.db"
                environment_keys = "{environment_keys}"
                store_keys = "{store_keys}"
                [tenants.api]
                listen = "127.0.0.1:0"
                token_file = "{folder}/token.txt"
                [tenants.notify]
                url = "{APPLICATION}"
                secret_file = "{folder}/secret.txt"
                "#
            )
            .replace(APPLICATION, fs::read_to_string(self.0.join("url.txt")).unwrap().trim()),
        );
    }
}

async fn start(application: &Application) -> (Running, Files) {
    start_with(application, "").await
}

/// A platform that signs with the key in `old.txt`, and later with that in `new.txt`.
async fn start_with(application: &Application, besides: &str) -> (Running, Files) {
    let folder = tempfile::tempdir().unwrap();
    let files = Files(folder.path().to_owned());
    files.put("old.txt", &PLATFORM.public_key_base64());
    files.put("new.txt", &STRANGER.public_key_base64());
    let [store_key, second] = [(); 2].map(|()| StoreKey::generate().unwrap());
    files.put("first.key", &store_key.to_base64());
    files.put("second.key", &second.to_base64());
    files.put("token.txt", TOKEN);
    files.put("secret.txt", &secret(1));
    files.put("url.txt", &application.url());
    files.configure("old=old.txt", "old", "first=first.key", besides);

    let file = files.0.join("untis-webhookd.toml");
    let read = move || Settings::read(Some(&file), |_| Ok(None));
    let settings = read().unwrap();
    let keys = settings.webhook.keys.clone();
    let daemon = Daemon::open(settings, Sockets::default()).await.unwrap();
    let daemon = daemon.reading_again(Arc::new(read), HangUps::new().unwrap());
    let addresses = daemon.addresses();
    let (stop, stopped) = oneshot::channel();
    let served = tokio::spawn(daemon.run_until(async { drop(stopped.await) }));
    (Running { folder, store_key, keys, addresses, stop, served }, files)
}

/// Delivers one after the other until `done`. Each is accepted.
async fn none_is_lost(daemon: &Running, key: &SigningKey, done: impl Future<Output = ()>) {
    let is_done = Cell::new(false);
    let deliveries = async {
        let mut school = School::new(key, "12345");
        assert_eq!(daemon.deliver(&school.activate()).await, 204);
        while !is_done.get() {
            assert_eq!(daemon.deliver(&school.reset()).await, 204);
        }
    };
    tokio::join!(deliveries, async {
        done.await;
        is_done.set(true);
    });
}

/// Waits until a delivery that this key signed is answered so.
async fn until_answered(daemon: &Running, key: &SigningKey, status: u16) {
    let delivery = School::new(key, "67890").activate();
    eventually(async || (daemon.deliver(&delivery).await == status).then_some(())).await;
}

#[tokio::test]
async fn trusted_keys_are_replaced_and_no_delivery_is_lost() {
    let application = Application::start([Answer::Status(204)]).await;
    let (daemon, files) = start(&application).await;
    let (old, new) = (&*PLATFORM, &*STRANGER);
    assert_eq!(daemon.deliver(&School::new(new, "12345").activate()).await, 401);

    none_is_lost(&daemon, old, async {
        files.configure("old=old.txt,new=new.txt", "old,new", "first=first.key", "");
        until_answered(&daemon, new, 204).await;
    })
    .await;
    none_is_lost(&daemon, new, async {
        files.configure("new=new.txt", "new", "first=first.key", "");
        until_answered(&daemon, old, 401).await;
    })
    .await;
    // The one that a name stands for may be another, and the environment that it is of: that of the key that is not is refused.
    files.configure("new=new.txt,test=old.txt", "new", "first=first.key", "");
    until_answered(&daemon, old, 403).await;
    files.put("new.txt", &format!("{}\n", old.public_key_base64()));
    files.configure("new=new.txt", "new", "first=first.key", "");
    until_answered(&daemon, old, 204).await;
    until_answered(&daemon, new, 401).await;
}

#[tokio::test]
async fn a_token_is_replaced_while_both_are_taken() {
    let application = Application::start([Answer::Status(204)]).await;
    let (daemon, files) = start(&application).await;
    let api = daemon.addresses.api.unwrap();
    let answers = async |token: &str| {
        get(api, "/v1/tenants", &[("authorization", &format!("Bearer {token}"))]).await.status
    };
    assert_eq!((answers(TOKEN).await, answers("another").await), (200, 401));
    files.put("token.txt", &format!("{TOKEN}\nanother"));
    eventually(async || (answers("another").await == 200).then_some(())).await;
    assert_eq!(answers(TOKEN).await, 200);
    files.put("token.txt", "another");
    eventually(async || (answers(TOKEN).await == 401).then_some(())).await;
    assert_eq!(answers("another").await, 200);
}

#[tokio::test]
async fn a_certificate_is_replaced_with_its_key_one_after_the_other() {
    let application = Application::start([Answer::Status(204)]).await;
    let (old, new) = (Certificate::until(2050), Certificate::until(2051));
    let folder = tempfile::tempdir().unwrap();
    let files = Files(folder.path().to_owned());
    let put = |certificate: &Certificate, file: &str| {
        files.put(file, &fs::read_to_string(certificate.path(file)).unwrap());
    };
    for file in CERTIFICATE {
        put(&old, file);
    }
    let [certificate, key] = CERTIFICATE.map(|file| folder.path().join(file).display().to_string());
    let tls = format!("tls = {{ certificate_file = {certificate:?}, key_file = {key:?} }}");
    let (daemon, _) = start_with(&application, &tls).await;
    let client = Arc::new(trusting(&[&old, &new]));
    let address = daemon.addresses.webhook;
    let delivery = School::new(&PLATFORM, "12345").activate();
    let mut before = connect(&client, address).await.unwrap();
    assert_eq!((shown(&before), post(&mut before, &delivery).await), (old.der.clone(), 204));

    put(&new, CERTIFICATE[0]);
    let failed = async || (daemon.metric("untis_webhook_reload_failed").await == Some(1.0)).then_some(());
    eventually(failed).await;
    assert_eq!(shown(&connect(&client, address).await.unwrap()), old.der);
    put(&new, CERTIFICATE[1]);
    eventually(async || (shown(&connect(&client, address).await.unwrap()) == new.der).then_some(())).await;
    assert_eq!(post(&mut before, &delivery).await, 204);
}

#[tokio::test]
async fn messages_are_signed_with_the_secrets_that_the_file_has() {
    let mut application = Application::start([Answer::Status(204)]).await;
    let (daemon, files) = start(&application).await;
    let mut school = School::new(&PLATFORM, "12345");
    assert_eq!(daemon.deliver(&school.activate()).await, 204);
    let signatures = |told: &Told| told.headers["webhook-signature"].split(' ').count();
    assert_eq!(signatures(&application.told().await), 1);

    files.put("secret.txt", &format!("{}\n{}", secret(1), secret(2)));
    let mut seen = async || {
        assert_eq!(daemon.deliver(&school.reset()).await, 204);
        signatures(&application.told().await)
    };
    timeout(Duration::from_secs(20), async { while seen().await == 1 {} }).await.expect("two signatures");
}

#[tokio::test]
async fn a_store_key_is_replaced_while_credentials_are_handed_out() {
    let (log, _guard) = log();
    let application = Application::start([Answer::Status(204)]).await;
    let (daemon, files) = start(&application).await;
    let key = &*PLATFORM;
    assert_eq!(daemon.deliver(&School::new(key, "one").activate()).await, 204);

    files.configure("old=old.txt", "old", "second=second.key,first=first.key", "");
    let wrapped = async || {
        let store = daemon.store().await;
        let mut transaction = store.begin().await.unwrap();
        store.lock_fingerprint_keys(&mut transaction, "production").await.unwrap().len()
    };
    eventually(async || (wrapped().await == 2).then_some(())).await;
    none_is_lost(&daemon, key, async {
        // Under the second. What is under the first is left there, until it is encrypted again.
        eventually(async || {
            assert_eq!(daemon.deliver(&School::new(key, "two").activate()).await, 204);
            let under_first = daemon.registry().await.credentials("two").await;
            under_first.is_err().then_some(())
        })
        .await;
    })
    .await;
    // The first cannot go yet.
    files.configure("old=old.txt", "old", "second=second.key", "");
    let lines = eventually(async || Some(log.take()).filter(|lines| lines.contains("rekey first"))).await;
    assert!(lines.contains(r#"expected the store key \"first\" still"#), "{lines}");
    for tenant in ["one", "two"] {
        assert_eq!(daemon.ask(&format!("/v1/tenants/{tenant}/credentials")).await.0, 200);
    }
    let second = StoreKey::from_base64(&fs::read_to_string(files.0.join("second.key")).unwrap()).unwrap();
    let ring = KeyRing::new("second", second).unwrap().with("first", daemon.store_key.clone()).unwrap();
    let beside = Registry::builder(&daemon.keys, ring).open(daemon.store().await).await.unwrap();
    assert_eq!(beside.rekey().await.unwrap().left, 0);

    files.configure("old=old.txt", "old", "second=second.key", "\n");
    let used = eventually(async || {
        let (_, readiness) = daemon.admin("/readyz").await;
        let failed = daemon.metric("untis_webhook_reload_failed").await;
        (readiness == "ready" && failed == Some(0.0)).then_some(())
    });
    used.await;
    for tenant in ["one", "two"] {
        assert_eq!(daemon.ask(&format!("/v1/tenants/{tenant}/credentials")).await.0, 200);
    }
}

#[tokio::test]
async fn what_cannot_be_used_leaves_all_as_it_was_and_says_so() {
    let (log, _guard) = log();
    let application = Application::start([Answer::Status(204)]).await;
    let (daemon, files) = start(&application).await;
    let key = &*PLATFORM;
    let failed = async || {
        eventually(async || (daemon.metric("untis_webhook_reload_failed").await == Some(1.0)).then_some(()))
            .await;
    };
    let mended = async || {
        eventually(async || (daemon.admin("/readyz").await.1 == "ready").then_some(())).await;
        assert_eq!(daemon.metric("untis_webhook_reload_failed").await, Some(0.0));
    };
    let secret_text = "whsec_not-a-secret-of-anybody";
    let good = |file: &str| fs::read_to_string(files.0.join(file)).unwrap();
    for (file, bad) in [
        ("old.txt", "garbage"),
        ("token.txt", ""),
        ("secret.txt", secret_text),
        ("first.key", "c2hvcnQ="),
        ("first.key", &StoreKey::generate().unwrap().to_base64()),
        ("untis-webhookd.toml", "keys = 1.5"),
    ] {
        let before = good(file);
        log.take();
        files.put(file, bad);
        failed().await;
        assert_eq!(
            daemon.admin("/readyz").await,
            (200, "ready with what was read before: what is configured now cannot be used".to_owned())
        );
        none_is_lost(&daemon, key, async {}).await;
        assert_eq!(daemon.ask("/v1/tenants").await.0, 200);
        let lines = log.take();
        let warned = lines.lines().filter(|line| line.contains("what is configured cannot be used"));
        assert_eq!(warned.count(), 1, "{file}: {lines}");
        assert!(!lines.contains(secret_text) && !lines.contains("c2hvcnQ"), "{file}: {lines}");
        files.put(file, &before);
        mended().await;
    }
}

#[tokio::test]
async fn what_takes_a_restart_is_named() {
    let (log, _guard) = log();
    let application = Application::start([Answer::Status(204)]).await;
    let (daemon, files) = start(&application).await;
    let certificate = Certificate::until(2050);
    let [certificate_file, key_file] = CERTIFICATE.map(|file| certificate.path(file).display().to_string());
    let besides = format!(
        "path = \"/other\"\ntls = {{ certificate_file = {certificate_file:?}, key_file = {key_file:?} }}"
    );
    files.configure("old=old.txt,new=new.txt", "old,new", "first=first.key", &besides);
    until_answered(&daemon, &STRANGER, 204).await;
    let lines = eventually(async || Some(log.take()).filter(|lines| lines.contains("takes a restart"))).await;
    assert!(lines.contains("takes a restart, and is as it was until then changed=\"path, tls\""), "{lines}");
    assert_eq!(daemon.admin("/readyz").await.1, "ready");
}

#[cfg(unix)]
#[tokio::test]
async fn sighup_has_all_read_again_also_where_no_file_seems_to_have_changed() {
    use rustix::process::{Signal, getpid, kill_process};
    let (log, _guard) = log();
    let application = Application::start([Answer::Status(204)]).await;
    let (daemon, files) = start(&application).await;
    let read_again = async || {
        let lines = eventually(async || Some(log.take()).filter(|lines| lines.contains("read again")));
        assert!(lines.await.contains("read again keys=\"old\""));
    };
    // The files are as new as the daemon.
    read_again().await;
    let hang_up = || kill_process(getpid(), Signal::HUP).unwrap();
    hang_up();
    read_again().await;
    // Also where it fails as before.
    files.put("old.txt", "garbage");
    let failed = async || {
        eventually(async || Some(log.take()).filter(|lines| lines.contains("cannot be used"))).await;
    };
    failed().await;
    hang_up();
    failed().await;
    assert_eq!(daemon.deliver(&School::new(&PLATFORM, "12345").activate()).await, 204);
}

/// Replaces texts of the configuration.
fn edit(files: &Files, edits: &[(&str, &str)]) {
    let mut text = fs::read_to_string(files.0.join("untis-webhookd.toml")).unwrap();
    for (before, after) in edits {
        assert!(text.contains(before), "{before}: {text}");
        text = text.replace(before, after);
    }
    files.put("untis-webhookd.toml", &text);
}

#[tokio::test]
async fn an_api_that_asked_for_a_token_goes_on_to_ask_until_a_restart() {
    let (log, _guard) = log();
    let application = Application::start([Answer::Status(204)]).await;
    let (daemon, files) = start(&application).await;
    assert_eq!(daemon.deliver(&School::new(&PLATFORM, "12345").activate()).await, 204);
    let api = daemon.addresses.api.unwrap();
    let target = "/v1/tenants/12345/credentials";
    assert_eq!(get(api, target, &[]).await.status, 401);
    let folder = files.0.display();
    let token_file = format!("token_file = \"{folder}/token.txt\"");
    let text = fs::read_to_string(files.0.join("untis-webhookd.toml")).unwrap();
    let at = text.find("[tenants.api]").unwrap();
    let (head, api_on) = text.split_at(at);
    let api_on =
        api_on.replacen("listen = \"127.0.0.1:0\"", &format!("listen = \"unix:{folder}/api.sock\""), 1);
    files.put("untis-webhookd.toml", &format!("{head}{}", api_on.replace(&token_file, "")));
    let lines = eventually(async || Some(log.take()).filter(|lines| lines.contains("takes a restart"))).await;
    let answer = get(api, target, &[]).await;
    assert_eq!(answer.status, 401, "{lines}");
    assert!(lines.contains("changed=\"tenants.api.listen, tenants.api.token_file\""), "{lines}");
    assert_eq!(daemon.ask(target).await.0, 200);
}

/// The new key is the only one, in the configuration as `edits` make it otherwise: what was logged by the time that it is told apart.
async fn with_the_new_key(edits: &[(&str, &str)], until: &str) -> (Running, String) {
    let (log, _guard) = log();
    let application = Application::start([Answer::Status(204)]).await;
    let (daemon, files) = start(&application).await;
    let folder = files.0.display().to_string();
    let keys = (format!("old={folder}/old.txt"), format!("new={folder}/new.txt"));
    let mut edits = edits.to_vec();
    edits.extend([(&*keys.0, &*keys.1), ("environment_keys = \"old\"", "environment_keys = \"new\"")]);
    edit(&files, &edits);
    let lines = eventually(async || Some(log.take()).filter(|lines| lines.contains(until))).await;
    (daemon, lines)
}

#[tokio::test]
async fn a_key_counts_with_what_it_is_configured_with_and_not_before() {
    for edit in [
        ("[tenants]\n", "[proxy]\nupstream = \"127.0.0.1:9\"\n[tenants]\n"),
        ("[tenants]\n", "[tenants]\nenvironment = \"integration\"\n"),
        ("/tenants.db", "/others.db"),
        ("url = \"http://127.0.0.1", "url = \"http://127.0.0.2"),
    ] {
        let (daemon, lines) = with_the_new_key(&[edit], "takes a restart").await;
        assert!(lines.contains("what is configured cannot be used"), "{edit:?}: {lines}");
        assert!(!lines.contains("read again keys=\"new\""), "{edit:?}: {lines}");
        assert_eq!(daemon.deliver(&School::new(&STRANGER, "12345").activate()).await, 401);
        assert!(daemon.registry().await.get("12345").await.unwrap().is_none());
        assert_eq!(daemon.deliver(&School::new(&PLATFORM, "12345").activate()).await, 204);
        assert_eq!(daemon.metric("untis_webhook_reload_failed").await, Some(1.0));
    }
}

/// The files of a certificate and of its key.
const CERTIFICATE: [&str; 2] = ["certificate.pem", "key.pem"];

const APPLICATION: &str = "the application's address";

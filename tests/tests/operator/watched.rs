//! Keys are replaced by replacing their files, while deliveries are verified.
#![allow(clippy::unwrap_used, reason = "a test stops where it is surprised")]

use std::fs::{self, remove_file, rename};
use std::path::Path;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use tempfile::TempDir;
use untis_webhook::Verifier;
use untis_webhook_config::{Config, FileWatch};
use untis_webhook_testkit::{Delivery, SigningKey};
use untis_webhook_tests::platform::{PLATFORM, STRANGER, presented};

/// A verifier of the key in a file, and what is told of it.
struct Watched {
    verifier: Verifier,
    watch: FileWatch,
    told: Receiver<Result<usize, String>>,
}

impl Watched {
    fn new(file: &Path) -> Self {
        let entry = format!("2026={}", file.display());
        let config = Config::from_vars(|name| (name == "UNTIS_WEBHOOK_KEYS").then(|| entry.clone())).unwrap();
        let (tell, told) = mpsc::channel();
        let watched = config.into_watched_verifier(move |reloaded| {
            let reloaded = reloaded.map(|keys| keys.iter().len()).map_err(|error| error.to_string());
            // Once the test has ended nobody listens.
            let _ = tell.send(reloaded);
        });
        let (verifier, watch) = watched.unwrap();
        Self { verifier, watch, told }
    }

    fn told(&self) -> Result<usize, String> {
        self.told.recv_timeout(Duration::from_secs(20)).unwrap()
    }

    fn trusts(&self, key: &SigningKey) -> bool {
        let delivery = Delivery::sign(key, "{}");
        self.verifier.verify(&presented(&delivery), delivery.body().clone()).is_ok()
    }

    #[track_caller]
    fn trusts_alone(&self, key: &SigningKey) {
        let trusted = [&*PLATFORM, &*STRANGER].map(|other| (other.public_key_base64(), self.trusts(other)));
        assert_eq!(
            trusted.map(|(other, is_trusted)| is_trusted == (other == key.public_key_base64())),
            [true; 2]
        );
    }
}

fn put(file: &Path, text: &str) {
    let new = file.with_extension("new");
    fs::write(&new, text).unwrap();
    rename(new, file).unwrap();
}

#[test]
fn the_key_of_a_file_that_is_replaced_or_written_to_is_trusted_in_place_of_the_old() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("key.txt");
    put(&file, &PLATFORM.public_key_base64());
    let watched = Watched::new(&file);
    watched.trusts_alone(&PLATFORM);

    put(&file, &STRANGER.public_key_base64());
    assert_eq!(watched.told(), Ok(1));
    watched.trusts_alone(&STRANGER);

    fs::write(&file, PLATFORM.public_key_base64()).unwrap();
    assert_eq!(watched.told(), Ok(1));
    watched.trusts_alone(&PLATFORM);
}

#[test]
fn the_old_key_is_trusted_on_while_the_file_is_missing_or_holds_none() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("key.txt");
    put(&file, &PLATFORM.public_key_base64());
    let watched = Watched::new(&file);

    put(&file, "no key");
    assert!(watched.told().unwrap_err().contains("key.txt"));
    watched.trusts_alone(&PLATFORM);
    remove_file(&file).unwrap();
    assert!(watched.told().unwrap_err().starts_with("cannot read "));
    watched.trusts_alone(&PLATFORM);
    put(&file, &STRANGER.public_key_base64());
    assert_eq!(watched.told(), Ok(1));
    watched.trusts_alone(&STRANGER);
}

#[cfg(unix)]
#[test]
fn a_link_on_the_way_that_leads_elsewhere_is_followed_as_kubernetes_replaces_a_mounted_secret() {
    use std::os::unix::fs::symlink;

    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    for (version, key) in [("1", &*PLATFORM), ("2", &*STRANGER)] {
        fs::create_dir(path(version)).unwrap();
        fs::write(path(version).join("key.txt"), key.public_key_base64()).unwrap();
    }
    symlink("1", path("..data")).unwrap();
    symlink("..data/key.txt", path("key.txt")).unwrap();
    let watched = Watched::new(&path("key.txt"));
    watched.trusts_alone(&PLATFORM);

    symlink("2", path("..data_tmp")).unwrap();
    rename(path("..data_tmp"), path("..data")).unwrap();
    assert_eq!(watched.told(), Ok(1));
    watched.trusts_alone(&STRANGER);
}

#[test]
fn a_change_between_reading_and_watching_is_seen() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("key.txt");
    put(&file, &PLATFORM.public_key_base64());
    let entry = format!("2026={}", file.display());
    let config = Config::from_vars(|name| (name == "UNTIS_WEBHOOK_KEYS").then(|| entry.clone())).unwrap();
    put(&file, &STRANGER.public_key_base64());
    let (tell, told) = mpsc::channel();
    let _watched =
        config.into_watched_verifier(move |reloaded| tell.send(reloaded.is_ok()).unwrap()).unwrap();
    assert_eq!(told.recv_timeout(Duration::from_secs(20)), Ok(true));
}

#[test]
fn nobody_looks_any_more_when_the_watch_is_dropped() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("key.txt");
    put(&file, &PLATFORM.public_key_base64());
    let Watched { verifier, watch, told } = Watched::new(&file);
    drop(watch);
    // The thread ends, and with it whoever could tell.
    assert_eq!(told.recv_timeout(Duration::from_secs(20)), Err(RecvTimeoutError::Disconnected));
    put(&file, &STRANGER.public_key_base64());
    let delivery = Delivery::sign(&PLATFORM, "{}");
    assert!(verifier.verify(&presented(&delivery), delivery.body().clone()).is_ok());
}

#[test]
fn a_file_that_never_rests_hides_no_change_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let [restless, key] = ["restless", "key"].map(|name| folder.path().join(name));
    put(&restless, "");
    put(&key, "old");
    let begun = std::time::SystemTime::now() + Duration::from_secs(60);
    let (tell, told) = mpsc::channel();
    let read = key.clone();
    let watch = FileWatch::new(vec![restless.clone(), key.clone()], begun, move || {
        let _ = tell.send(fs::read_to_string(&read).unwrap());
    })
    .unwrap();
    put(&key, "new");
    // It is another at each look, until the other's change is told.
    let mut length = 0;
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    let told = loop {
        length += 1;
        put(&restless, &"x".repeat(length % 1000));
        match told.try_recv() {
            Ok(text) => break text,
            Err(_) => assert!(std::time::Instant::now() < deadline, "nothing is told"),
        }
    };
    assert_eq!(told, "new");
    drop(watch);
}

//! A disk that is full: a small file system in memory, in a mount namespace of the daemon's own.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use rustix::process::{Signal, kill_process};
use untis_webhook_testkit::SigningKey;
use untis_webhook_tests::port::Port;
use untis_webhook_tests::wait::within;

use crate::daemon::{Daemon, Folder};
use crate::schools::Schools;

#[tokio::test]
#[ignore = "needs unshare: cargo test --package untis-webhook-server --test whole on_a_full_disk -- --ignored"]
async fn on_a_full_disk_nothing_is_acknowledged_that_is_not_stored_and_with_space_it_goes_on() {
    let folder = with_disk();
    // There is an application to tell, which never answers: what is written about that wants space as well.
    let application = Port::any();
    let mount = "mount -t tmpfs -o size=6m,mode=700 tmpfs disk && exec \"$0\" \"$@\"";
    let program = [&unshare()[..], &["sh", "-c", mount]].concat();
    let mut daemon = Daemon::started_by(&program, &folder, "daemon", "sqlite:disk/tenants.db", &application);
    daemon.start().await;
    // As the daemon sees it.
    let disk = PathBuf::from(format!(
        "/proc/{}/root{}/disk",
        daemon.pid().as_raw_nonzero(),
        folder.path().display()
    ));
    assert!(disk.join("tenants.db").exists() && !folder.path().join("disk/tenants.db").exists());
    fs::write(disk.join("ballast"), vec![0; 1 << 20]).unwrap();

    let mut schools = Schools::default();
    schools.fill(&daemon, REFUSED).await;
    let stored = schools.acknowledged();
    assert!(stored > 100, "{stored}");
    assert!(daemon.is_alive());
    assert_eq!(daemon.admin("/livez").await.status, 200);
    schools.assert_given_out_by(&daemon, &folder).await;

    // What is on the disk, and not in the daemon's memory.
    kill_process(daemon.pid(), Signal::STOP).unwrap();
    for file in ["tenants.db", "tenants.db-wal"] {
        fs::copy(disk.join(file), folder.path().join(file)).unwrap();
    }
    kill_process(daemon.pid(), Signal::CONT).unwrap();
    let mut other = Daemon::new(&folder, "other", "sqlite:tenants.db", &application);
    other.start().await;
    schools.assert_given_out_by(&other, &folder).await;

    fs::remove_file(disk.join("ballast")).unwrap();
    schools.deliver_again(&daemon).await;
    assert_eq!(schools.acknowledged(), schools.all());
    schools.assert_given_out_by(&daemon, &folder).await;
    println!(
        "{stored} schools stored until the disk was full, then {REFUSED} deliveries refused and taken later"
    );
    assert!(daemon.stop().await.success());
}

#[tokio::test]
#[ignore = "needs unshare, PostgreSQL: .ci/postgres"]
async fn when_the_disk_of_postgresql_is_full_nothing_is_lost_either() {
    let folder = with_disk();
    let application = Port::any();
    let programs = env::var("UNTIS_WEBHOOK_TESTS_POSTGRES_PROGRAMS").expect(".ci/postgres runs this");
    let unshare = unshare();
    let mut postgres = tokio::process::Command::new(unshare[0]);
    postgres.args(&unshare[1..]).args(["--pid", "--fork", "--kill-child", "sh", "-c", POSTGRES, &programs]);
    postgres.current_dir(folder.path()).stdout(folder.log("postgres.log")).stderr(folder.log("postgres.log"));
    let _postgres = postgres.kill_on_drop(true).spawn().unwrap();
    within(Duration::from_secs(60), "PostgreSQL", async || {
        folder.read("postgres.log").contains("ready to accept connections").then_some(())
    })
    .await;

    let url = format!("postgres://tests@localhost/postgres?host={}", folder.path().display());
    let mut daemon = Daemon::new(&folder, "daemon", &url, &application);
    daemon.start().await;
    let mut schools = Schools::default();
    // Each of them waits for a server that is perhaps being started again and again.
    schools.fill(&daemon, 5).await;
    let log = folder.read("postgres.log");
    assert!(log.contains("No space left on device"), "{log}");
    let stored = schools.acknowledged();
    assert!(stored > 100, "{stored}");
    assert!(daemon.is_alive());
    assert_eq!(daemon.admin("/livez").await.status, 200);

    fs::write(folder.path().join("space"), "").unwrap();
    schools.deliver_again(&daemon).await;
    assert_eq!(schools.acknowledged(), schools.all());
    schools.assert_given_out_by(&daemon, &folder).await;
    let ended = log.matches("PANIC").count();
    println!("{stored} schools stored until PostgreSQL's disk was full, which ended it {ended} times");
    assert!(daemon.stop().await.success());
}

/// A server whose disk has 4 MB left until there is a file `space`, and which is started again when it ends. It refuses to be
/// root, also where that is nobody else.
const POSTGRES: &str = r#"
mount -t tmpfs -o size=96m,mode=777 tmpfs disk || exit
exec unshare --user --map-user=1000 --map-group=1000 sh -c '
    PATH=$0:$PATH
    initdb --pgdata=disk/data --username=tests --auth=trust --encoding=UTF8 --locale=C.UTF-8 --wal-segsize=1 || exit
    left=$(df --output=avail --block-size=1 disk | tail -n 1)
    head --bytes=$((left - 4000000)) /dev/zero >disk/ballast
    (until [ -e space ]; do sleep 0.1; done; rm disk/ballast) &
    while :; do
        postgres -D disk/data -c listen_addresses= -c "unix_socket_directories=$PWD"
        sleep 0.1
    done
' "$0"
"#;

/// With a place to mount it.
fn with_disk() -> Folder {
    let folder = Folder::new();
    fs::write(folder.path().join("untis-public.txt"), SigningKey::shared().public_key_base64()).unwrap();
    fs::create_dir(folder.path().join("disk")).unwrap();
    folder
}

/// What gives a command mounts of its own: a user's, or else root's.
fn unshare() -> Vec<&'static str> {
    for unshare in [&["unshare", "--user", "--map-root-user", "--mount"][..], &["unshare", "--mount"]] {
        let mut mount = Command::new(unshare[0]);
        mount.args(&unshare[1..]).args(["mount", "-t", "tmpfs", "tmpfs", "/mnt"]);
        if mount.output().is_ok_and(|output| output.status.success()) {
            return unshare.to_vec();
        }
    }
    panic!(
        "expected a mount namespace, by unshare as a user or as root, found none: the full disk is not tested"
    );
}

/// So many deliveries.
const REFUSED: usize = 50;

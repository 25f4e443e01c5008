//! A front end, started with the file that is documented.

use std::fs::{self, File, Permissions};
use std::net::SocketAddr;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use untis_webhook_tests::port::Port;
use untis_webhook_tests::wait::within;

use crate::SOON;
use crate::client::{Client, NAME};

/// What it is, and what a test must say to it besides.
pub(crate) struct FrontEnd {
    pub(crate) name: &'static str,
    /// Its files in `deploy/front-ends/`, with the language for the page.
    pub(crate) files: &'static [(&'static str, &'static str)],
    /// Where it listens: the text that says so, and the same for a test.
    pub(crate) listen: [&'static str; 2],
    /// Where the receiver is, likewise.
    pub(crate) upstream: [&'static str; 2],
    /// What stands around the file where it is used: on Debian the distribution's own.
    pub(crate) around: Option<(&'static str, &'static str)>,
    /// How it is started, in the foreground.
    pub(crate) command: &'static [&'static str],
}

/// A text in a file, and what stands in its place.
pub(crate) type Change = (&'static str, &'static str);

/// One at work, until it is dropped.
pub(crate) struct Running {
    pub(crate) client: Client,
    folder: TempDir,
    process: Child,
    group: Pid,
    /// Held so that nobody else gets it.
    _port: Port,
}

impl FrontEnd {
    /// Its file, as it is documented.
    pub(crate) fn file(&self, name: &str) -> String {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/front-ends");
        fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Comes back when it serves.
    pub(crate) async fn start(&self, upstream: SocketAddr) -> Running {
        self.start_changed(&[], upstream, upstream).await
    }

    /// With these changes to its files, in which `{other}` is another address.
    pub(crate) async fn start_changed(
        &self,
        changes: &[Change],
        upstream: SocketAddr,
        other: SocketAddr,
    ) -> Running {
        let folder = tempfile::tempdir().unwrap();
        let port = Port::any();
        let filled = |text: &str| {
            let upstream = upstream.port().to_string();
            let folder = folder.path().to_str().unwrap();
            text.replace("{port}", &port.number().to_string())
                .replace("{upstream}", &upstream)
                .replace("{other}", &other.to_string())
                .replace("{folder}", folder)
        };
        let own = [(self.listen[0], self.listen[1]), (self.upstream[0], self.upstream[1])];
        let mut left: Vec<_> = own.iter().chain(changes).map(|(from, _)| *from).collect();
        for (name, _) in self.files {
            let mut text = self.file(name);
            // What is changed names the receiver as the file does.
            for (from, to) in changes.iter().chain(&own) {
                if text.contains(from) {
                    assert_eq!(text.matches(from).count(), 1, "{name}: {from}");
                    left.retain(|other| other != from);
                    text = text.replace(from, &filled(to));
                }
            }
            let text = text
                .replace("/etc/ssl/", &filled("{folder}/"))
                .replace("/etc/traefik/", &filled("{folder}/traefik."));
            fs::write(folder.path().join(name), text).unwrap();
        }
        assert!(left.is_empty(), "{}: its files do not have {left:?}", self.name);
        if let Some((name, text)) = self.around {
            fs::write(folder.path().join(name), filled(text)).unwrap();
        }
        let certificate = certificate(folder.path());

        let command: Vec<_> = self.command.iter().map(|part| filled(part)).collect();
        let mut process = self.spawn(&command, folder.path());
        let group = process.id().and_then(|id| Pid::from_raw(id.try_into().ok()?)).unwrap();
        let client = Client::trusting(port.address(), certificate);
        let log = folder.path().join("log");
        within(SOON, self.name, async || {
            if let Some(status) = process.try_wait().unwrap() {
                panic!("{} has ended, {status}:\n{}", self.name, fs::read_to_string(&log).unwrap());
            }
            // Traefik answers 404 until it has read its route.
            (![0, 404].contains(&client.probe().await)).then_some(())
        })
        .await;
        Running { client, folder, process, group, _port: port }
    }

    fn spawn(&self, command: &[String], folder: &Path) -> Child {
        let log = File::create(folder.join("log")).unwrap();
        let mut process = Command::new(&command[0]);
        process.args(&command[1..]).current_dir(folder).process_group(0).kill_on_drop(true);
        process.env("HOME", folder).env("CADDY_ADMIN", format!("unix/{}", folder.join("admin").display()));
        process.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let root = fs::metadata(folder).unwrap().uid() == 0;
        if root {
            // As it would be run: by somebody who may do nothing else.
            process.uid(NOBODY).gid(NOBODY);
            for entry in fs::read_dir(folder).unwrap() {
                chown(entry.unwrap().path(), Some(NOBODY), Some(NOBODY)).unwrap();
            }
            chown(folder, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        process.spawn().unwrap_or_else(|error| panic!("{}: {error}: .ci/front-ends installs it", command[0]))
    }
}

impl Running {
    /// What it has said.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // With all that it has started.
        let _ = kill_process_group(self.group, Signal::KILL);
        let _ = self.process.start_kill();
    }
}

/// A certificate, its key, and both in one file.
fn certificate(folder: &Path) -> PathBuf {
    let made = rcgen::generate_simple_self_signed([NAME.to_owned()]).unwrap();
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let file = |extension: &str| folder.join(format!("{NAME}.{extension}"));
    fs::write(file("pem"), &certificate).unwrap();
    fs::write(file("key"), &key).unwrap();
    fs::write(file("both.pem"), certificate + &key).unwrap();
    for extension in ["key", "both.pem"] {
        fs::set_permissions(file(extension), Permissions::from_mode(0o600)).unwrap();
    }
    file("pem")
}

const NOBODY: u32 = 65534;

//! The two, as processes, and what the kernel says of them.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use untis_webhook_tests::process::{cpu_seconds, memory_kib};

/// A server, until it is dropped.
pub(crate) struct Server {
    process: Child,
    #[expect(dead_code, reason = "is there as long as the server")]
    folder: TempDir,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// The seconds of CPU that it and its children have used.
    pub(crate) fn cpu(&self) -> f64 {
        let id = self.process.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
        let children = children.split_whitespace().map(|child| cpu_seconds(child.parse().unwrap()));
        cpu_seconds(id) + children.sum::<f64>()
    }

    /// What is in memory now, in MiB.
    pub(crate) fn resident(&self) -> f64 {
        memory_kib(self.process.id(), "VmRSS") as f64 / 1024.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // nginx ends its workers when it is told, and not when it is killed.
        let stopped = Command::new("sh").arg("-c").arg(format!("kill {}", self.process.id())).status();
        assert!(stopped.unwrap().success());
        self.process.wait().unwrap();
    }
}

/// The daemon as it is released, which logs each delivery to a file.
pub(crate) fn daemon(key: &str, environment: &[(&str, String)]) -> Server {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "--quiet", "--locked", "--package", "untis-webhook-server"])
        .status();
    assert!(built.unwrap().success());
    let path = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("untis-webhookd");
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("untis-webhookd.log");
    // For where tenants are kept.
    fs::write(folder.path().join("store-key.txt"), "A".repeat(43) + "=\n").unwrap();
    let process = Command::new(path)
        .arg("serve")
        .env_clear()
        .env("UNTIS_WEBHOOK_KEYS", format!("platform={key}"))
        .env("LISTEN", "127.0.0.1:0")
        .env("UNTIS_WEBHOOK_ADMIN_LISTEN", "127.0.0.1:0")
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .current_dir(folder.path())
        .stdout(fs::File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let address = eventually(|| {
        let said = fs::read_to_string(&log).unwrap();
        let (_, rest) = said.split_once(" address=")?;
        rest.split_whitespace().next()?.parse().ok()
    });
    Server { process, address, folder }
}

/// What the daemon is told to keep tenants, in a database in its folder, with nobody to tell.
pub(crate) fn tenants() -> Vec<(&'static str, String)> {
    vec![
        ("UNTIS_WEBHOOK_STORE_KEYS", "first=store-key.txt".to_owned()),
        ("UNTIS_WEBHOOK_API_LISTEN", "unix:api.sock".to_owned()),
    ]
}

/// nginx as it comes, with one worker and a line for each request, that passes them on.
pub(crate) fn proxy(application: SocketAddr) -> Server {
    nginx("access.log", &format!("proxy_pass http://{application};"))
}

/// An application that answers 204 and does nothing else.
pub(crate) fn application() -> Server {
    nginx("/dev/null", "return 204;")
}

fn nginx(log: &str, location: &str) -> Server {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (configuration, path) = (folder.path().join("nginx.conf"), folder.path().display());
    let text = format!(
        "daemon off; worker_processes 1; pid {path}/nginx.pid; error_log {path}/error.log;
        events {{}}
        http {{
            access_log {log};
            client_body_temp_path {path}/body; proxy_temp_path {path}/proxy; fastcgi_temp_path {path}/fastcgi;
            uwsgi_temp_path {path}/uwsgi; scgi_temp_path {path}/scgi;
            server {{
                listen {address};
                keepalive_requests 1000000;
                location / {{ {location} }}
            }}
        }}"
    );
    fs::write(&configuration, text).unwrap();
    let process = Command::new("nginx")
        .arg("-p")
        .arg(folder.path())
        .arg("-c")
        .arg(configuration)
        .stderr(Stdio::null())
        .spawn()
        .expect("Debian's nginx-light");
    eventually(|| TcpStream::connect(address).ok());
    Server { process, address, folder }
}

fn eventually<T>(look: impl Fn() -> Option<T>) -> T {
    for _ in 0..500 {
        if let Some(found) = look() {
            return found;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("nothing after 10 s")
}

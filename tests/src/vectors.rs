//! The fixed vectors under `tests/vectors/`; their provenance is in `tests/vectors/README.md`.

use std::fs;
use std::path::PathBuf;

/// The path of a file or folder under `tests/vectors/`.
pub fn path(relative: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors").join(relative)
}

/// A file under `tests/vectors/`.
pub fn read(relative: &str) -> Vec<u8> {
    let path = path(relative);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A file under `tests/vectors/` that is text.
pub fn read_text(relative: &str) -> String {
    String::from_utf8(read(relative)).expect("text")
}

/// The names in a folder under `tests/vectors/`, sorted.
pub fn names(relative: &str) -> Vec<String> {
    let entries = fs::read_dir(path(relative)).expect("a folder of vectors");
    let mut names: Vec<_> = entries
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name of text"))
        .collect();
    names.sort();
    names
}

/// A delivery that another program signed.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "named as the files of the folder")]
pub struct Delivery {
    pub name: String,
    pub key: Vec<u8>,
    pub algorithm: String,
    pub authorization: String,
    pub body: Vec<u8>,
}

impl Delivery {
    /// The file that holds the key.
    pub fn key_path(&self) -> PathBuf {
        path(&format!("deliveries/{}/key", self.name))
    }

    /// The delivery as a client sends it.
    pub fn to_http(&self) -> Vec<u8> {
        let Self { algorithm, authorization, body, .. } = self;
        let head = format!(
            "POST /webhook HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json; charset=utf-8\r\n\
             Authorization: {authorization}\r\nAlgorithm: {algorithm}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        [head.as_bytes(), body].concat()
    }
}

/// Every delivery that another program signed.
pub fn deliveries() -> Vec<Delivery> {
    names("deliveries")
        .into_iter()
        .filter(|name| path(&format!("deliveries/{name}")).is_dir())
        .map(|name| {
            let file = |file: &str| format!("deliveries/{name}/{file}");
            Delivery {
                key: read(&file("key")),
                algorithm: read_text(&file("algorithm")),
                authorization: read_text(&file("authorization")),
                body: read(&file("body")),
                name,
            }
        })
        .collect()
}

/// The delivery that the platform's documentation prints.
pub fn published_delivery() -> Delivery {
    let http = read_text("published/untis-example-delivery.http");
    let (head, body) = http.split_once("\n\n").expect("a head and a body");
    let header = |name: &str| {
        let line = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.unwrap_or_else(|| panic!("no header {name}")).to_owned()
    };
    Delivery {
        name: "published".into(),
        key: published_key("calendar-integration").into_bytes(),
        algorithm: header("Algorithm"),
        authorization: header("Authorization"),
        body: body.trim_end_matches('\n').into(),
    }
}

/// A key that the platform publishes, as it is published: `integration`, `calendar-integration` or
/// `production`.
pub fn published_key(environment: &str) -> String {
    let keys = read_text("published/untis-public-keys.txt");
    let section = keys.split_once(&format!("[{environment}]\n")).expect("a published key").1;
    section.split('[').next().unwrap_or_default().to_owned()
}

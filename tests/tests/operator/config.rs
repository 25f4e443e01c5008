//! What a receiver is told by its operator, and that no error repeats what may be a key.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where it is surprised"
)]

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;
use untis_webhook_config::{Config, ConfigError, KeysError, keys, may_be_key, read_key};
use untis_webhook_tests::hidden::Hidden;
use untis_webhook_tests::platform::{PLATFORM, STRANGER};
use untis_webhook_tests::vectors;

/// A folder with the platform's public key.
fn folder() -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("public.txt");
    fs::write(&file, PLATFORM.public_key_base64()).unwrap();
    (folder, file.display().to_string())
}

fn config(vars: &[(&'static str, &str)]) -> Result<Config, ConfigError> {
    let vars: HashMap<_, _> = vars.iter().copied().collect();
    Config::from_vars(|name| vars.get(name).map(|value| (*value).to_owned()))
}

#[test]
fn keys_come_from_files_and_from_the_entry_itself() {
    let (_folder, file) = folder();
    let other = STRANGER.public_key_base64();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{other}\n-----END PUBLIC KEY-----\n");
    for inline in [&other, &pem, &pem.replace('\n', "\\n")] {
        let set = keys([&*format!(" production = {file} "), &*format!("next={inline}")]).unwrap();
        let names: Vec<_> = set.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(names, ["production", "next"]);
        assert!(set.iter().any(|(_, key)| *key == STRANGER.verifying_key()));
    }
}

#[test]
fn the_headers_have_the_names_that_are_configured() {
    let (_folder, file) = folder();
    let keys = format!("production={file}");
    let names = |vars: &[(&'static str, &str)]| {
        let config = config(&[vars, &[("UNTIS_WEBHOOK_KEYS", &keys)]].concat()).map_err(|e| e.to_string())?;
        let names = config.into_verifier().header_names().clone();
        Ok::<_, String>((names.signature.to_string(), names.algorithm.to_string()))
    };
    let expected = |signature: &str, algorithm: &str| Ok((signature.to_owned(), algorithm.to_owned()));
    let (signature, algorithm) = ("UNTIS_WEBHOOK_SIGNATURE_HEADER", "UNTIS_WEBHOOK_ALGORITHM_HEADER");
    assert_eq!(names(&[]), expected("authorization", "algorithm"));
    assert_eq!(names(&[(signature, ""), (algorithm, " ")]), expected("authorization", "algorithm"));
    assert_eq!(names(&[(signature, "X-Signature ")]), expected("x-signature", "algorithm"));
    assert_eq!(names(&[(algorithm, "X-Algorithm")]), expected("authorization", "x-algorithm"));
    for (vars, error) in [
        (
            [(signature, "'X-Signature'")],
            "UNTIS_WEBHOOK_SIGNATURE_HEADER: expected the name of a header, found quotation",
        ),
        ([(signature, "two words")], "UNTIS_WEBHOOK_SIGNATURE_HEADER: expected the name of a header"),
        ([(algorithm, "X:")], "UNTIS_WEBHOOK_ALGORITHM_HEADER: expected the name of a header"),
        ([(signature, "Algorithm")], "UNTIS_WEBHOOK_SIGNATURE_HEADER, UNTIS_WEBHOOK_ALGORITHM_HEADER: "),
    ] {
        assert!(names(&vars).unwrap_err().starts_with(error), "{error}");
    }
}

#[test]
fn without_a_key_there_is_no_configuration() {
    for vars in [&[][..], &[("UNTIS_WEBHOOK_KEYS", "")], &[("UNTIS_WEBHOOK_KEYS", " \n")]] {
        assert!(matches!(config(vars), Err(ConfigError::NoKeys)), "{vars:?}");
    }
}

#[test]
fn what_is_no_entry_is_named() {
    let (_folder, file) = folder();
    for (entry, found) in [
        ("", "found nothing"),
        (" ", "found nothing"),
        (&*file, "found text without ="),
        ("production", "found text without ="),
        ("production=", "found a name without a file"),
        (&format!("\"production={file}\""), "quotation marks"),
        (&format!("production=\"{file}\""), "quotation marks"),
        (&format!("'production={file}'"), "quotation marks"),
        (&format!("={file}"), "expected a key name of 1 to 64"),
        (&format!("my key={file}"), "expected a key name of 1 to 64"),
        ("production=/does/not/exist", "cannot read /does/not/exist: No such file or directory"),
        (
            "production=Keys/andalongernamethanusual/production",
            "cannot read Keys/andalongernamethanusual/prod",
        ),
    ] {
        let error = keys([entry]).unwrap_err().to_string();
        assert!(error.contains(found), "{entry}: {error}");
    }
}

#[test]
fn what_is_repeated_is_no_piece_of_a_key() {
    for text in [
        "SHA1withRSA",
        "--private",
        "http://localhost:3000/webhook",
        "a-long-name-of-a-key-in-2026-as-it-is",
        "",
    ] {
        assert!(!may_be_key(text), "{text}");
    }
    let pem = PLATFORM.to_pkcs8_pem();
    let line = pem.lines().nth(1).unwrap();
    let hex: Vec<_> = line.bytes().map(|octet| format!("{octet:02x}")).collect();
    for text in
        [line, &line[..20], &hex.concat(), &hex.join(":"), &hex[..8].join(":"), &hex.concat().to_uppercase()]
    {
        assert!(may_be_key(text) && may_be_key(&format!("--option={text}")), "{text}");
    }
    // A name is none, however long it may be.
    let (_folder, file) = folder();
    assert!(keys([&*format!("a-long-name-of-a-key-in-2026-as-it-is={file}")]).is_ok());
}

/// Every way in which a key that is not to be shown can get into an entry or a file's name.
#[test]
fn no_error_repeats_what_may_be_a_key() {
    let mut hidden = Hidden::default();
    let mut secrets = vec![PLATFORM.to_pkcs8_pem().to_string()];
    for name in vectors::names("keys/wrong").iter().filter(|name| name.starts_with("private")) {
        secrets.extend(String::from_utf8(vectors::read(&format!("keys/wrong/{name}"))));
    }
    assert!(secrets.len() > 4);
    let mut entries: Vec<String> = Vec::new();
    for secret in &secrets {
        let lines: Vec<_> = secret.lines().filter(|line| !line.contains("-----")).collect();
        lines.iter().for_each(|line| hidden.octets(line.as_bytes()));
        let base64 = lines.concat();
        let url_safe = base64.replace('+', "-").replace('/', "_");
        let octets = base64::Engine::decode(&base64::prelude::BASE64_STANDARD, &base64).unwrap();
        let hex: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
        let colons: String = octets.iter().map(|octet| format!("{octet:02x}:")).collect();
        hidden.text(&hex[..24]);
        hidden.text(&colons[..24]);
        entries.extend(lines.iter().map(|line| format!("production={line}")));
        for key in [
            secret,
            &base64,
            &url_safe,
            &hex,
            &colons,
            &secret.replace('\n', "\\n"),
            &secret.replace('\n', " "),
            lines[0],
        ] {
            entries.push(key.to_owned());
            for entry in
                ["production={}", "={}", "\"production={}\"", "production=\"{}\"", "{}=public.txt", "k=./{}"]
            {
                entries.push(entry.replace("{}", key));
            }
        }
        entries.push(format!(r#"production={{"d":"{url_safe}"}}"#));
    }
    let mut errors = String::new();
    for entry in &entries {
        let error = keys(entry.split(',')).unwrap_err();
        errors += &format!("{error} {error:?}\n");
        for variable in
            ["UNTIS_WEBHOOK_KEYS", "UNTIS_WEBHOOK_SIGNATURE_HEADER", "UNTIS_WEBHOOK_ALGORITHM_HEADER"]
        {
            let error = config(&[(variable, entry)]).unwrap_err();
            errors += &format!("{error} {error:?}\n");
        }
    }
    hidden.assert_absent("an error", &errors);
    println!("{} entries, {} texts that no error repeats", entries.len(), hidden.count());
}

#[test]
fn a_private_key_in_place_of_a_file_is_named_as_what_it_is() {
    let pem = PLATFORM.to_pkcs8_pem();
    let base64: String = pem.lines().filter(|line| !line.contains("-----")).collect();
    for value in [&*pem, &base64] {
        let error = keys([&*format!("production={value}")]).unwrap_err();
        assert!(matches!(error, KeysError::Inline(_)), "{error}");
        assert!(error.to_string().ends_with("found a private key"), "{error}");
    }
}

#[test]
fn a_key_file_is_a_regular_file_of_at_most_64_kib() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("long.txt");
    for (len, fits) in [(64 * 1024, true), (64 * 1024 + 1, false)] {
        // Line breaks are no fault of a key.
        let key = PLATFORM.public_key_base64();
        fs::write(&file, key.clone() + &"\n".repeat(len - key.len())).unwrap();
        let read = read_key(&file).map(|_| ()).map_err(|error| error.to_string());
        match fits {
            true => assert_eq!(read, Ok(())),
            false => assert!(read.unwrap_err().ends_with("found more than 64 KiB"), "{len} octets"),
        }
    }
    for (file, found) in [
        (folder.path(), "a directory"),
        (Path::new("/dev/zero"), "a device or a socket"),
        (Path::new("/dev/null"), "a device or a socket"),
    ] {
        assert!(read_key(file).unwrap_err().to_string().contains(found), "{found}");
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_that_ends_is_a_key_file() {
    let folder = TempDir::new().unwrap();
    let pipe = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let writer = {
        let pipe = pipe.clone();
        std::thread::spawn(move || fs::write(pipe, PLATFORM.public_key_base64()))
    };
    assert_eq!(read_key(&pipe).unwrap(), PLATFORM.verifying_key());
    writer.join().unwrap().unwrap();
}

#[cfg(unix)]
#[test]
fn a_pipe_that_does_not_end_is_read_no_further_than_the_limit() {
    let folder = TempDir::new().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let written = Arc::new(AtomicUsize::new(0));
    let writer = {
        let (pipe, written) = (pipe.clone(), Arc::clone(&written));
        move || {
            let mut pipe = File::options().write(true).open(pipe)?;
            loop {
                written.fetch_add(pipe.write(&[b'\n'; 4096])?, Ordering::SeqCst);
            }
        }
    };
    // It ends when nobody reads any more.
    std::thread::spawn(move || -> io::Result<()> { writer() });
    let error = read_key(&pipe).unwrap_err().to_string();
    // What was read, and what a pipe holds.
    let written = written.load(Ordering::SeqCst);
    assert!(written < 1024 * 1024, "{written} octets were taken");
    assert!(error.ends_with("found more than 64 KiB"), "{error}");
}

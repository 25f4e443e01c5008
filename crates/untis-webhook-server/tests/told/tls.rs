//! Two files of TLS: what may be in them, and what is said of it.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rcgen::{
    CertificateParams, KeyPair, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, PKCS_RSA_SHA256, date_time_ymd,
};
use untis_webhook_testkit::SigningKey;

use super::{Folder, Ran};

/// In which the daemon is configured as the document for operators says, and passes deliveries on.
fn folder() -> Folder {
    let folder = Folder::new();
    write(&folder, "d.toml", documented());
    let (certificate, key) = certificate(2050, &KeyPair::generate().unwrap());
    write(&folder, "fullchain.pem", certificate);
    write(&folder, "privkey.pem", key);
    set_mode(&folder.path("privkey.pem"), 0o600);
    folder
}

fn write(folder: &Folder, file: &str, text: impl AsRef<[u8]>) {
    fs::write(folder.path(file), text).unwrap();
}

fn run(folder: &Folder, command: &str, env: &[(&str, &str)]) -> Ran {
    let others = [("UNTIS_WEBHOOK_KEYS", "2026=untis-public.txt"), ("UNTIS_WEBHOOK_UPSTREAM", "127.0.0.1:1")];
    folder.run(&["--config", "d.toml", command], &[&others, env].concat())
}

fn read(folder: &Folder, file: &str) -> String {
    fs::read_to_string(folder.path(file)).unwrap()
}

/// What `check` prints.
fn check(folder: &Folder) -> String {
    let ran = run(folder, "check", &[]);
    assert_eq!(ran.code(), 0, "{}", ran.err());
    ran.out()
}

/// The configuration of TLS in the document for operators.
fn documented() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide/src/untis-webhookd.md");
    let document = fs::read_to_string(file).unwrap();
    let blocks: Vec<_> = document.split("```toml\n").filter(|block| block.starts_with("[tls]\n")).collect();
    assert_eq!(blocks.len(), 1);
    blocks[0].split("```").next().unwrap().to_owned()
}

/// A certificate for localhost that ends in this year, and its key, in PEM.
fn certificate(year: i32, key: &KeyPair) -> (String, String) {
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.not_after = date_time_ymd(year, 1, 1);
    (params.self_signed(key).unwrap().pem(), key.serialize_pem())
}

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", BASE64_STANDARD.encode(der))
}

#[cfg(unix)]
fn set_mode(file: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(not(unix))]
fn set_mode(_: &Path, _: u32) {}

#[test]
fn a_certificate_and_its_key_in_every_usual_form_are_taken() {
    let folder = folder();
    let said = check(&folder);
    assert!(said.contains("POST https://127.0.0.1:8080/webhook, signed by 2026\n"), "{said}");
    assert!(said.contains("fullchain.pem, good until 2050-01-01T00:00:00Z\n"), "{said}");
    assert!(!said.contains("warning"), "{said}");

    let rsa = SigningKey::generate();
    let rsa = KeyPair::from_pkcs8_pem_and_sign_algo(&rsa.to_pkcs8_pem(), &PKCS_RSA_SHA256).unwrap();
    let p384 = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap();
    let p256 = KeyPair::generate().unwrap();
    // What PKCS#8 wraps is the last of it: the SEQUENCE of a version 0, or 1 and a scalar.
    let inner = |key: &KeyPair, begins: &[u8]| {
        let der = key.serialize_der();
        let at = der.windows(begins.len()).rposition(|window| window == begins).unwrap();
        der[at..].to_vec()
    };
    let pkcs1 = {
        let der = rsa.serialize_der();
        let at = (1..der.len() - 7).rfind(|at| {
            der[*at..].starts_with(&[0x30, 0x82]) && der[at + 4..].starts_with(&[2, 1, 0, 2, 0x82])
        });
        pem("RSA PRIVATE KEY", &der[at.unwrap()..])
    };
    let sec1 = pem("EC PRIVATE KEY", &inner(&p256, &[0x30, 0x6b, 2, 1, 1, 4, 0x20]));
    for (kind, key, text) in [
        ("PKCS#8, RSA", &rsa, rsa.serialize_pem()),
        ("PKCS#1", &rsa, pkcs1),
        ("PKCS#8, P-384", &p384, p384.serialize_pem()),
        (
            "SEC 1",
            &p256,
            format!("-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n{sec1}"),
        ),
        ("Windows", &p256, format!("\u{feff}{}", p256.serialize_pem().replace('\n', "\r\n"))),
    ] {
        write(&folder, "fullchain.pem", certificate(2040, key).0);
        write(&folder, "privkey.pem", text);
        assert!(check(&folder).contains("good until 2040-"), "{kind}");
    }

    // Of a chain the certificate that ends first.
    let key = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    let (first, key) = certificate(2045, &key);
    let (second, _) = certificate(2044, &KeyPair::generate().unwrap());
    write(&folder, "fullchain.pem", format!("The server's\n{first}\nand whose it is\n{second}"));
    write(&folder, "privkey.pem", key);
    assert!(check(&folder).contains("good until 2044-"));
}

#[test]
fn what_is_not_a_certificate_with_its_key_is_said_of_its_file_and_nothing_of_it_is_repeated() {
    const CHAIN: &str =
        "fullchain.pem: expected certificates in PEM (BEGIN CERTIFICATE), the server's own first, found ";
    const KEY: &str =
        "privkey.pem: expected a private key in PEM, of RSA, ECDSA (P-256, P-384) or Ed25519, found ";
    let valid = folder();
    let (chain, key) = (read(&valid, "fullchain.pem"), read(&valid, "privkey.pem"));
    let (other, other_key) = certificate(2050, &KeyPair::generate().unwrap());
    let der =
        BASE64_STANDARD.decode(chain.lines().filter(|line| !line.contains('-')).collect::<String>()).unwrap();
    let chain_of = |text: &str| Some(("fullchain.pem", text.as_bytes().to_vec()));
    let key_of = |text: &str| Some(("privkey.pem", text.as_bytes().to_vec()));
    for (file, expected) in [
        (Some(("fullchain.pem", Vec::new())), format!("{CHAIN}none")),
        (Some(("fullchain.pem", der.clone())), format!("{CHAIN}none")),
        (chain_of(&pem("CERTIFICATE", &der[..100])), format!("{CHAIN}one that cannot be read")),
        (
            chain_of(&chain.replace("-----END", "-----")),
            "fullchain.pem: expected PEM, found a section".to_owned(),
        ),
        (chain_of(&chain.replace("MII", "M!!")), "fullchain.pem: expected PEM, found a section".to_owned()),
        (
            chain_of(&format!("{chain}{key}")),
            "fullchain.pem: expected certificates alone, found a private key".to_owned(),
        ),
        (
            chain_of(&key.replace("BEGIN", "BEGIN ENCRYPTED")),
            "fullchain.pem: expected certificates alone".to_owned(),
        ),
        (
            chain_of(&other),
            "privkey.pem: expected the key of fullchain.pem, found that of another".to_owned(),
        ),
        (
            chain_of(&format!("{other}{chain}")),
            "privkey.pem: expected the key of fullchain.pem, found".to_owned(),
        ),
        (
            key_of(&other_key),
            "privkey.pem: expected the key of fullchain.pem, found that of another".to_owned(),
        ),
        (key_of(&chain), format!("{KEY}none")),
        (key_of(""), format!("{KEY}none")),
        (key_of(&pem("PRIVATE KEY", &der)), format!("{KEY}another")),
        (
            key_of(&format!("{key}{other_key}")),
            "privkey.pem: expected one private key, found several".to_owned(),
        ),
        (
            key_of(&key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY")),
            "privkey.pem: expected a private key without a passphrase, found one that is encrypted"
                .to_owned(),
        ),
        (key_of(&key.replace("MI", "M!")), "privkey.pem: expected PEM, found a section".to_owned()),
        (key_of(&"a".repeat(65 * 1024)), "privkey.pem: expected less, found more than 64 KiB".to_owned()),
    ] {
        let folder = folder();
        write(&folder, "fullchain.pem", &chain);
        write(&folder, "privkey.pem", &key);
        if let Some((file, text)) = file {
            write(&folder, file, text);
        }
        let line = if expected.starts_with("privkey") {
            "line 3, tls.key_file"
        } else {
            "line 2, tls.certificate_file"
        };
        refused(&folder, &[], &format!("d.toml, {line}: {expected}"));
    }
    let said = "UNTIS_WEBHOOK_TLS_CERTIFICATE_FILE: no-such.pem: No such file";
    refused(&valid, &[("UNTIS_WEBHOOK_TLS_CERTIFICATE_FILE", "no-such.pem")], said);
    let said = "UNTIS_WEBHOOK_TLS_KEY_FILE: /dev/zero: expected a file or a pipe, found a device";
    refused(&valid, &[("UNTIS_WEBHOOK_TLS_KEY_FILE", "/dev/zero")], said);
}

/// Both of `check` and `serve`.
fn refused(folder: &Folder, env: &[(&str, &str)], expected: &str) {
    for command in ["check", "serve"] {
        let ran = run(folder, command, env);
        let said = ran.err();
        assert_eq!((ran.code(), ran.out().as_str()), (2, ""), "{expected}: {said}");
        assert!(said.starts_with(&format!("untis-webhookd: {expected}")), "{expected}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        for file in ["fullchain.pem", "privkey.pem"] {
            let text = fs::read(folder.path(file)).unwrap();
            let mut parts = text.split(|octet| *octet == b'\n').filter(|line| line.len() > 30);
            let is_repeated = parts.any(|line| said.contains(&*String::from_utf8_lossy(&line[..30])));
            assert!(!is_repeated, "{said}");
        }
    }
}

#[test]
fn one_of_the_two_files_alone_is_an_error_and_serves_nothing_in_the_clear() {
    let folder = folder();
    let documented = read(&folder, "d.toml");
    for (without, expected) in [
        (
            "certificate_file = \"fullchain.pem\"\n",
            "UNTIS_WEBHOOK_TLS_CERTIFICATE_FILE, or tls.certificate_file in d.toml is not set",
        ),
        ("key_file = \"privkey.pem\"\n", "UNTIS_WEBHOOK_TLS_KEY_FILE, or tls.key_file in d.toml is not set"),
    ] {
        assert!(documented.contains(without));
        write(&folder, "d.toml", documented.replace(without, ""));
        refused(&folder, &[], expected);
    }
    write(&folder, "d.toml", "[tls]\n");
    refused(&folder, &[], "UNTIS_WEBHOOK_TLS_CERTIFICATE_FILE, or tls.certificate_file in d.toml is not set");
    write(&folder, "d.toml", "");
    let one = [("UNTIS_WEBHOOK_TLS_KEY_FILE", "privkey.pem")];
    refused(
        &folder,
        &one,
        "UNTIS_WEBHOOK_TLS_CERTIFICATE_FILE, or tls.certificate_file in d.toml is not set",
    );
    assert!(check(&folder).contains("POST http://127.0.0.1:8080/webhook"));
}

#[cfg(unix)]
#[test]
fn check_warns_of_a_key_that_others_may_read_and_of_a_certificate_that_has_ended() {
    let folder = folder();
    set_mode(&folder.path("privkey.pem"), 0o640);
    let said = check(&folder);
    assert!(said.contains("privkey.pem: others than its owner may read or write it\n"), "{said}");
    let (chain, key) = certificate(2020, &KeyPair::generate().unwrap());
    write(&folder, "fullchain.pem", chain);
    write(&folder, "privkey.pem", key);
    set_mode(&folder.path("privkey.pem"), 0o600);
    let said = check(&folder);
    assert!(said.contains("fullchain.pem: the certificate has ended"), "{said}");
    assert_eq!(said.matches("warning").count(), 1, "{said}");
}

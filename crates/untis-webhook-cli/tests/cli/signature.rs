//! What `inspect` says of what is in the signature's header.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::headers::{ALGORITHM, GENUINE, Signed};
use crate::*;

#[test]
fn a_genuine_signature_is_recognized_however_it_is_written() {
    let signed = Signed::new();
    let signature = &signed.signature;
    let octets = BASE64_STANDARD.decode(signature).unwrap();
    let hex: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
    let colons = octets.iter().map(|octet| format!("{octet:02X}")).collect::<Vec<_>>().join(":");
    let lines = |columns: usize, end: &str| {
        let lines: Vec<_> =
            signature.as_bytes().chunks(columns).map(|line| str::from_utf8(line).unwrap()).collect();
        lines.join(end)
    };
    for (rejection, value, how) in [
        ("MalformedSignature", format!("\"{signature}\""), "in quotes"),
        ("MalformedSignature", format!("'{signature}'"), "in quotes"),
        (
            "MalformedSignature",
            signature.replace('+', "-").replace('/', "_"),
            "in the URL-safe alphabet of base64 (- and _)",
        ),
        ("MalformedSignature", signature.trim_end_matches('=').to_owned(), "without its padding"),
        (
            "MalformedSignature",
            signature.replace('+', "-").replace('/', "_").replace('=', ""),
            "in the URL-safe alphabet of base64 (- and _), without its padding",
        ),
        (
            "MalformedSignature",
            signature.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D"),
            "percent-encoded",
        ),
        ("MalformedSignature", format!("Bearer {signature}"), "after a scheme word"),
        ("MalformedSignature", format!("b'{signature}'"), "as Python writes bytes"),
        ("MalformedSignature", format!(":{signature}:"), "between colons, as a structured field"),
        (
            "MalformedSignature",
            format!("Signature keyId=\"a\",signature=\"{signature}\""),
            "as a parameter, in quotes",
        ),
        ("MalformedSignature", format!("{signature}, {signature}"), "in a list"),
        ("MalformedSignature", lines(64, "\r\n "), "with line ends or other white space in it"),
        ("MalformedSignature", lines(64, "\n"), "with line ends or other white space in it"),
        ("MalformedSignature", lines(76, "\\n"), "with line ends in it, written as \\n"),
        ("MalformedSignature", signature.replace('/', "\\/"), "with JSON escapes in it"),
        (
            "MalformedSignature",
            signature.replace('+', "&#43;").replace('/', "&#x2F;").replace('=', "&#x3D;"),
            "escaped for HTML",
        ),
        ("MalformedSignature", format!("&quot;{signature}&quot;"), "escaped for HTML, in quotes"),
        ("MalformedSignature", format!("[\"{signature}\"]"), "in a list of JSON, in quotes"),
        ("MalformedSignature", colons, "with colons between its octets, in hexadecimal"),
        ("UntrustedSignature", hex.clone(), "in hexadecimal"),
        ("UntrustedSignature", hex.to_uppercase(), "in hexadecimal"),
        ("UntrustedSignature", BASE64_STANDARD.encode(signature), "in base64 twice"),
    ] {
        // A value that the change leaves as it is would be genuine.
        if value == *signature {
            continue;
        }
        let stdout = signed.refused(rejection, &format!("Authorization: {value}\r\n{ALGORITHM}"));
        let expected = format!("Authorization header: is the signature by development, {how}\n");
        assert!(stdout.starts_with(&expected), "{how}: {stdout}");
        assert!(
            stdout.contains(GENUINE) && stdout.contains("\nbody: is the one that was signed\n"),
            "{stdout}"
        );
        assert!(stdout.contains("\nnext: find what rewrites Authorization on its way"), "{stdout}");
    }
}

#[test]
fn a_plus_that_became_a_space_is_recognized() {
    // Not every signature has a plus: one that has is signed.
    let signed = Signed::new();
    let (body, signature) = (0..)
        .map(|at| format!("{{\"tenantId\":\"{at}\"}}"))
        .map(|body| (body.clone(), headers_of(&signed.folder, body.as_bytes()).0))
        .find(|(_, signature)| signature.contains('+'))
        .unwrap();
    let request =
        format!("POST / HTTP/1.1\r\nAuthorization: {}\r\n{ALGORITHM}\r\n{body}", signature.replace('+', " "));
    fs::write(signed.folder.path().join("spaces.http"), request).unwrap();
    let (_, stdout, _) = run(&signed.folder, &["inspect", KEY, "--request", "spaces.http"]);
    assert!(
        stdout.starts_with(
            "Authorization header: is the signature by development, with spaces in the place of +\n"
        ),
        "{stdout}"
    );
}

#[test]
fn what_is_in_the_place_of_the_signature_is_said_by_kind_and_never_by_value() {
    let signed = Signed::new();
    let public = fs::read_to_string(signed.folder.path().join("untis-public.txt")).unwrap();
    let signature = &signed.signature;
    let digest = untis_webhook::Digest::of(untis_webhook::Algorithm::Sha256WithRsa, BODY.as_bytes());
    let octets = |len: usize| BASE64_STANDARD.encode(vec![0x5a; len]);
    let (place, lengths) = ("in the place of the signature", "a signature by these keys has 256");
    for (rejection, value, expected) in [
        ("MalformedSignature", String::new(), "is empty".to_owned()),
        (
            "MalformedSignature",
            "Basic c2VjcmV0OnNlY3JldA==".into(),
            format!("holds credentials of another scheme, Basic, {place}"),
        ),
        (
            "MalformedSignature",
            "bearer abc.def".into(),
            format!("holds credentials of another scheme, Bearer, {place}"),
        ),
        (
            "MalformedSignature",
            "Digest username=\"x\", realm=\"y\"".into(),
            format!("holds credentials of another scheme, Digest, {place}"),
        ),
        (
            "MalformedSignature",
            "AWS4-HMAC-SHA256 Credential=x/y, Signature=00".into(),
            format!("holds credentials of another scheme, AWS4-HMAC-SHA256, {place}"),
        ),
        (
            "MalformedSignature",
            "{http.reverse_proxy.header.Authorization}".into(),
            format!("holds a placeholder that something on the way did not fill, {place}"),
        ),
        (
            "MalformedSignature",
            "%REQ(authorization)%".into(),
            format!("holds a placeholder that something on the way did not fill, {place}"),
        ),
        (
            "MalformedSignature",
            "$http_authorization".into(),
            format!("holds a placeholder that something on the way did not fill, {place}"),
        ),
        (
            "MalformedSignature",
            "Whatever abc:def".into(),
            format!("begins with a word, as credentials of another scheme do, {place}"),
        ),
        (
            "MalformedSignature",
            "eyJhbGciOiJSUzI1NiJ9.e30.c2ln".into(),
            format!("holds a JSON Web Token {place}"),
        ),
        ("UntrustedSignature", "null".into(), "holds a word that is too short for a signature".into()),
        (
            "MalformedSignature",
            format!("sha256={}", "ab".repeat(32)),
            format!("holds as many octets as a SHA-256 digest or HMAC has, {place} (32 octets; {lengths})"),
        ),
        (
            "UntrustedSignature",
            format!("{}ag==", "abcd".repeat(85)),
            format!(
                "holds what has the length of a signature, and no capital letter: its case was changed (256 octets; {lengths})"
            ),
        ),
        ("MalformedSignature", "SHA256withRSA".into(), format!("holds an algorithm's name {place}")),
        ("MalformedSignature", "?!".into(), format!("holds what is not base64 {place}")),
        (
            "UntrustedSignature",
            public.trim().to_owned(),
            format!("holds the public key development itself {place}"),
        ),
        (
            "UntrustedSignature",
            digest.to_string(),
            format!("holds the SHA-256 digest of the body {place} (32 octets; {lengths})"),
        ),
        (
            "UntrustedSignature",
            BASE64_STANDARD.encode(digest.as_octets()),
            format!("holds the SHA-256 digest of the body {place} (32 octets; {lengths})"),
        ),
        (
            "UntrustedSignature",
            octets(32),
            format!("holds as many octets as a SHA-256 digest or HMAC has, {place} (32 octets; {lengths})"),
        ),
        (
            "UntrustedSignature",
            signature[..200].to_owned(),
            format!(
                "holds fewer octets than a signature by these keys: it may have been cut (150 octets; {lengths})"
            ),
        ),
        (
            "MalformedSignature",
            signature[..201].to_owned(),
            format!("holds base64 that was cut: its length is no multiple of four (150 octets; {lengths})"),
        ),
        (
            "MalformedSignature",
            signature[..202].to_owned(),
            format!("holds base64 that was cut: its length is no multiple of four (151 octets; {lengths})"),
        ),
        (
            "UntrustedSignature",
            octets(512),
            format!("holds more octets than a signature by these keys (512 octets; {lengths})"),
        ),
        (
            "MalformedSignature",
            format!("\"{}\"", octets(256)),
            format!("holds what has the length of a signature, in quotes (256 octets; {lengths})"),
        ),
    ] {
        let stdout = signed.refused(rejection, &format!("Authorization: {value}\r\n{ALGORITHM}"));
        assert!(stdout.starts_with(&format!("Authorization header: {expected}\n")), "{value}: {stdout}");
        assert!(!stdout.contains("made this signature,"), "{stdout}");
    }
    // As a signature should be, by nobody here.
    let stdout = signed.refused(
        "UntrustedSignature",
        &format!("Authorization: {}\r\n{ALGORITHM}", octets(256)).replace("\r\n", "\r\n"),
    );
    assert!(stdout.starts_with("development: did not make this signature (2048 bits)\n"), "{stdout}");
}

#[test]
fn the_option_takes_what_openssl_wraps() {
    let signed = Signed::new();
    let wrapped: Vec<_> =
        signed.signature.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
    for end in ["\n", "\r\n"] {
        let wrapped = format!("{}{end}", wrapped.join(end));
        for command in ["inspect", "verify"] {
            let args =
                [command, KEY, "--authorization", &wrapped, "--algorithm", "SHA256withRSA", "body.json"];
            let (code, stdout, _) = run(&signed.folder, &args);
            assert_eq!(code, 0, "{stdout}");
        }
    }
}

//! Chains of changes, and the end of a search.

use super::*;

#[test]
fn a_chain_is_told_in_the_order_in_which_it_happened() {
    let pretty = "{\n  \"tenantId\": \"4711\",\n  \"reasonText\": \"Größe\"\n}";
    let minified = r#"{"tenantId":"4711","reasonText":"Größe"}"#;
    let (space, end) = ("white space was taken out of it", "a line end was added to it");
    let latin_1 = "its UTF-8 was read as Latin-1 and written as UTF-8 again";
    for (arrived, expected) in [
        (format!("{minified}\n").into_bytes(), format!("it is JSON, and {space}, then {end}")),
        (read_as_latin_1(minified).into_bytes(), format!("it is JSON, and {space}, then {latin_1}")),
        (
            BASE64_STANDARD.encode(gzip(pretty.as_bytes())).into_bytes(),
            "it was compressed (gzip), then it was encoded in base64".into(),
        ),
        (gzip(minified.as_bytes()), format!("it is JSON, and {space}, then it was compressed (gzip)")),
        (
            format!("{}\n", escaped(r#"{"reasonText":"Größe","tenantId":"4711"}"#, false)).into_bytes(),
            format!(
                "it is JSON, and {space} and its fields were sorted by name and characters were written as JSON escapes (such as \\u00fc), then {end}"
            ),
        ),
        (
            escaped(&read_as_latin_1(minified), false).into_bytes(),
            format!(
                "{latin_1}, then it is JSON, and {space} and characters were written as JSON escapes (such as \\u00fc)"
            ),
        ),
        (
            b"\xef\xbb\xbf".iter().copied().chain(format!("{minified}\r\n").bytes()).collect(),
            format!("it is JSON, and {space}, then {end}, then a byte order mark was added to it"),
        ),
    ] {
        assert_eq!(said(pretty, &arrived), expected, "{}", String::from_utf8_lossy(&arrived));
    }
}

#[test]
fn what_nothing_explains_is_not_explained() {
    assert_eq!(said(SIGNED, SIGNED.replace("4711", "4712")), "Not");
    assert_eq!(said(SIGNED, "{}"), "Not");
    assert_eq!(said(SIGNED, vec![b' '; 2 * 1024 * 1024]), "TooLong");
}

#[test]
fn a_search_ends_whatever_the_body_is() {
    let len = 64 * 1024;
    let repeat = |text: &str| text.repeat(len / text.len()).into_bytes();
    let nested = |text: &str| {
        (0..20).fold(text.as_bytes().to_vec(), |body, _| BASE64_STANDARD.encode(body).into_bytes())
    };
    let bodies = [
        ("brackets", repeat("[")),
        ("brackets that close", [repeat("["), repeat("]")].concat()),
        ("lists", [b"[".to_vec(), repeat("[],"), b"[]]".to_vec()].concat()),
        ("percent", repeat("%41")),
        ("backslashes", repeat("\\u")),
        ("a bomb", gzip(&vec![b' '; 64 * 1024 * 1024])),
        ("a bomb of JSON", gzip(&[b"[".to_vec(), b"0,".repeat(8 * 1024 * 1024), b"0]".to_vec()].concat())),
        ("base64 of base64", nested("{}")),
        ("random", (0..len).map(|at| u8::try_from(at * at * 7919 % 251).unwrap()).collect()),
        (
            "a payload",
            format!(r#"{{"tenantId":"4711","reasonText":"{}"}}"#, "ü/<".repeat(len / 4)).into_bytes(),
        ),
        (
            "fields",
            format!("{{{}\"a\":1}}", (0..5000).map(|at| format!("\"{at}\":{at}.0,")).collect::<String>())
                .into_bytes(),
        ),
    ];
    for (name, body) in bodies {
        assert_eq!(said(SIGNED, &body), "Not", "{name}");
    }
}

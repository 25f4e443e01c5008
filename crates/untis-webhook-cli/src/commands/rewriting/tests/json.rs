//! JSON that was written again.

use super::*;

#[test]
fn escapes_are_named_in_both_directions_and_are_never_white_space() {
    let slash = SIGNED.replace('/', "\\/");
    let html = SIGNED.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
    for (written, examples) in [
        (escaped(SIGNED, false), "\\u00fc"),
        (escaped(SIGNED, true), "\\u00fc"),
        (slash.clone(), "\\/"),
        (escaped(&slash, false), "\\u00fc and \\/"),
        (html.clone(), "\\u003c"),
        (html.replace('\'', "\\u0027"), "\\u003c"),
        (escaped(&html, false), "\\u00fc and \\u003c"),
        (
            SIGNED
                .replace('&', "\\u0026")
                .replace('<', "\\u003C")
                .replace('>', "\\u003E")
                .replace('\'', "\\u0027"),
            "\\u003c",
        ),
    ] {
        assert_eq!(
            said(SIGNED, &written),
            format!("it is JSON, and characters were written as JSON escapes (such as {examples})")
        );
        let back = format!(
            "it is JSON, and JSON escapes were written as the characters they are for (such as {examples})"
        );
        assert_eq!(said(&written, SIGNED), back, "{written}");
    }
    let (lower, upper) = (escaped(SIGNED, false), escaped(SIGNED, true));
    assert_eq!(
        said(lower, upper),
        "it is JSON, and JSON escapes were written in another way (such as \\u00fc)"
    );
    // A pair of surrogates is one character.
    let (smile, pair) = (r#"{"a":"😀"}"#, r#"{"a":"\ud83d\ude00"}"#);
    assert_eq!(
        said(smile, pair),
        "it is JSON, and characters were written as JSON escapes (such as \\u00fc)"
    );
    let separated = "{\"a\":\"ü\u{2028}\"}";
    let go = separated.replace('\u{2028}', "\\u2028");
    assert_eq!(
        said(&go, separated),
        "it is JSON, and JSON escapes were written as the characters they are for (such as \\u00fc)"
    );
    // Quotes stay quoted, and a lone surrogate is nobody's character.
    let odd = r#"{"a":"\"\\\ud800\n","b":"ä/"}"#;
    assert_eq!(
        said(odd, odd.replace('ä', "\\u00e4").replace('/', "\\/")),
        "it is JSON, and characters were written as JSON escapes (such as \\u00fc and \\/)"
    );
}

#[test]
fn json_that_was_written_again_is_named() {
    let spaced = r#"{"b": [1, {"c": []}], "a": {}}"#;
    let minified = r#"{"b":[1,{"c":[]}],"a":{}}"#;
    let pretty = "{\n  \"b\": [\n    1,\n    {\n      \"c\": []\n    }\n  ],\n  \"a\": {}\n}";
    let jackson = "{\n  \"b\" : [ 1, {\n    \"c\" : [ ]\n  } ],\n  \"a\" : { }\n}";
    for written in [
        spaced,
        pretty,
        jackson,
        &pretty.replace("  ", "    "),
        &pretty.replace("  ", "\t"),
        &pretty.replace('\n', "\r\n"),
    ] {
        assert_eq!(said(minified, written), "it is JSON, and white space was added to it");
        assert_eq!(said(written, minified), "it is JSON, and white space was taken out of it", "{written}");
    }
    assert_eq!(said(spaced, pretty), "it is JSON, and white space was added to it");
    assert_eq!(said(jackson, spaced), "it is JSON, and white space was taken out of it");

    let sorted = r#"{"eventType":"DELETION","reasonText":"Größe </b> & 'mehr'","tenantId":"4711"}"#;
    assert_eq!(said(SIGNED, sorted), "it is JSON, and its fields were sorted by name");
    assert_eq!(said(sorted, SIGNED), "it is JSON, and its fields were put into another order");
    let shuffled = r#"{"reasonText":"Größe </b> & 'mehr'","tenantId":"4711","eventType":"DELETION"}"#;
    assert_eq!(said(SIGNED, shuffled), "it is JSON, and its fields were put into another order");
    assert_eq!(said(shuffled, SIGNED), "it is JSON, and its fields were put into another order");
    let more = SIGNED.replace("\"eventType\"", "\"receivedAt\":1,\"eventType\"");
    assert_eq!(said(SIGNED, more), "it is JSON, and a field was added to it");

    let left_out = "it is JSON, and null fields were left out";
    let without = SIGNED.replace(",\"reasonText\":\"Größe </b> & 'mehr'\"", "");
    let null = without.replace('}', ",\"reasonText\":null}");
    assert_eq!(said(&null, &without), left_out);
    let credentials = r#"{"tenantId":"1","secret":"s","country":null,"language":"de","schoolEmail":null,"schoolPhoneNumber":null}"#;
    assert_eq!(
        said(
            credentials.replace("null,\"l", "\"AT\",\"l"),
            r#"{"tenantId":"1","secret":"s","country":"AT","language":"de"}"#
        ),
        left_out
    );
    for (colon, comma) in [(": ", ", "), (" : ", " , ")] {
        let spaced = |body: &str| body.replace(':', colon).replace(',', comma);
        assert_eq!(said(spaced(&null), spaced(&without)), left_out);
    }
    let pretty = without.replace('{', "{\n  ").replace(',', ",\n  ").replace('}', "\n}");
    assert_eq!(said(pretty.replace("\n}", ",\n  \"reasonText\":null\n}"), &pretty), left_out);

    for (signed, arrived) in [
        ("12", "12.0"),
        ("12.0", "12"),
        ("1200", "1.2e3"),
        ("1200", "1.2E+03"),
        ("0.5", "5e-1"),
        ("-7", "-7.0"),
        ("12345678", "1.2345678E7"),
        ("1.2345678E7", "12345678"),
        ("1e2", "100"),
        ("1E2", "100.0"),
    ] {
        let body = |number| format!(r#"{{"tenantId":{number},"x":"1.0"}}"#);
        assert_eq!(
            said(body(signed), body(arrived)),
            "it is JSON, and its numbers were written in another form (12.0, 1.2e1)",
            "{signed}"
        );
    }
    let number = SIGNED.replace("\"4711\"", "4711");
    assert_eq!(said(SIGNED, &number), "it is JSON, and texts of digits became numbers");
    assert_eq!(said(number, SIGNED), "it is JSON, and numbers became texts");
    assert_eq!(said(r#"{"a":""}"#, r#"{"a":null}"#), "it is JSON, and empty texts became null");
}

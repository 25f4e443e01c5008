//! What happens to a body whatever it holds.

use super::*;

#[test]
fn another_charset_is_named() {
    let (once, utf_16) = (read_as_latin_1(SIGNED), SIGNED.encode_utf16());
    let little: Vec<u8> = utf_16.clone().flat_map(u16::to_le_bytes).collect();
    let utf_32 = SIGNED.chars().map(u32::from);
    let little_32: Vec<u8> = utf_32.clone().flat_map(u32::to_le_bytes).collect();
    let big_32: Vec<u8> = [0, 0, 0xfe, 0xff].into_iter().chain(utf_32.flat_map(u32::to_be_bytes)).collect();
    let big: Vec<u8> = [0xfe, 0xff].into_iter().chain(utf_16.flat_map(u16::to_be_bytes)).collect();
    for (arrived, expected) in [
        (once.clone().into_bytes(), "its UTF-8 was read as Latin-1 and written as UTF-8 again"),
        (
            SIGNED.replace('ö', "Ã¶").replace('ß', "ÃŸ").into_bytes(),
            "its UTF-8 was read as Windows-1252 and written as UTF-8 again",
        ),
        (
            read_as_latin_1(&once).into_bytes(),
            "its UTF-8 was read as Latin-1 and written as UTF-8 again, then its UTF-8 was read as Latin-1 and written as \
             UTF-8 again",
        ),
        (octets_of_latin_1(SIGNED), "it was transcoded from UTF-8 to Latin-1 or Windows-1252"),
        (little, "it was transcoded from UTF-8 to UTF-16LE"),
        (big, "it was transcoded from UTF-8 to UTF-16BE"),
        (little_32, "it was transcoded from UTF-8 to UTF-32LE"),
        (big_32, "it was transcoded from UTF-8 to UTF-32BE"),
        (SIGNED.nfd().collect::<String>().into_bytes(), "its Unicode was decomposed (NFD)"),
    ] {
        assert_eq!(said(SIGNED, arrived), expected);
    }
    let euro = SIGNED.replace('ö', "€");
    let windows: Vec<u8> =
        euro.chars().map(|c| if c == '€' { 0x80 } else { u8::try_from(c).unwrap() }).collect();
    assert_eq!(said(&euro, windows), "it was transcoded from UTF-8 to Windows-1252");
    assert_eq!(said(SIGNED.nfd().collect::<String>(), SIGNED), "its Unicode was composed (NFC)");
    assert_eq!(
        said(octets_of_latin_1(SIGNED), SIGNED),
        "it was transcoded from Latin-1 or Windows-1252 to UTF-8"
    );
}

#[test]
fn lines_and_what_is_around_a_body_are_named() {
    for (signed, arrived, expected) in [
        ("{}", "{}\n", "a line end was added to it"),
        ("{}", "{}\r\n", "a line end was added to it"),
        ("{}\n", "{}", "its last line end was lost"),
        ("{}\r\n", "{}", "its last line end was lost"),
        ("a\nb", "a\r\nb", "its line ends were changed from LF to CRLF"),
        ("a\r\nb", "a\nb", "its line ends were changed from CRLF to LF"),
        ("{}", "\u{feff}{}", "a byte order mark was added to it"),
        ("\u{feff}{}", "{}", "its byte order mark was lost"),
        ("a", " a  ", "white space was added around it"),
        ("a", "a\0\0", "zero octets were added to it"),
        ("{}", "{}{}", "it is there twice"),
    ] {
        assert_eq!(said(signed, arrived), expected, "{signed:?} {arrived:?}");
    }
    assert_eq!(
        said_beside(SIGNED, format!("{SIGNED}and more"), Some(SIGNED.len())),
        "octets were added after its end"
    );
}

#[test]
fn wrappings_are_named() {
    let percent: String = SIGNED.bytes().map(|octet| format!("%{octet:02X}")).collect();
    let form = SIGNED.replace('&', "%26").replace(' ', "+");
    let text = serde_json::to_string(SIGNED).unwrap();
    for (arrived, expected) in [
        (BASE64_STANDARD.encode(SIGNED), "it was encoded in base64"),
        (BASE64_URL_SAFE_NO_PAD.encode(SIGNED), "it was encoded in base64"),
        (BASE64_STANDARD.encode(SIGNED).replace('R', "R\r\n"), "it was encoded in base64"),
        (SIGNED.bytes().map(|octet| format!("{octet:02x}")).collect(), "it was encoded in hexadecimal"),
        (text.clone(), "it was made a text of JSON"),
        (text.trim_matches('"').to_owned(), "its quotes were escaped"),
        (percent.clone(), "it was percent-encoded"),
        (form.clone(), "it was percent-encoded, as a form is"),
        (format!("payload={percent}"), "it was put into a field of a form"),
        (format!("a=1&payload={form}&b=2"), "it was put into a field of a form"),
        (format!("{form}="), "it was put into a field of a form"),
        (format!("[{SIGNED}]"), "it was put into a list"),
        (format!("{{\"event\": {SIGNED}, \"at\": 1}}"), "it was put into a field of a JSON object"),
        (
            format!("{{\"isBase64Encoded\":false,\"body\":{text}}}"),
            "it was put into a field of a JSON object",
        ),
        (
            SIGNED
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('"', "&quot;")
                .replace('\'', "&#39;"),
            "it was escaped for HTML",
        ),
        (format!("{:x}\r\n{SIGNED}\r\n0\r\n\r\n", SIGNED.len()), "the framing of its chunks was left in it"),
        (
            format!("--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n{SIGNED}\r\n--x--\r\n"),
            "it was put into a part of a multipart form",
        ),
        (format!("b'{SIGNED}'"), "it was written as Python writes bytes"),
    ] {
        assert_eq!(said(SIGNED, &arrived), expected, "{arrived}");
    }
    assert_eq!(said(format!("[{SIGNED}]"), SIGNED), "it was taken out of a list");
    let plus = "it was decoded as a form is, and plus signs became spaces";
    for signed in
        [r#"{"phone":"+43+1+555"}"#, r#"{"phone":"+43 1 555"}"#, r#"{"a": "b", "phone": "+43 1 555"}"#]
    {
        assert_eq!(said(signed, signed.replace('+', " ")), plus, "{signed}");
    }
    let signed =
        r#"{"a": "it's", "b": "\"", "c": "it's \"\n\u0001", "d": [null, true, false, -1.5e3], "e": "True"}"#;
    let python =
        r#"{'a': "it's", 'b': '"', 'c': 'it\'s "\n\x01', 'd': [None, True, False, -1.5e3], 'e': 'True'}"#;
    assert_eq!(said(signed, python), "it was written as Python writes a dict");
}

#[test]
fn compression_is_named_in_both_directions() {
    let body = SIGNED.as_bytes();
    let zlib = compressed(ZlibEncoder::new(body, Compression::new(6)));
    let deflate = compressed(DeflateEncoder::new(body, Compression::new(6)));
    for (written, coding) in [(gzip(body), "gzip"), (zlib, "deflate"), (deflate, "raw deflate")] {
        assert_eq!(said(SIGNED, &written), format!("it was compressed ({coding})"));
        assert_eq!(said(written, SIGNED), format!("it was decompressed ({coding})"));
    }
}

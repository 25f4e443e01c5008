use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::BASE64_STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};
use untis_webhook::{Algorithm, HeaderNames, PresentedSignature, Rejection};

/// Headers, one `name:value` a line: they present a signature exactly if there is one of each, the algorithm
/// is on the list, and what was decoded is encoded to the same text again.
pub fn presented(input: &[u8]) {
    let headers = headers(input);
    let expected = expected(&headers);
    let presented = PresentedSignature::from_headers(&headers, &HeaderNames::default());
    assert_eq!(presented.as_ref().map(PresentedSignature::algorithm).map_err(|error| *error), expected);
}

/// The lines that can be headers.
fn headers(input: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in input.split(|&octet| octet == b'\n').take(64) {
        let Some(colon) = line.iter().position(|&octet| octet == b':') else { continue };
        let (name, value) = line.split_at(colon);
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(&value[1..])) {
            headers.append(name, value);
        }
    }
    headers
}

fn expected(headers: &HeaderMap) -> Result<Algorithm, Rejection> {
    let all = |name| headers.get_all(name).iter().map(HeaderValue::as_bytes).collect::<Vec<_>>();
    let (signatures, algorithms) = (all("authorization"), all("algorithm"));
    if signatures.is_empty() || algorithms.is_empty() {
        return Err(Rejection::MissingHeader);
    }
    let ([signature], [algorithm]) = (&signatures[..], &algorithms[..]) else {
        return Err(Rejection::RepeatedHeader);
    };
    let algorithm = match algorithm.to_ascii_uppercase().as_slice() {
        b"SHA256WITHRSA" => Algorithm::Sha256WithRsa,
        b"SHA384WITHRSA" => Algorithm::Sha384WithRsa,
        b"SHA512WITHRSA" => Algorithm::Sha512WithRsa,
        _ => return Err(Rejection::UnsupportedAlgorithm),
    };
    // A decoder that minds nothing, and the encoding of what it made.
    let lenient = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    match GeneralPurpose::new(&STANDARD, lenient).decode(signature) {
        Ok(octets)
            if (1..=1024).contains(&octets.len())
                && BASE64_STANDARD.encode(&octets).as_bytes() == *signature =>
        {
            Ok(algorithm)
        }
        Ok(_) | Err(_) => Err(Rejection::MalformedSignature),
    }
}

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::{Algorithm, HeaderNames, Rejection};

/// A signature as the headers present it: the right shape, and nothing known yet about who made it.
///
/// ```
/// use http::HeaderMap;
/// use untis_webhook::{HeaderNames, PresentedSignature, Rejection};
///
/// assert!(PresentedSignature::parse("SHA256withRSA", "c2lnbmF0dXJl").is_ok());
/// assert_eq!(
///     PresentedSignature::parse("SHA256withRSA", "Bearer c2lnbmF0dXJl").unwrap_err(),
///     Rejection::MalformedSignature,
/// );
/// assert_eq!(
///     PresentedSignature::from_headers(&HeaderMap::new(), &HeaderNames::default()).unwrap_err(),
///     Rejection::MissingHeader,
/// );
/// ```
#[derive(Clone)]
pub struct PresentedSignature {
    algorithm: Algorithm,
    /// The signature, and after its `len` octets zeros. On the stack: a malformed header costs no allocation.
    octets: [u8; MAX_LEN],
    len: usize,
}

impl PresentedSignature {
    /// Reads the signature from a request's headers.
    ///
    /// # Errors
    ///
    /// In this order: [`MissingHeader`](Rejection::MissingHeader),
    /// [`RepeatedHeader`](Rejection::RepeatedHeader) and what [`parse`](Self::parse) says.
    pub fn from_headers(headers: &HeaderMap, names: &HeaderNames) -> Result<Self, Rejection> {
        let signature = single(headers, &names.signature);
        let algorithm = single(headers, &names.algorithm);
        // Missing goes before repeated, whichever of the two headers it is.
        let (signature, algorithm) = match (signature, algorithm) {
            (Err(Rejection::MissingHeader), _) | (_, Err(Rejection::MissingHeader)) => {
                return Err(Rejection::MissingHeader);
            }
            (signature, algorithm) => (signature?, algorithm?),
        };
        let algorithm = algorithm.to_str().map_err(|_| Rejection::UnsupportedAlgorithm)?;
        Self::parse(algorithm, signature)
    }

    /// Reads the values of the algorithm header and of the signature header.
    ///
    /// # Errors
    ///
    /// In this order: [`UnsupportedAlgorithm`](Rejection::UnsupportedAlgorithm), and
    /// [`MalformedSignature`](Rejection::MalformedSignature) for anything but base64 (RFC 4648 section 4,
    /// padded, canonical, nothing around it) of 1 to 1024 octets, the length of the largest key's signature.
    pub fn parse(algorithm: &str, signature: impl AsRef<[u8]>) -> Result<Self, Rejection> {
        let algorithm = algorithm.parse()?;
        let mut octets = [0; MAX_LEN];
        match BASE64_STANDARD.decode_slice(signature, &mut octets) {
            Ok(len @ 1..) => Ok(Self { algorithm, octets, len }),
            Ok(0) | Err(_) => Err(Rejection::MalformedSignature),
        }
    }

    /// The algorithm that the headers claim.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(crate) fn octets(&self) -> &[u8] {
        self.octets.get(..self.len).unwrap_or_default()
    }
}

/// The signature is left out: whoever has it and its body can replay the delivery.
impl fmt::Debug for PresentedSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PresentedSignature").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<&'a HeaderValue, Rejection> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Err(Rejection::MissingHeader),
        (Some(value), None) => Ok(value),
        (Some(_), Some(_)) => Err(Rejection::RepeatedHeader),
    }
}

/// Octets in a signature by the largest key, of `VerifyingKey::MAX_BITS`.
const MAX_LEN: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::VerifyingKey;

    const NAMES: [&str; 2] = ["authorization", "algorithm"];

    fn presented(headers: &[(&'static str, &[u8])]) -> Result<PresentedSignature, Rejection> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_bytes(value).unwrap());
        }
        PresentedSignature::from_headers(&map, &HeaderNames::default())
    }

    #[test]
    fn one_of_each_header_is_accepted() {
        let signature = presented(&[(NAMES[0], b"AQID"), (NAMES[1], b"sha512withrsa")]).unwrap();
        assert_eq!(signature.octets(), [1, 2, 3]);
        assert_eq!(signature.algorithm(), Algorithm::Sha512WithRsa);
    }

    #[test]
    fn a_missing_header_is_said_before_a_repeated_one() {
        let algorithm = (NAMES[1], &b"SHA256withRSA"[..]);
        let signature = (NAMES[0], &b"AQID"[..]);
        for headers in [&[][..], &[algorithm], &[signature], &[algorithm; 2], &[signature; 2]] {
            assert_eq!(presented(headers).unwrap_err(), Rejection::MissingHeader);
        }
    }

    #[test]
    fn a_repeated_header_is_rejected_even_with_the_same_value() {
        let algorithm = (NAMES[1], &b"SHA256withRSA"[..]);
        let signature = (NAMES[0], &b"AQID"[..]);
        for headers in [
            [algorithm, algorithm, signature],
            [signature, algorithm, signature],
            [signature, signature, algorithm],
        ] {
            assert_eq!(presented(&headers).unwrap_err(), Rejection::RepeatedHeader);
        }
    }

    #[test]
    fn a_missing_renamed_header_never_falls_back_to_authorization() {
        let mut platforms = HeaderMap::new();
        platforms.insert(NAMES[0], HeaderValue::from_static("AQID"));
        platforms.insert(NAMES[1], HeaderValue::from_static("SHA256withRSA"));
        let default = HeaderNames::default();
        assert!(PresentedSignature::from_headers(&platforms, &default).is_ok());
        let other = HeaderName::from_static("x-other");
        for names in [
            HeaderNames { signature: other.clone(), ..default.clone() },
            HeaderNames { algorithm: other.clone(), ..default.clone() },
            HeaderNames { signature: other.clone(), algorithm: other.clone() },
        ] {
            let error = PresentedSignature::from_headers(&platforms, &names).unwrap_err();
            assert_eq!(error, Rejection::MissingHeader, "{names:?}");
        }
    }

    #[test]
    fn an_algorithm_that_is_not_ascii_is_unsupported() {
        let error = presented(&[(NAMES[0], b"AQID"), (NAMES[1], b"SHA256withRSA\xff")]).unwrap_err();
        assert_eq!(error, Rejection::UnsupportedAlgorithm);
    }

    #[test]
    fn only_canonical_padded_standard_base64_is_a_signature() {
        for (what, value) in [
            ("empty", ""),
            ("padding alone", "===="),
            ("scheme word", "Bearer AQID"),
            ("leading space", " AQID"),
            ("trailing space", "AQID "),
            ("inner space", "AQ ID"),
            ("line break", "AQID\nAQID"),
            ("padding missing", "AQI"),
            ("padding too much", "AQID===="),
            ("padding in the middle", "AQ==AQID"),
            ("trailing bits set", "AQJ="),
            ("URL-safe alphabet", "-_-_"),
            ("length 1 mod 4", "AQIDA"),
            ("quotes", "\"AQID\""),
            ("not ASCII", "AQIÐ"),
        ] {
            assert_eq!(
                PresentedSignature::parse("SHA256withRSA", value).unwrap_err(),
                Rejection::MalformedSignature,
                "{what}"
            );
        }
    }

    #[test]
    fn the_largest_keys_signature_fits_and_one_octet_more_does_not() {
        let parse = |len| PresentedSignature::parse("SHA256withRSA", BASE64_STANDARD.encode(vec![0xff; len]));
        assert_eq!(u32::try_from(MAX_LEN * 8), Ok(VerifyingKey::MAX_BITS));
        assert_eq!(parse(1024).unwrap().octets(), [0xff; 1024]);
        for len in [1025, 1026, 1027, 65536] {
            assert_eq!(parse(len).unwrap_err(), Rejection::MalformedSignature, "{len}");
        }
    }

    #[test]
    fn debug_does_not_show_the_signature() {
        let signature = PresentedSignature::parse("SHA256withRSA", "AQID").unwrap();
        assert_eq!(format!("{signature:?}"), "PresentedSignature { algorithm: Sha256WithRsa, .. }");
    }
}

use std::fmt;
use std::str::FromStr;

use crate::Rejection;

/// A signature algorithm that the platform may name in its `Algorithm` header.
///
/// All are RSASSA-PKCS1-v1_5 ([RFC 8017 section 8.2]) and differ in the hash. The list is closed: SHA-1, MD5,
/// `NONEwithRSA` and anything else is [`Rejection::UnsupportedAlgorithm`]. The header selects from the list
/// and configures nothing; each of the three is acceptable for every trusted key.
///
/// ```
/// use untis_webhook::{Algorithm, Rejection};
///
/// assert_eq!("sha256WithRSA".parse(), Ok(Algorithm::Sha256WithRsa));
/// assert_eq!("SHA1withRSA".parse::<Algorithm>(), Err(Rejection::UnsupportedAlgorithm));
/// ```
///
/// [RFC 8017 section 8.2]: https://www.rfc-editor.org/rfc/rfc8017#section-8.2
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// `SHA256withRSA`, the one in every example of the platform's documentation.
    Sha256WithRsa,
    /// `SHA384withRSA`.
    Sha384WithRsa,
    /// `SHA512withRSA`.
    Sha512WithRsa,
}

impl Algorithm {
    /// Every supported algorithm.
    pub const ALL: [Self; 3] = [Self::Sha256WithRsa, Self::Sha384WithRsa, Self::Sha512WithRsa];

    /// The name in Java's standard list of signature algorithms, as the platform sends it.
    pub fn java_name(self) -> &'static str {
        match self {
            Self::Sha256WithRsa => "SHA256withRSA",
            Self::Sha384WithRsa => "SHA384withRSA",
            Self::Sha512WithRsa => "SHA512withRSA",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.java_name())
    }
}

impl FromStr for Algorithm {
    type Err = Rejection;

    /// Reads a Java signature name. Java compares these without regard to ASCII case, and so does this.
    fn from_str(name: &str) -> Result<Self, Rejection> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.java_name().eq_ignore_ascii_case(name))
            .ok_or(Rejection::UnsupportedAlgorithm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back_in_any_ascii_case() {
        for algorithm in Algorithm::ALL {
            let name = algorithm.java_name();
            for spelling in [name.to_owned(), name.to_ascii_lowercase(), name.to_ascii_uppercase()] {
                assert_eq!(spelling.parse(), Ok(algorithm), "{spelling}");
            }
        }
    }

    #[test]
    fn everything_else_is_unsupported() {
        for name in [
            "",
            " SHA256withRSA",
            "SHA256withRSA ",
            "SHA256withRSA,SHA256withRSA",
            "SHA256withRSA/PSS",
            "SHA256withRSAandMGF1",
            "SHA256",
            "RS256",
            "RSA-SHA256",
            "NONEwithRSA",
            "none",
            "MD5withRSA",
            "SHA1withRSA",
            "SHA224withRSA",
            "SHA512/256withRSA",
            "SHA3-256withRSA",
            "SHA256withECDSA",
            "RSASSA-PSS",
            "\u{17f}ha256withrsa", // LATIN SMALL LETTER LONG S, an S to Unicode case folding
        ] {
            assert_eq!(name.parse::<Algorithm>(), Err(Rejection::UnsupportedAlgorithm), "{name}");
        }
    }
}

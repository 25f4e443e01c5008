use std::fmt;

use sha2::{Digest as _, Sha256, Sha384, Sha512};

use crate::Algorithm;

/// The hash of a body: what a signature signs.
///
/// It may be shown to an operator and compared in the open: it is public to whoever sees the request.
/// `Display` is lower-case hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Digest {
    /// 32 octets of SHA-256.
    Sha256([u8; 32]),
    /// 48 octets of SHA-384.
    Sha384([u8; 48]),
    /// 64 octets of SHA-512.
    Sha512([u8; 64]),
}

impl Digest {
    /// The digest of `body` that a signature with this algorithm signs.
    ///
    /// ```
    /// use untis_webhook::{Algorithm, Digest};
    ///
    /// let digest = Digest::of(Algorithm::Sha256WithRsa, b"abc");
    /// assert_eq!(digest.to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    /// ```
    pub fn of(algorithm: Algorithm, body: &[u8]) -> Self {
        let mut hasher = Hasher::new(algorithm);
        hasher.update(body);
        hasher.finish()
    }

    /// The digest's octets: 32, 48 or 64.
    pub fn as_octets(&self) -> &[u8] {
        match self {
            Self::Sha256(octets) => octets,
            Self::Sha384(octets) => octets,
            Self::Sha512(octets) => octets,
        }
    }

    /// The signature algorithm that signs this kind of digest.
    pub fn algorithm(&self) -> Algorithm {
        match self {
            Self::Sha256(_) => Algorithm::Sha256WithRsa,
            Self::Sha384(_) => Algorithm::Sha384WithRsa,
            Self::Sha512(_) => Algorithm::Sha512WithRsa,
        }
    }

    /// The last `hLen` octets of an encoded message, and what is before them. `None` if it is shorter than
    /// that.
    pub(crate) fn split_from(algorithm: Algorithm, em: &[u8]) -> Option<(&[u8], Self)> {
        match algorithm {
            Algorithm::Sha256WithRsa => em.split_last_chunk().map(|(rest, h)| (rest, Self::Sha256(*h))),
            Algorithm::Sha384WithRsa => em.split_last_chunk().map(|(rest, h)| (rest, Self::Sha384(*h))),
            Algorithm::Sha512WithRsa => em.split_last_chunk().map(|(rest, h)| (rest, Self::Sha512(*h))),
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_octets().iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

/// A hash under way, of the kind the algorithm names.
#[derive(Clone)]
pub(crate) enum Hasher {
    Sha256(Sha256),
    Sha384(Sha384),
    Sha512(Sha512),
}

impl Hasher {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Sha256WithRsa => Self::Sha256(Sha256::new()),
            Algorithm::Sha384WithRsa => Self::Sha384(Sha384::new()),
            Algorithm::Sha512WithRsa => Self::Sha512(Sha512::new()),
        }
    }

    pub(crate) fn update(&mut self, data: &[u8]) {
        match self {
            Self::Sha256(hasher) => hasher.update(data),
            Self::Sha384(hasher) => hasher.update(data),
            Self::Sha512(hasher) => hasher.update(data),
        }
    }

    pub(crate) fn finish(self) -> Digest {
        match self {
            Self::Sha256(hasher) => Digest::Sha256(hasher.finalize().into()),
            Self::Sha384(hasher) => Digest::Sha384(hasher.finalize().into()),
            Self::Sha512(hasher) => Digest::Sha512(hasher.finalize().into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-4's one-block example message and its digests, as NIST's "Examples with Intermediate Values"
    /// print them.
    #[test]
    fn abc_hashes_to_the_published_digests() {
        let published = [
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
             2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        ];
        for (algorithm, published) in Algorithm::ALL.into_iter().zip(published) {
            let mut hasher = Hasher::new(algorithm);
            hasher.update(b"a");
            hasher.update(b"");
            hasher.update(b"bc");
            let digest = hasher.finish();
            assert_eq!(digest.to_string(), published);
            assert_eq!(digest.algorithm(), algorithm);
        }
    }
}

//! EMSA-PKCS1-v1_5 (RFC 8017 section 9.2), encoded and compared; what was received is never parsed.

use std::iter::repeat_n;

use crate::{Algorithm, Digest};

/// EMSA-PKCS1-v1_5-ENCODE and the comparison of it, up to the digest: the last octets of `em` if all before
/// them is the encoding's fixed part. What they must equal is known once the message has been hashed.
pub(crate) fn recover(algorithm: Algorithm, em: &[u8]) -> Option<Digest> {
    // 1.  Apply the hash function to the message M to produce a hash value H.
    // (The message is yet to arrive. H would be the last octets of T.)
    let (fixed, h) = Digest::split_from(algorithm, em)?;

    // 2.  Encode the algorithm ID for the hash function and the hash value into an ASN.1 value of type DigestInfo;
    //     T is its DER encoding, of tLen octets.
    let t = digest_info_prefix(algorithm);

    // 3.  If emLen < tLen + 11, output "intended encoded message length too short" and stop.
    // 4.  Generate an octet string PS of emLen - tLen - 3 octets 0xff. Its length will be at least 8 octets.
    // (`fixed` is EM without H, and `t` is T without H, so the difference is the same.)
    let ps_len = fixed.len().checked_sub(t.len())?.checked_sub(3)?;
    if ps_len < 8 {
        return None;
    }

    // 5.  Concatenate PS, the DER encoding T, and other padding: EM = 0x00 || 0x01 || PS || 0x00 || T.
    let encoded = [0x00, 0x01].into_iter().chain(repeat_n(0xff, ps_len)).chain([0x00]).chain(t);

    encoded.eq(fixed.iter().copied()).then_some(h)
}

/// The DER encoding of DigestInfo without the digest it ends in (RFC 8017 section 9.2, note 1).
fn digest_info_prefix(algorithm: Algorithm) -> [u8; 19] {
    let (sequence, oid, octet_string) = match algorithm {
        Algorithm::Sha256WithRsa => (0x31, 0x01, 0x20),
        Algorithm::Sha384WithRsa => (0x41, 0x02, 0x30),
        Algorithm::Sha512WithRsa => (0x51, 0x03, 0x40),
    };
    #[rustfmt::skip]
    let prefix = [
        0x30, sequence,             // SEQUENCE
        0x30, 0x0d,                 //   SEQUENCE
        0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, oid,
        0x05, 0x00,                 //     NULL
        0x04, octet_string,         //   OCTET STRING
    ];
    prefix
}

#[cfg(test)]
mod tests {
    use rsa::pkcs8::der::Encode;
    use rsa::pkcs8::der::asn1::{Null, ObjectIdentifier, OctetStringRef};
    use rsa::pkcs8::spki::AlgorithmIdentifier;

    use super::*;

    /// The fixed octets against a DER encoder, as RFC 8017 appendix A.2.4 defines DigestInfo.
    #[test]
    fn digest_info_is_what_a_der_encoder_writes() {
        for (algorithm, arc, h_len) in [
            (Algorithm::Sha256WithRsa, 1, 32),
            (Algorithm::Sha384WithRsa, 2, 48),
            (Algorithm::Sha512WithRsa, 3, 64),
        ] {
            let h = vec![0xa5; h_len];
            let oid = ObjectIdentifier::new(&format!("2.16.840.1.101.3.4.2.{arc}")).unwrap();
            let mut der = AlgorithmIdentifier { oid, parameters: Some(Null) }.to_der().unwrap();
            der.extend(OctetStringRef::new(&h).unwrap().to_der().unwrap());
            let mut expected = vec![0x30, u8::try_from(der.len()).unwrap()];
            expected.extend(der);

            assert_eq!([&digest_info_prefix(algorithm)[..], &h].concat(), expected);
        }
    }

    #[test]
    fn padding_of_eight_octets_is_the_shortest() {
        for algorithm in Algorithm::ALL {
            let encode = |ps_len| {
                let h = match algorithm {
                    Algorithm::Sha256WithRsa => 32,
                    Algorithm::Sha384WithRsa => 48,
                    Algorithm::Sha512WithRsa => 64,
                };
                [&[0, 1][..], &vec![0xff; ps_len], &[0], &digest_info_prefix(algorithm), &vec![7; h]].concat()
            };
            assert!(recover(algorithm, &encode(8)).is_some());
            assert!(recover(algorithm, &encode(7)).is_none());
            assert!(recover(algorithm, &encode(0)).is_none());
            for len in 0..100 {
                assert!(recover(algorithm, &vec![0; len]).is_none(), "{len}");
            }
        }
    }
}

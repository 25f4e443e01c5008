//! RSAVP1 (RFC 8017 section 5.2.2) and the conversions around it: the only modular arithmetic here.
//!
//! Everything in this file is public (key, signature, result), so it may branch on all of it.

use std::cell::LazyCell;

use crypto_bigint::modular::BoxedMontyForm;
use crypto_bigint::{BoxedUint, MontyForm, MontyMultiplier};
use rsa::PublicKey;
use rsa::traits::PublicKeyParts;

/// OS2IP (RFC 8017 section 4.2): octets to an integer as wide as the modulus. `None` if they are more than
/// fit.
pub(crate) fn os2ip(x: &[u8], key: &PublicKey) -> Option<BoxedUint> {
    BoxedUint::from_be_slice(x, key.n_bits_precision()).ok()
}

/// RSAVP1 (RFC 8017 section 5.2.2): the message representative, or `None` if the signature representative is
/// out of range.
pub(crate) fn rsavp1(key: &PublicKey, s: BoxedUint) -> Option<BoxedUint> {
    // 1.  If the signature representative s is not between 0 and n - 1, stop.
    if s.cmp_vartime(key.n().as_ref()).is_ge() {
        return None;
    }

    // 2.  Let m = s^e mod n: square and multiply from e's highest bit down, two set bits at once by the cube of s.
    //     `e` is odd and at least 3.
    let (e, params) = (key.e(), key.n_params());
    let mut multiplier = Multiplier::from(params);
    let base = BoxedMontyForm::new(s.clone(), params);
    let cube = LazyCell::new(|| base.square().mul(&base));
    let mut m = base.clone();
    let mut bit = e.bit_width_vartime().saturating_sub(1);
    while bit > 1 {
        let (bits, power) = match (e.bit_vartime(bit - 1), bit > 2 && e.bit_vartime(bit - 2)) {
            (true, true) => (2, Some(&*cube)),
            (true, false) => (1, Some(&base)),
            (false, _) => (1, None),
        };
        for _ in 0..bits {
            multiplier.square_assign(&mut m);
        }
        if let Some(power) = power {
            multiplier.mul_assign(&mut m, power);
        }
        bit -= bits;
    }
    // The lowest bit is set. To multiply by `s` as it is, and not by its Montgomery form, also ends m's.
    multiplier.square_assign(&mut m);
    multiplier.mul_assign(&mut m, &BoxedMontyForm::from_montgomery(s, params));
    Some(m.into_montgomery())
}

/// Multiplies in place, with one buffer for all the steps.
type Multiplier<'a> = <BoxedMontyForm as MontyForm>::Multiplier<'a>;

/// I2OSP (RFC 8017 section 4.1): the low `len` octets, big-endian. `None` if the integer's storage is
/// shorter.
///
/// The storage is whole limbs, so above a modulus of `len` octets it may hold zeros, and for a value below
/// that modulus nothing else.
pub(crate) fn i2osp(x: &BoxedUint, len: usize) -> Option<Vec<u8>> {
    let mut octets = x.to_be_bytes().into_vec();
    let leading = octets.len().checked_sub(len)?;
    let is_below = octets.drain(..leading).all(|octet| octet == 0);
    is_below.then_some(octets)
}

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;

    use super::*;

    /// Octets of no pattern: the powers of 3 modulo 2^k for some large k.
    fn integer(bits: u64, seed: u32) -> BigUint {
        BigUint::from(3u8).pow(10_000 + seed) % (BigUint::from(1u8) << bits)
    }

    /// The primitive needs no private key, so any odd modulus will do.
    #[test]
    fn it_is_modular_exponentiation_for_every_exponent_of_twelve_bits_and_some_of_more() {
        let larger =
            [65535, 65537, 0x1_5555, 0x1_aaab, (1 << 32) + 1, (1 << 32) + 3, (1 << 33) - 1, (1 << 33) - 3];
        for (e, bits) in
            (3_u64..4096).step_by(2).chain(larger).zip([2048, 2056, 2112, 3072].into_iter().cycle())
        {
            let n = integer(bits, 0) | BigUint::from(1u8) | (BigUint::from(1u8) << (bits - 1));
            let s = integer(bits - 1, u32::try_from(e & 0xff).unwrap());
            let [modulus, exponent] = [&n, &BigUint::from(e)].map(BigUint::to_bytes_be);
            let [modulus, exponent] =
                [modulus, exponent].map(|octets| BoxedUint::from_be_slice_vartime(&octets));
            let key = PublicKey::new(modulus, exponent).unwrap();

            let k = usize::try_from(bits / 8).unwrap();
            let m = rsavp1(&key, os2ip(&s.to_bytes_be(), &key).unwrap()).unwrap();
            let octets = i2osp(&m, k).unwrap();
            assert_eq!(octets.len(), k);
            assert_eq!(BigUint::from_bytes_be(&octets), s.modpow(&e.into(), &n), "e = {e}, {bits} bits");
        }
    }
}

//! RSAVP1 (RFC 8017 section 5.2.2) and the conversions around it: the only modular arithmetic here.
//!
//! Everything in this file is public (key, signature, result), so it may branch on all of it.

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
    if s >= *key.n().as_ref() {
        return None;
    }

    // 2.  Let m = s^e mod n: square and multiply from the bit below e's highest. `e` is odd and at least 3.
    let params = key.n_params();
    let mut multiplier = Multiplier::from(params);
    let base = BoxedMontyForm::new(s.clone(), params);
    let mut m = base.clone();
    for bit in (1..key.e().bit_width_vartime().saturating_sub(1)).rev() {
        multiplier.square_assign(&mut m);
        if key.e().bit_vartime(bit) {
            multiplier.mul_assign(&mut m, &base);
        }
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

//! RSAVP1 (RFC 8017 section 5.2.2) and the conversions around it: the only modular arithmetic here.
//!
//! Everything in this file is public (key, signature, result), so it may branch on all of it.

mod arithmetic;
mod ifma;
mod portable;

use rsa::traits::PublicKeyParts;
use untis_webhook_ifma::Modulus;

use self::arithmetic::Arithmetic;
use self::portable::Portable;

/// An RSA public key (RFC 8017 section 3.1), and what it is computed with: chosen once, when it is loaded.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PublicKey {
    key: rsa::PublicKey,
    e: u64,
    /// None where the processor has no AVX-512 IFMA, or the modulus is longer than that is for.
    fast: Option<Box<Modulus>>,
}

impl PublicKey {
    /// None if the exponent is longer than keys have.
    pub(crate) fn new(key: rsa::PublicKey) -> Option<Self> {
        let e = key.e().to_be_bytes();
        let e = e.iter().try_fold(0_u64, |e, octet| Some(e.checked_mul(256)? | u64::from(*octet)))?;
        let fast = if is_portable() { None } else { Modulus::new(&key.n_bytes()).map(Box::new) };
        Some(Self { key, e, fast })
    }

    /// The length of the modulus in octets, k.
    pub(crate) fn size(&self) -> usize {
        self.key.size()
    }

    /// The length of the modulus in bits.
    pub(crate) fn bits(&self) -> u32 {
        self.key.n().bit_width_vartime()
    }

    #[cfg(any(test, feature = "__tests"))]
    pub(crate) fn is_fast(&self) -> bool {
        self.fast.is_some()
    }

    /// From OS2IP to I2OSP: the octets of s^e mod n, k of them, or `None` if the signature representative is out of range.
    pub(crate) fn rsavp1(&self, signature: &[u8]) -> Option<Vec<u8>> {
        match &self.fast {
            Some(modulus) => rsavp1(&mut &**modulus, self.e, signature),
            None => rsavp1(&mut Portable::of(&self.key), self.e, signature),
        }
    }
}

/// Whether the project's own tests ask for what every processor can do.
fn is_portable() -> bool {
    #[cfg(feature = "__tests")]
    return std::env::var_os("UNTIS_WEBHOOK_TESTS_PORTABLE").is_some();
    #[cfg(not(feature = "__tests"))]
    false
}

fn rsavp1<A: Arithmetic>(arithmetic: &mut A, e: u64, signature: &[u8]) -> Option<Vec<u8>> {
    // 1.  If the signature representative s is not between 0 and n - 1, stop.
    let s = arithmetic.os2ip(signature)?;
    // 2.  Let m = s^e mod n.
    let m = power(arithmetic, s, e);
    arithmetic.i2osp(m)
}

/// s^e mod n: square and multiply from e's highest bit down, two set bits at once by the cube of s. `e` is odd and at least 3.
fn power<A: Arithmetic>(arithmetic: &mut A, s: A::Number, e: u64) -> A::Number {
    let base = arithmetic.enter(&s);
    let mut cube = None;
    let mut m = base.clone();
    let is_set = |bit: u32| e >> bit & 1 == 1;
    let mut bit = e.ilog2();
    while bit > 1 {
        let is_pair = is_set(bit - 1) && bit > 2 && is_set(bit - 2);
        let bits = if is_pair { 2 } else { 1 };
        for _ in 0..bits {
            arithmetic.square(&mut m);
        }
        if is_pair {
            let cube = cube.get_or_insert_with(|| {
                let mut cube = base.clone();
                arithmetic.square(&mut cube);
                arithmetic.multiply(&mut cube, &base);
                cube
            });
            arithmetic.multiply(&mut m, cube);
        } else if is_set(bit - 1) {
            arithmetic.multiply(&mut m, &base);
        }
        bit -= bits;
    }
    // The lowest bit is set. To multiply by `s` as it is, and not by its Montgomery form, also ends m's.
    arithmetic.square(&mut m);
    arithmetic.multiply(&mut m, &s);
    m
}

#[cfg(test)]
mod tests;

use std::fmt;

use crate::detected::Detected;
use crate::limbs::{BITS, LANES, Limbs, MASK, MAX_REGISTERS, ZERO, double, from_octets, subtract, to_octets};

/// An odd modulus, and what is computed of it once.
#[derive(Clone, PartialEq, Eq)]
pub struct Modulus {
    n: Limbs,
    /// R^2 mod n.
    r2: Limbs,
    /// -n^-1 mod 2^52.
    n_inverse: u64,
    registers: usize,
    octets: usize,
    detected: Detected,
}

/// A number below twice the modulus that it was made for.
#[derive(Clone)]
pub struct Residue(pub(crate) Limbs);

impl Modulus {
    /// The most bits of a modulus.
    pub const MAX_BITS: usize = MAX_REGISTERS * LANES * BITS - 2;

    /// Reads a modulus, big-endian. `None` if the processor cannot compute with it, or it is even, or less than 3, or longer than
    /// [`MAX_BITS`](Self::MAX_BITS).
    pub fn new(n: &[u8]) -> Option<Self> {
        let detected = Detected::now()?;
        let n = n.get(n.iter().position(|octet| *octet != 0)?..)?;
        let octets = n.len();
        let bits = octets * 8 - usize::try_from(n.first()?.leading_zeros()).ok()?;
        let n = from_octets(n)?;
        let [[n_0, ..], ..] = n;
        // R > 4n.
        let registers = (bits + 2).div_ceil(BITS * LANES);
        if n_0 & 1 == 0 || bits < 2 || registers > MAX_REGISTERS {
            return None;
        }
        let r2 = power_of_two(&n, bits, 2 * BITS * LANES * registers);
        Some(Self { n, r2, n_inverse: negated_inverse(n_0), registers, octets, detected })
    }

    /// OS2IP (RFC 8017 section 4.2). `None` if it is not below the modulus.
    pub fn residue(&self, octets: &[u8]) -> Option<Residue> {
        let x = from_octets(octets)?;
        let (_, is_below) = subtract(&x, &self.n);
        is_below.then_some(Residue(x))
    }

    /// a · b / R modulo the modulus.
    pub fn multiply(&self, a: &Residue, b: &Residue) -> Residue {
        Residue(self.detected.multiply(self.registers, &a.0, &b.0, &self.n, self.n_inverse))
    }

    /// Into Montgomery form: a · R. To multiply by a number as it is leaves that form.
    pub fn enter(&self, a: &Residue) -> Residue {
        self.multiply(a, &Residue(self.r2))
    }

    /// I2OSP (RFC 8017 section 4.1) of the number, reduced, in as many octets as the modulus has.
    pub fn to_octets(&self, a: &Residue) -> Vec<u8> {
        let (reduced, is_below) = subtract(&a.0, &self.n);
        to_octets(if is_below { &a.0 } else { &reduced }, self.octets)
    }
}

/// 2^exponent mod n, for a modulus of so many bits.
fn power_of_two(n: &Limbs, bits: usize, exponent: usize) -> Limbs {
    // 2^(bits - 1), which is not above n.
    let mut power = ZERO;
    if let Some(limb) = power.as_flattened_mut().get_mut((bits - 1) / BITS) {
        *limb = 1 << ((bits - 1) % BITS);
    }
    for _ in bits - 1..exponent {
        let twice = double(&power);
        let (reduced, is_below) = subtract(&twice, n);
        power = if is_below { twice } else { reduced };
    }
    power
}

/// -x^-1 mod 2^52 of an odd number, by Newton's iteration: each step doubles the bits that are right, of which 3 are so at first.
fn negated_inverse(x: u64) -> u64 {
    let mut inverse = x;
    for _ in 0..5 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(x.wrapping_mul(inverse)));
    }
    inverse.wrapping_neg() & MASK
}

impl fmt::Debug for Modulus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Modulus").field("octets", &self.octets).finish_non_exhaustive()
    }
}

impl fmt::Debug for Residue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Residue").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

//! Integers as limbs of 52 bits, the lowest first.

/// Bits of a limb: what `vpmadd52luq` multiplies.
pub(crate) const BITS: usize = 52;

/// A limb of all ones.
pub(crate) const MASK: u64 = (1 << BITS) - 1;

/// Limbs in a register.
pub(crate) const LANES: usize = 8;

/// The most registers of a number. Two bits are left, so that R > 4n.
pub(crate) const MAX_REGISTERS: usize = 10;

/// A number of up to [`MAX_REGISTERS`] registers. The limbs beyond those that are used are 0.
pub(crate) type Limbs = [[u64; LANES]; MAX_REGISTERS];

pub(crate) const ZERO: Limbs = [[0; LANES]; MAX_REGISTERS];

/// Octets of two limbs, which is where their bounds meet.
const PAIR: usize = 2 * BITS / 8;

/// Octets of all limbs.
const OCTETS: usize = MAX_REGISTERS * LANES / 2 * PAIR;

/// OS2IP (RFC 8017 section 4.2). `None` if it is of more limbs than there are.
pub(crate) fn from_octets(octets: &[u8]) -> Option<Limbs> {
    // Zeros that lead are nothing.
    let (leading, octets) = octets.split_at(octets.len().saturating_sub(OCTETS));
    if leading.iter().any(|octet| *octet != 0) {
        return None;
    }
    let mut little_endian = [0; OCTETS];
    for (place, octet) in little_endian.iter_mut().zip(octets.iter().rev()) {
        *place = *octet;
    }
    let mut limbs = ZERO;
    let (places, _) = limbs.as_flattened_mut().as_chunks_mut::<2>();
    let (pairs, _) = little_endian.as_chunks::<PAIR>();
    for (place, pair) in places.iter_mut().zip(pairs) {
        let mut bits = [0; 16];
        for (bits, octet) in bits.iter_mut().zip(pair) {
            *bits = *octet;
        }
        let bits = u128::from_le_bytes(bits);
        *place = [low(bits), high(bits)];
    }
    Some(limbs)
}

/// I2OSP (RFC 8017 section 4.1): the low `len` octets, big-endian.
pub(crate) fn to_octets(limbs: &Limbs, len: usize) -> Vec<u8> {
    let mut little_endian = [0; OCTETS];
    let (pairs, _) = limbs.as_flattened().as_chunks::<2>();
    let (places, _) = little_endian.as_chunks_mut::<PAIR>();
    for (place, [low, high]) in places.iter_mut().zip(pairs) {
        let bits = u128::from(*low) | u128::from(*high) << BITS;
        for (place, octet) in place.iter_mut().zip(bits.to_le_bytes()) {
            *place = octet;
        }
    }
    let mut octets = vec![0; len];
    for (place, octet) in octets.iter_mut().rev().zip(little_endian) {
        *place = octet;
    }
    octets
}

/// The low limb.
pub(crate) fn low(x: u128) -> u64 {
    let [octets @ .., _, _, _, _, _, _, _, _] = x.to_le_bytes();
    u64::from_le_bytes(octets) & MASK
}

/// What is above the low limb, of a product of two.
pub(crate) fn high(x: u128) -> u64 {
    let [octets @ .., _, _, _, _, _, _, _, _] = (x >> BITS).to_le_bytes();
    u64::from_le_bytes(octets)
}

/// The number less another, and whether that was the larger one.
pub(crate) fn subtract(a: &Limbs, b: &Limbs) -> (Limbs, bool) {
    let mut difference = ZERO;
    let mut borrow = 0;
    let limbs = a.as_flattened().iter().zip(b.as_flattened());
    for (place, (a, b)) in difference.as_flattened_mut().iter_mut().zip(limbs) {
        let limb = a.wrapping_sub(*b).wrapping_sub(borrow);
        *place = limb & MASK;
        borrow = limb >> 63;
    }
    (difference, borrow == 1)
}

/// Twice the number, which must have a bit to spare.
pub(crate) fn double(a: &Limbs) -> Limbs {
    let mut twice = *a;
    let mut carry = 0;
    for limb in twice.as_flattened_mut() {
        let sum = (*limb << 1) | carry;
        *limb = sum & MASK;
        carry = sum >> BITS;
    }
    twice
}

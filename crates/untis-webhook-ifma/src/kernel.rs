//! The multiplication itself, as the crate's front page names it. A step multiplies by one limb of `b`.
#![cfg(target_arch = "x86_64")]

use std::arch::x86_64::{
    __m512i, _mm_cvtsi128_si64, _mm256_extract_epi64, _mm512_add_epi64, _mm512_alignr_epi64,
    _mm512_castsi512_si128, _mm512_castsi512_si256, _mm512_extracti64x4_epi64, _mm512_madd52hi_epu64,
    _mm512_madd52lo_epu64, _mm512_set1_epi64, _mm512_setr_epi64, _mm512_setzero_si512,
};

use crate::limbs::{BITS, LANES, Limbs, MASK, ZERO, high, low};

/// a · b / R mod n, below 2n, of factors below 2n in so many registers.
#[target_feature(enable = "avx512f,avx512ifma,bmi2")]
pub(crate) fn multiply(registers: usize, a: &Limbs, b: &Limbs, n: &Limbs, n_inverse: u64) -> Limbs {
    match registers {
        1 => of::<1>(a, b, n, n_inverse),
        2 => of::<2>(a, b, n, n_inverse),
        3 => of::<3>(a, b, n, n_inverse),
        4 => of::<4>(a, b, n, n_inverse),
        5 => of::<5>(a, b, n, n_inverse),
        6 => of::<6>(a, b, n, n_inverse),
        7 => of::<7>(a, b, n, n_inverse),
        8 => of::<8>(a, b, n, n_inverse),
        9 => of::<9>(a, b, n, n_inverse),
        _ => of::<10>(a, b, n, n_inverse),
    }
}

#[target_feature(enable = "avx512f,avx512ifma,bmi2")]
fn of<const K: usize>(a: &Limbs, b: &Limbs, n: &Limbs, n_inverse: u64) -> Limbs {
    let ([[a_0, a_1, ..], ..], [[n_0, n_1, ..], ..]) = (a, n);
    let (a, n) = (registers::<K>(a), registers::<K>(n));
    // The lanes of the sums hold what came to each limb, without its carry. Limb 0 decides on q, and is the whole of it in
    // `x_0`; limb 1, which is the next limb 0, is computed beside the vectors as well, so that the next q waits for none of
    // this step's.
    let mut ab = [_mm512_setzero_si512(); K];
    let mut qn = [_mm512_setzero_si512(); K];
    let mut x_0 = 0;
    for b_i in b.as_flattened().iter().take(K * LANES) {
        let x_1 = lane_1(&ab) + lane_1(&qn);
        let (a_0, a_1) = (product(*a_0, *b_i), product(*a_1, *b_i));
        // q = (x_0 + a_0 b_i) (-n^-1) mod 2^52, so that adding q n leaves limb 0 divisible by 2^52.
        let t = x_0 + low(a_0);
        let q = t.wrapping_mul(n_inverse) & MASK;
        let (n_0, n_1) = (product(*n_0, q), product(*n_1, q));
        // Limb 1 with the carry of limb 0: after the shift it is limb 0.
        x_0 = x_1 + high(a_0) + low(a_1) + high(n_0) + low(n_1) + ((t + low(n_0)) >> BITS);
        step(&mut ab, &a, broadcast(*b_i));
        step(&mut qn, &n, broadcast(q));
    }
    for (ab, qn) in ab.iter_mut().zip(qn) {
        *ab = _mm512_add_epi64(*ab, qn);
    }
    normalised(&ab, x_0)
}

/// Adds a product by one limb, and divides by 2^52: limb 1 becomes limb 0.
#[target_feature(enable = "avx512f,avx512ifma,bmi2")]
fn step<const K: usize>(sum: &mut [__m512i; K], number: &[__m512i; K], limb: __m512i) {
    for (sum, number) in sum.iter_mut().zip(number) {
        *sum = _mm512_madd52lo_epu64(*sum, *number, limb);
    }
    shift(sum);
    for (sum, number) in sum.iter_mut().zip(number) {
        *sum = _mm512_madd52hi_epu64(*sum, *number, limb);
    }
}

/// The limbs of a sum, of which limb 0 is this.
#[target_feature(enable = "avx512f,avx512ifma,bmi2")]
fn normalised<const K: usize>(sum: &[__m512i; K], x_0: u64) -> Limbs {
    let mut limbs = ZERO;
    for (limbs, sum) in limbs.iter_mut().zip(sum) {
        *limbs = lanes(*sum);
    }
    let [[limb_0, ..], ..] = &mut limbs;
    *limb_0 = x_0;
    let mut carry = 0;
    for limb in limbs.as_flattened_mut().iter_mut().take(K * LANES) {
        let whole = *limb + carry;
        *limb = whole & MASK;
        carry = whole >> BITS;
    }
    limbs
}

/// Divides by 2^52: limb 1 becomes limb 0.
#[target_feature(enable = "avx512f,avx512ifma,bmi2")]
fn shift<const K: usize>(sum: &mut [__m512i; K]) {
    let mut above = _mm512_setzero_si512();
    for register in sum.iter_mut().rev() {
        let shifted = _mm512_alignr_epi64::<1>(above, *register);
        above = *register;
        *register = shifted;
    }
}

#[target_feature(enable = "avx512f,avx512ifma,bmi2")]
fn registers<const K: usize>(limbs: &Limbs) -> [__m512i; K] {
    let mut registers = [_mm512_setzero_si512(); K];
    for (register, limbs) in registers.iter_mut().zip(limbs) {
        let [a, b, c, d, e, f, g, h] = limbs.map(u64::cast_signed);
        *register = _mm512_setr_epi64(a, b, c, d, e, f, g, h);
    }
    registers
}

#[target_feature(enable = "avx512f,avx512ifma,bmi2")]
fn lanes(register: __m512i) -> [u64; LANES] {
    let (low, high) = (_mm512_castsi512_si256(register), _mm512_extracti64x4_epi64::<1>(register));
    [
        _mm256_extract_epi64::<0>(low),
        _mm256_extract_epi64::<1>(low),
        _mm256_extract_epi64::<2>(low),
        _mm256_extract_epi64::<3>(low),
        _mm256_extract_epi64::<0>(high),
        _mm256_extract_epi64::<1>(high),
        _mm256_extract_epi64::<2>(high),
        _mm256_extract_epi64::<3>(high),
    ]
    .map(i64::cast_unsigned)
}

#[target_feature(enable = "avx512f,avx512ifma,bmi2")]
fn lane_1<const K: usize>(sum: &[__m512i; K]) -> u64 {
    let [first, ..] = sum.as_slice() else { return 0 };
    _mm_cvtsi128_si64(_mm512_castsi512_si128(_mm512_alignr_epi64::<1>(*first, *first))).cast_unsigned()
}

#[target_feature(enable = "avx512f,avx512ifma,bmi2")]
fn broadcast(limb: u64) -> __m512i {
    _mm512_set1_epi64(limb.cast_signed())
}

fn product(a: u64, b: u64) -> u128 {
    u128::from(a) * u128::from(b)
}

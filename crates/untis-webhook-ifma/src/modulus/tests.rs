use num_bigint::BigUint;
use proptest::prelude::*;

use super::*;

/// Whether this machine can run these tests is said by the first of them.
#[test]
fn it_is_there_where_the_processor_says_so() {
    let says = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default().contains(" avx512ifma ");
    assert_eq!(Modulus::new(&[5]).is_some(), says);
    println!("IFMA: {says}");
}

/// A processor without one of them is not at hand, so that the detection is read: it asks for each feature that a function of the
/// kernel is compiled for, and all must be there.
#[test]
fn the_detection_asks_for_all_that_the_kernel_is_compiled_for() {
    let kernel = include_str!("../kernel.rs");
    let mut enabled: Vec<_> =
        kernel.lines().filter_map(|line| line.trim().strip_prefix("#[target_feature(enable = \"")).collect();
    assert_eq!(enabled.len(), kernel.matches("target_feature").count());
    enabled.dedup();
    let [features] = enabled[..] else { panic!("functions differ: {enabled:?}") };
    let asked: Vec<_> = features
        .strip_suffix("\")]")
        .unwrap()
        .split(',')
        .map(|feature| format!("is_x86_feature_detected!(\"{feature}\")"))
        .collect();
    let detected = include_str!("../detected.rs").split_whitespace().collect::<Vec<_>>().join(" ");
    let detection = format!("let has_all = {}; has_all.then_some(Self(()))", asked.join(" && "));
    assert!(detected.contains(&detection), "{detection}");
    assert_eq!(detected.matches("Self(())").count(), 1);
}

/// a · b / R of this machine, against the same by another way. `a` and `b` may be up to 2n - 1.
fn check(n: &BigUint, a: &BigUint, b: &BigUint) {
    let Some(modulus) = Modulus::new(&n.to_bytes_be()) else { return };
    let residue = |x: &BigUint| Residue(from_octets(&x.to_bytes_be()).unwrap());
    let product = modulus.multiply(&residue(a), &residue(b));
    let found = number(&product.0);
    assert!(found < n * 2_u8, "{n:x} {a:x} {b:x}");
    assert!(product.0.as_flattened().iter().all(|limb| *limb <= MASK));
    let r = BigUint::from(1_u8) << (BITS * LANES * modulus.registers);
    assert_eq!((&found * &r) % n, (a * b) % n, "{n:x} {a:x} {b:x}");
    assert_eq!(BigUint::from_bytes_be(&modulus.to_octets(&product)), &found % n);
    let entered = number(&modulus.enter(&residue(a)).0);
    assert_eq!(entered % n, (a * r) % n, "{n:x} {a:x}");
}

fn number(limbs: &Limbs) -> BigUint {
    limbs.as_flattened().iter().rev().fold(BigUint::ZERO, |number, limb| (number << BITS) + limb)
}

fn one() -> BigUint {
    BigUint::from(1_u8)
}

/// The largest modulus of each number of registers has limbs of ones, but for two bits of the highest.
#[test]
fn the_largest_limbs_overflow_nothing() {
    for registers in 1..=MAX_REGISTERS {
        let n: BigUint = (one() << (BITS * LANES * registers - 2)) - 1_u8;
        let largest: BigUint = &n * 2_u8 - 1_u8;
        for a in [&largest, &n, &(&n - 1_u8), &BigUint::ZERO, &one()] {
            for b in [&largest, &n, &(&n - 1_u8), &BigUint::ZERO, &one()] {
                check(&n, a, b);
            }
        }
    }
}

/// The sums are largest where each q is 2^52 - 1, beside a factor of which most limbs are. All q are one number, below R, and it is
/// R - 1 if the product of the factors is n modulo R.
#[test]
fn every_q_may_be_the_largest() {
    for registers in 1..=MAX_REGISTERS {
        let bits = BITS * LANES * registers;
        let r = one() << bits;
        let n: BigUint = (one() << (bits - 2)) - 1_u8;
        let Some(modulus) = Modulus::new(&n.to_bytes_be()) else { return };
        let factors = (0..100_u8).map(|i| &n * 2_u8 - 1_u8 - 2 * i).map(|a| {
            let b = (&n * a.modinv(&r).unwrap()) % &r;
            (a, b)
        });
        let mut count = 0;
        for (a, b) in factors.filter(|(_, b)| *b < &n * 2_u8) {
            check(&n, &a, &b);
            let [x, y] = [&a, &b].map(|x| Residue(from_octets(&x.to_bytes_be()).unwrap()));
            assert_eq!(number(&modulus.multiply(&x, &y).0), (&a * &b + (&r - 1_u8) * &n) >> bits);
            count += 1;
        }
        assert!(count > 10, "{count} of {registers} registers");
    }
}

#[test]
fn moduli_around_powers_of_two_are_as_any_other() {
    for bits in
        [4, 51, 52, 53, 413, 414, 415, 416, 417, 2047, 2048, 2049, 2077, 2078, 2079, 3072, 4096, 4157, 4158]
    {
        for difference in [1_u8, 3, 5] {
            let power: BigUint = one() << bits;
            let around: [BigUint; 2] = [&power + difference, &power - 1_u8 - (difference - 1)];
            for n in around.into_iter().filter(|n| (2..=4158).contains(&n.bits())) {
                for a in [&n - 1_u8, &n * 2_u8 - 1_u8, &n >> 1] {
                    check(&n, &a, &a);
                    check(&n, &a, &BigUint::from(3_u8));
                }
            }
        }
    }
}

#[test]
fn what_is_no_modulus_is_none() {
    for n in [&[][..], &[0], &[1], &[2], &[0x80, 0], &[0; 300]] {
        assert!(Modulus::new(n).is_none(), "{n:?}");
    }
    let too_long = (one() << 4158_u32) + 1_u8;
    assert!(Modulus::new(&too_long.to_bytes_be()).is_none());
    assert_eq!(Modulus::MAX_BITS, 4158);
}

#[test]
fn a_residue_is_below_the_modulus() {
    let n: BigUint = (one() << 2047_u32) + 9_u8;
    let Some(modulus) = Modulus::new(&n.to_bytes_be()) else { return };
    for (x, is_one) in [(&n - 1_u8, true), (n.clone(), false), (&n + 1_u8, false), (&n << 3000, false)] {
        assert_eq!(modulus.residue(&x.to_bytes_be()).is_some(), is_one);
    }
    assert!(modulus.residue(&(one() << 4160_u32).to_bytes_be()).is_none());
    for leading in [0, 2, 600] {
        let seven = modulus.residue(&[&vec![0; leading][..], &[7]].concat()).unwrap();
        assert_eq!(modulus.to_octets(&seven)[255], 7);
    }
}

/// A number of so many bits, of runs of ones and of zeros and of anything between.
fn number_of(bits: usize) -> impl Strategy<Value = BigUint> {
    let octet = prop_oneof![Just(0_u8), Just(0xff), any::<u8>()];
    let runs = proptest::collection::vec((octet, 1_usize..40), 1..30);
    runs.prop_map(move |runs| {
        let octets = runs.iter().cycle().flat_map(|(octet, times)| std::iter::repeat_n(*octet, *times));
        BigUint::from_bytes_be(&octets.take(bits.div_ceil(8)).collect::<Vec<_>>()) % (one() << bits)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, max_shrink_iters: 100, ..ProptestConfig::default() })]

    #[test]
    fn it_is_montgomery_multiplication(
        (n, a, b) in (2_usize..4158).prop_flat_map(|bits| (number_of(bits), number_of(bits + 1), number_of(bits + 1)))
    ) {
        let n = n | one() | (one() << 1_u32);
        let twice: BigUint = &n * 2_u8;
        check(&n, &(a % &twice), &(b % &twice));
    }

    #[test]
    fn octets_are_limbs_and_back(octets in proptest::collection::vec(any::<u8>(), 0..520)) {
        let limbs = from_octets(&octets).unwrap();
        prop_assert_eq!(number(&limbs), BigUint::from_bytes_be(&octets));
        prop_assert_eq!(to_octets(&limbs, octets.len()), octets);
    }
}

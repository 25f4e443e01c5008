use crypto_bigint::BoxedUint;
use num_bigint::BigUint;

use super::*;

/// The primitive needs no private key, so any odd modulus will do.
fn key(n: &BigUint, e: u64) -> PublicKey {
    let [n, e] =
        [n, &BigUint::from(e)].map(|integer| BoxedUint::from_be_slice_vartime(&integer.to_bytes_be()));
    PublicKey::new(rsa::PublicKey::new_with_size_limits(n, e, 2048..=8192).unwrap()).unwrap()
}

/// s^e mod n is what num-bigint says, on the path that the key has, and on the portable one.
fn check(key: &PublicKey, n: &BigUint, s: &BigUint) {
    let expected = s.modpow(&key.e.into(), n);
    let s = s.to_bytes_be();
    for m in [key.rsavp1(&s), rsavp1(&mut Portable::of(&key.key), key.e, &s)] {
        let m = m.unwrap();
        assert_eq!(m.len(), key.size());
        assert_eq!(BigUint::from_bytes_be(&m), expected, "{n:x} {:x?} e = {}", s, key.e);
    }
}

/// Octets of no pattern: the powers of 3 modulo 2^k for some large k.
fn integer(bits: u64, seed: u32) -> BigUint {
    BigUint::from(3_u8).pow(10_000 + seed) % (BigUint::from(1_u8) << bits)
}

fn power_of_two(bits: u64) -> BigUint {
    BigUint::from(1_u8) << bits
}

#[test]
fn it_is_modular_exponentiation_for_every_exponent_of_twelve_bits_and_some_of_more() {
    let larger =
        [65535, 65537, 0x1_5555, 0x1_aaab, (1 << 32) + 1, (1 << 32) + 3, (1 << 33) - 1, (1 << 33) - 3];
    let sizes = [2048, 2056, 2112, 3072].into_iter().cycle();
    for (e, bits) in (3_u64..4096).step_by(2).chain(larger).zip(sizes) {
        let n = integer(bits, 0) | power_of_two(0) | power_of_two(bits - 1);
        check(&key(&n, e), &n, &integer(bits - 1, u32::try_from(e & 0xff).unwrap()));
    }
}

#[test]
fn the_fast_path_is_there_where_the_processor_has_it() {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    // Without the feature the environment changes nothing.
    let is_portable = cfg!(feature = "__tests") && std::env::var_os("UNTIS_WEBHOOK_TESTS_PORTABLE").is_some();
    let has_ifma = cpu.contains(" avx512ifma ") && !is_portable;
    for (bits, is_fast) in
        [(2048, true), (3072, true), (4096, true), (4158, true), (4159, false), (8192, false)]
    {
        let n = integer(bits, 0) | power_of_two(0) | power_of_two(bits - 1);
        assert_eq!(key(&n, 65537).is_fast(), is_fast && has_ifma, "{bits} bits");
    }
}

/// A number at or above the modulus is none, and one below is raised, on both paths, also where the octets have room above n.
#[test]
fn the_range_ends_at_the_modulus_for_every_remainder_of_its_bits() {
    let sizes = (2048..=2056).chain([2078, 2079, 2240, 3072, 4158, 4159, 4160, 8192]);
    for ((bits, pattern), e) in
        sizes.flat_map(|bits| [(bits, 0), (bits, 1)]).zip([3, 65537, (1 << 33) - 1].into_iter().cycle())
    {
        let n = match pattern {
            0 => integer(bits, 7) | power_of_two(0) | power_of_two(bits - 1),
            _ => power_of_two(bits) - power_of_two(0),
        };
        let key = key(&n, e);
        let one = power_of_two(0);
        for s in [BigUint::ZERO, one.clone(), &n - &one] {
            check(&key, &n, &s);
        }
        let k = u64::try_from(key.size()).unwrap();
        for s in [n.clone(), &n + &one, power_of_two(8 * k) - &one] {
            let mut octets = vec![0; key.size()];
            let s = s.to_bytes_be();
            // n + 1 may be an octet longer.
            if s.len() <= octets.len() {
                let leading = octets.len() - s.len();
                octets[leading..].copy_from_slice(&s);
                assert_eq!(key.rsavp1(&octets), None, "{bits} bits");
                assert_eq!(rsavp1(&mut Portable::of(&key.key), e, &octets), None, "{bits} bits");
            }
        }
    }
}

/// Numbers of limbs that are the largest and the smallest that there are, or one beside, or of no pattern, by turns.
struct Numbers(u64);

impl Numbers {
    /// xorshift64*.
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// In limbs of the fast path, or of the portable one.
    fn of(&mut self, bits: u64) -> BigUint {
        let limb = if self.below(2) == 0 { 52 } else { 64 };
        let mask = u64::MAX >> (64 - limb);
        let likely = self.below(6);
        let mut number = BigUint::ZERO;
        for _ in 0..bits.div_ceil(limb) {
            let kind = if self.below(4) == 0 { self.below(6) } else { likely };
            let next = match kind {
                0 => 0,
                1 => mask,
                2 => mask - 1,
                3 => 1,
                4 => mask ^ (mask >> 1),
                _ => self.next() & mask,
            };
            number = (number << limb) | BigUint::from(next);
        }
        number % power_of_two(bits)
    }

    /// Of any pattern, or beside a power of two.
    fn modulus(&mut self, bits: u64) -> BigUint {
        let little = BigUint::from(self.below(1000));
        let n = match self.below(4) {
            0 => power_of_two(bits) - power_of_two(0) - little,
            1 => power_of_two(bits - 1) + little,
            _ => self.of(bits) | power_of_two(bits - 1),
        };
        n | power_of_two(0)
    }

    /// Of any pattern, or beside 0, n / 2 or n.
    fn below_modulus(&mut self, n: &BigUint) -> BigUint {
        let little = BigUint::from(self.below(4));
        match self.below(6) {
            0 => little,
            1 => n - power_of_two(0) - little,
            2 => (n >> 1_u32) + little,
            _ => self.of(n.bits()) % n,
        }
    }
}

fn check_operations(count: u32) {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let mut fast = 0;
    for _ in 0..count / 4 {
        let bits = [2048, 2049, 2078, 2079, 2496, 3072, 4096, 4158];
        let bits = bits[usize::try_from(numbers.below(8)).unwrap()];
        let n = numbers.modulus(bits);
        let key = key(&n, 65537);
        for _ in 0..4 {
            check(&key, &n, &numbers.below_modulus(&n));
            fast += u32::from(key.is_fast());
        }
    }
    println!("{count} operations, {fast} of them with AVX-512 IFMA");
}

#[test]
fn numbers_of_the_largest_and_smallest_limbs_are_as_any_other() {
    check_operations(500);
}

#[test]
#[ignore = "takes minutes: cargo test --release -p untis-webhook million -- --ignored --nocapture"]
fn a_million_numbers_of_the_largest_and_smallest_limbs_are_as_any_other() {
    check_operations(1_000_000);
}

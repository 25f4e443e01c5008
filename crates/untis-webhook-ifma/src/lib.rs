#![doc = include_str!("../README.md")]
//!
//! # A multiplication
//!
//! ```
//! use untis_webhook_ifma::Modulus;
//!
//! // 2^2047 + 9: any odd number of 2 to 4158 bits will do.
//! let mut n = [0; 256];
//! (n[0], n[255]) = (0x80, 9);
//! // None where the processor cannot do it.
//! if let Some(n) = Modulus::new(&n) {
//!     let five = n.residue(&[5]).unwrap();
//!     let product = n.multiply(&n.enter(&five), &five);
//!     assert_eq!(n.to_octets(&product).last(), Some(&25));
//! }
//! ```
//!
//! # The algorithm
//!
//! Almost Montgomery multiplication (S. Gueron, "Efficient software implementations of modular exponentiation", Journal of
//! Cryptographic Engineering 2, 2012) in limbs of 52 bits, eight to a register. With R = 2^(52 · limbs) > 4n, of two factors
//! below 2n it gives a · b / R modulo n, below 2n, so that no step has a subtraction, and the result is reduced once at the end.
//!
//! # Its bounds
//!
//! | value | is below | why |
//! |---|---|---|
//! | a limb of a factor, or of the modulus | 2^52 | they are normalised |
//! | a lane of a sum | 2^60 | 80 steps, each of which adds a low and a high product below 2^52 |
//! | a lane of both sums, the whole of limb 0 | 2^61 | such lanes, and a carry |
//! | a result | 2n | (2n · 2n + R · n) / R, since R > 4n |

mod detected;
mod kernel;
mod limbs;
mod modulus;

pub use modulus::{Modulus, Residue};

//! The one call that must not happen on a processor that cannot do it.

use crate::limbs::Limbs;

/// That this processor has what the kernel needs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Detected(());

impl Detected {
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn now() -> Option<Self> {
        // Exactly those of `kernel::multiply`.
        let has_all = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512ifma")
            && is_x86_feature_detected!("bmi2");
        has_all.then_some(Self(()))
    }

    #[cfg(not(target_arch = "x86_64"))]
    pub(crate) fn now() -> Option<Self> {
        None
    }

    /// Almost Montgomery multiplication of numbers of so many registers.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn multiply(self, registers: usize, a: &Limbs, b: &Limbs, n: &Limbs, n_inverse: u64) -> Limbs {
        // SAFETY: a value of this type is made by `now` alone, if the processor has the kernel's features.
        #[allow(unsafe_code, reason = "the one call after the detection")]
        unsafe {
            crate::kernel::multiply(registers, a, b, n, n_inverse)
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    pub(crate) fn multiply(self, _: usize, a: &Limbs, _: &Limbs, _: &Limbs, _: u64) -> Limbs {
        // Is never called: there is no value of this type.
        *a
    }
}

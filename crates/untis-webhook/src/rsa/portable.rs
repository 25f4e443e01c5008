use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, MontyForm, MontyMultiplier};
use rsa::PublicKey;
use rsa::traits::PublicKeyParts;

use super::arithmetic::Arithmetic;

/// On any processor.
pub(super) struct Portable<'a> {
    key: &'a PublicKey,
    params: &'a BoxedMontyParams,
    multiplier: Multiplier<'a>,
}

/// Multiplies in place, with one buffer for all the steps.
type Multiplier<'a> = <BoxedMontyForm as MontyForm>::Multiplier<'a>;

impl<'a> Portable<'a> {
    pub(super) fn of(key: &'a PublicKey) -> Self {
        let params = key.n_params();
        Self { key, params, multiplier: Multiplier::from(params) }
    }
}

impl Arithmetic for Portable<'_> {
    /// A number as it is goes by the name of one in Montgomery form, for the multiplication by it.
    type Number = BoxedMontyForm;

    fn os2ip(&self, octets: &[u8]) -> Option<BoxedMontyForm> {
        let s = BoxedUint::from_be_slice(octets, self.key.n_bits_precision()).ok()?;
        let is_below = s.cmp_vartime(self.key.n().as_ref()).is_lt();
        is_below.then(|| BoxedMontyForm::from_montgomery(s, self.params))
    }

    fn enter(&mut self, s: &BoxedMontyForm) -> BoxedMontyForm {
        BoxedMontyForm::new(s.as_montgomery().clone(), self.params)
    }

    fn square(&mut self, m: &mut BoxedMontyForm) {
        self.multiplier.square_assign(m);
    }

    fn multiply(&mut self, m: &mut BoxedMontyForm, factor: &BoxedMontyForm) {
        self.multiplier.mul_assign(m, factor);
    }

    /// The storage is whole limbs, so above a modulus of so many octets it may hold zeros, and for a value below that modulus
    /// nothing else.
    fn i2osp(&self, m: BoxedMontyForm) -> Option<Vec<u8>> {
        let mut octets = m.into_montgomery().to_be_bytes().into_vec();
        let leading = octets.len().checked_sub(self.key.size())?;
        let is_below = octets.drain(..leading).all(|octet| octet == 0);
        is_below.then_some(octets)
    }
}

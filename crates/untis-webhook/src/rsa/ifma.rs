use untis_webhook_ifma::{Modulus, Residue};

use super::arithmetic::Arithmetic;

/// With AVX-512 IFMA, where the processor has it.
impl Arithmetic for &Modulus {
    type Number = Residue;

    fn os2ip(&self, octets: &[u8]) -> Option<Residue> {
        self.residue(octets)
    }

    fn enter(&mut self, s: &Residue) -> Residue {
        Modulus::enter(self, s)
    }

    fn square(&mut self, m: &mut Residue) {
        *m = Modulus::multiply(self, m, m);
    }

    fn multiply(&mut self, m: &mut Residue, factor: &Residue) {
        *m = Modulus::multiply(self, m, factor);
    }

    fn i2osp(&self, m: Residue) -> Option<Vec<u8>> {
        Some(self.to_octets(&m))
    }
}

/// What RSAVP1 computes with, modulo one key's n: numbers that may be in Montgomery form. Of two factors the product is divided
/// by R, so that a number in that form times one that is not leaves it.
pub(super) trait Arithmetic {
    type Number: Clone;

    /// OS2IP (RFC 8017 section 4.2): octets to a number as it is. `None` if that is not below n.
    fn os2ip(&self, octets: &[u8]) -> Option<Self::Number>;

    /// Into Montgomery form.
    fn enter(&mut self, s: &Self::Number) -> Self::Number;

    fn square(&mut self, m: &mut Self::Number);

    fn multiply(&mut self, m: &mut Self::Number, factor: &Self::Number);

    /// I2OSP (RFC 8017 section 4.1): a number as it is, in as many octets as n has.
    fn i2osp(&self, m: Self::Number) -> Option<Vec<u8>>;
}

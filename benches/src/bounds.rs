/// What did not hold, said at the end.
#[derive(Debug, Default)]
pub struct Bounds(Vec<String>);

impl Bounds {
    /// Something holds, or does not.
    pub fn hold(&mut self, holds: bool, what: &str) {
        if !holds {
            self.0.push(what.to_owned());
        }
    }

    /// # Panics
    ///
    /// If anything did not hold.
    pub fn end(self) {
        assert!(self.0.is_empty(), "out of its bounds: {}", self.0.join(", "));
    }
}

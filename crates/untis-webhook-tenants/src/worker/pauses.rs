use std::time::Duration;

/// The pauses between attempts: each twice as long as the one before, up to the longest, with up to half of it left out
/// at random, so that what failed together is not tried together again.
#[derive(Clone, Copy)]
pub(super) struct Pauses {
    pub(super) first: Duration,
    pub(super) longest: Duration,
}

impl Pauses {
    /// The pause after so many attempts, 1 at least.
    pub(super) fn after(self, attempts: u64) -> Duration {
        let doubled = u32::try_from(attempts.saturating_sub(1)).unwrap_or(u32::MAX);
        let factor = 2_u32.checked_pow(doubled).unwrap_or(u32::MAX);
        let pause = self.first.saturating_mul(factor).min(self.longest);
        // Without randomness it is only less spread.
        let [share] = random().unwrap_or([0]);
        pause - pause / 2 * u32::from(share) / u32::from(u8::MAX)
    }
}

pub(super) fn random<const N: usize>() -> Result<[u8; N], getrandom::Error> {
    let mut octets = [0; N];
    getrandom::fill(&mut octets)?;
    Ok(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_grows_to_the_longest_and_is_never_less_than_half_of_it() {
        let pauses = Pauses { first: Duration::from_secs(2), longest: Duration::from_secs(900) };
        for (attempts, whole) in [(0, 2), (1, 2), (2, 4), (3, 8), (9, 512), (10, 900), (u64::MAX, 900)] {
            let whole = Duration::from_secs(whole);
            for _ in 0..1000 {
                let pause = pauses.after(attempts);
                assert!((whole / 2..=whole).contains(&pause), "{pause:?} after {attempts}");
            }
        }
        let spread: std::collections::HashSet<_> = (0..1000).map(|_| pauses.after(10)).collect();
        assert!(spread.len() > 100);
    }
}

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Something to be timed: runs it so many times, and says how long that took.
pub type Timed<'a> = Box<dyn FnMut(u32) -> Duration + 'a>;

/// Times this alone, without what drops its result.
pub fn time<'a, T>(mut run: impl FnMut() -> T + 'a) -> Timed<'a> {
    Box::new(move |times| {
        let start = Instant::now();
        for _ in 0..times {
            black_box(run());
        }
        start.elapsed()
    })
}

/// What each costs once, in nanoseconds: the least of many rounds, in each of which all have their turn. So what
/// else the machine does disturbs all of them, or none.
pub fn compare<const N: usize>(mut candidates: [Timed<'_>; N]) -> [f64; N] {
    let times = candidates.each_mut().map(|candidate| {
        // As many as take about a millisecond.
        let once = candidate(8).as_secs_f64() / 8.0;
        (1..=10_000_u32).rev().find(|&times| f64::from(times) * once <= 1e-3).unwrap_or(1)
    });
    let mut least = [f64::MAX; N];
    for _ in 0..ROUNDS {
        for ((candidate, &times), least) in candidates.iter_mut().zip(&times).zip(&mut least) {
            *least = least.min(candidate(times).as_secs_f64() * 1e9 / f64::from(times));
        }
    }
    least
}

const ROUNDS: u32 = 200;

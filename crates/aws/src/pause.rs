//! Pauses between attempts.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// The longest that is waited before another attempt.
const LONGEST: Duration = Duration::from_secs(1);

/// Waits before the next attempt, the `attempt`th that failed counted from 1: anything from nothing to twice
/// as long as the time before, so that those who met do not meet again. This is the "full jitter" of AWS's
/// article on exponential backoff.
pub(crate) async fn pause(first: Duration, attempt: u32) {
    let longest = first.saturating_mul(1 << attempt.saturating_sub(1).min(16)).min(LONGEST);
    tokio::time::sleep(longest.mul_f64(chance())).await;
}

/// A random number from 0 to below 1; the standard library seeds its hashes afresh each time.
fn chance() -> f64 {
    let random = RandomState::new().build_hasher().finish();
    // 53 bits are what a double holds exactly.
    (random >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_are_spread() {
        let below = (0..10_000).filter(|_| chance() < 0.5).count();
        assert!((4_500..5_500).contains(&below), "{below}");
    }
}

//! When to try again.

use jiff::{SignedDuration, Timestamp};

use crate::identity;

/// How often and how soon something that failed is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The pause after the first failure; each further one is twice as long.
    pub first: SignedDuration,
    /// The longest pause.
    pub longest: SignedDuration,
    /// After so many attempts it is given up.
    pub attempts: u32,
}

impl Default for Backoff {
    /// Ten attempts within some half an hour: 5 s, 10 s, 20 s, … at most 15 min.
    fn default() -> Self {
        Self { first: SignedDuration::from_secs(5), longest: SignedDuration::from_mins(15), attempts: 10 }
    }
}

impl Backoff {
    /// For mail: as patient as mail servers are with each other. RFC 5321 section 4.5.4.1 wants four to
    /// five days, at least half an hour apart once the first attempts have failed.
    #[must_use]
    pub fn of_mail() -> Self {
        Self { first: SignedDuration::from_secs(5), longest: SignedDuration::from_hours(1), attempts: 144 }
    }

    /// When to try again what failed just now, for the `failed`th time; nothing when it is given up.
    ///
    /// The pause is shortened by up to half, so that many that failed together do not come back together;
    /// by how much depends on `what` alone.
    pub fn next(&self, what: &str, failed: u32, now: Timestamp) -> Option<Timestamp> {
        if failed >= self.attempts {
            return None;
        }
        let doubled = self.first.as_millis() << failed.saturating_sub(1).min(40);
        let pause = doubled.min(self.longest.as_millis());
        let kept = 1.0 - 0.5 * identity::fraction(&["backoff", what, &failed.to_string()]);
        let pause = SignedDuration::from_millis((pause as f64 * kept) as i64);
        Some(now.checked_add(pause).unwrap_or(Timestamp::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_end() {
        let backoff =
            Backoff { first: SignedDuration::from_secs(10), longest: SignedDuration::from_secs(60), attempts: 6 };
        let now = Timestamp::UNIX_EPOCH;
        for (failed, longest_ms) in [(1, 10_000), (2, 20_000), (3, 40_000), (4, 60_000), (5, 60_000)] {
            let pause = backoff.next("a", failed, now).unwrap().as_millisecond();
            assert!((longest_ms / 2..=longest_ms).contains(&pause), "{failed}: {pause}");
        }
        assert_eq!(backoff.next("a", 6, now), None);
        let days = |backoff: Backoff| {
            let mut at = now;
            for failed in 1.. {
                match backoff.next("a", failed, at) {
                    Some(next) => at = next,
                    None => break,
                }
            }
            at.duration_since(now).as_secs_f64() / 86_400.0
        };
        assert!((4.0..5.5).contains(&days(Backoff::of_mail())), "{}", days(Backoff::of_mail()));
        assert!(days(Backoff::default()) * 24.0 < 0.7, "{}", days(Backoff::default()));
        assert_ne!(backoff.next("a", 1, now), backoff.next("b", 1, now));
    }
}

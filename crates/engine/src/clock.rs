//! Where time and chance come from: the system, or a test.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// Time and chance, as the engine needs them.
#[async_trait]
pub trait Clock: Send + Sync + 'static {
    /// The time.
    fn now(&self) -> Timestamp;

    /// A fresh random number, all bits equally good.
    fn random(&self) -> u64;

    /// Returns when the time is `at`, or sooner: the caller looks at [`Clock::now`] again.
    async fn sleep_until(&self, at: Timestamp);
}

/// The longest uninterrupted sleep. The system's clock may be set while we sleep; this bounds how
/// late a timer can be for that.
const MAX_SLEEP: Duration = Duration::from_secs(30);

/// The system's clock, and random numbers that need no system call.
#[derive(Debug)]
pub struct SystemClock {
    random: SplitMix,
}

impl Default for SystemClock {
    fn default() -> SystemClock {
        SystemClock {
            // The standard library seeds its hash maps from the system's randomness.
            random: SplitMix::new(RandomState::new().build_hasher().finish()),
        }
    }
}

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn random(&self) -> u64 {
        self.random.next()
    }

    async fn sleep_until(&self, at: Timestamp) {
        let left = at.duration_since(self.now());
        let left = Duration::try_from(left).unwrap_or(Duration::ZERO);
        tokio::time::sleep(left.min(MAX_SLEEP)).await;
    }
}

/// A clock that moves only when told to, and random numbers that follow from a seed; for tests and
/// simulators of whatever runs on the engine.
#[derive(Debug)]
pub struct ManualClock {
    now: watch::Sender<Timestamp>,
    random: SplitMix,
}

impl ManualClock {
    /// A clock that stands at `now`.
    #[must_use]
    pub fn new(now: Timestamp, seed: u64) -> ManualClock {
        ManualClock { now: watch::Sender::new(now), random: SplitMix::new(seed) }
    }

    /// Moves the clock on.
    pub fn advance(&self, by: SignedDuration) {
        self.now.send_modify(|now| *now += by);
    }

    /// Moves the clock on to `at`; never back.
    pub fn advance_to(&self, at: Timestamp) {
        self.now.send_modify(|now| *now = (*now).max(at));
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    fn random(&self) -> u64 {
        self.random.next()
    }

    async fn sleep_until(&self, at: Timestamp) {
        // The sender is in `self`: the wait cannot end for its being gone.
        drop(self.now.subscribe().wait_for(|now| *now >= at).await);
    }
}

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014) on a
/// shared counter. Not for secrets.
#[derive(Debug)]
struct SplitMix {
    counter: AtomicU64,
}

impl SplitMix {
    fn new(seed: u64) -> SplitMix {
        SplitMix { counter: AtomicU64::new(seed) }
    }

    fn next(&self) -> u64 {
        const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut mixed = self.counter.fetch_add(GAMMA, Ordering::Relaxed).wrapping_add(GAMMA);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_numbers_follow_the_published_sequence() {
        // The reference implementation's first three outputs for the seed 1234567.
        let random = SplitMix::new(1_234_567);
        let expected = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!([random.next(), random.next(), random.next()], expected);
    }

    #[tokio::test]
    async fn a_manual_clock_wakes_who_waits_for_its_time() {
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH, 0);
        let at = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(10);
        let sleeping = clock.sleep_until(at);
        tokio::pin!(sleeping);
        clock.advance(SignedDuration::from_secs(9));
        assert!(futures::poll!(&mut sleeping).is_pending());
        clock.advance_to(at);
        sleeping.await;
        clock.advance_to(Timestamp::UNIX_EPOCH);
        assert_eq!(clock.now(), at, "time does not go back");
    }
}

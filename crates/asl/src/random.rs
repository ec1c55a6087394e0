//! Randomness expanded from one number, so that a step repeated with the same number is the same.

use std::cell::Cell;

/// A stream of random numbers: splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number
/// generators"). Good enough to spread retries and to make identifiers; not for secrets.
pub(crate) struct Random(Cell<u64>);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Cell::new(seed))
    }

    /// The next number of the stream.
    pub(crate) fn next(&self) -> u64 {
        let state = self.0.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.0.set(state);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to, not including, `bound`; 0 when `bound` is 0.
    pub(crate) fn below(&self, bound: u64) -> u64 {
        // The high half of the product: without a division, and uniform to within 2^-64.
        let product = u128::from(self.next()) * u128::from(bound);
        u64::try_from(product >> 64).expect("the high half of a 128-bit number has 64 bits")
    }

    /// A version 4 UUID.
    pub(crate) fn uuid(&self) -> String {
        let bits = (u128::from(self.next()) << 64) | u128::from(self.next());
        uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_stream() {
        let (one, two) = (Random::new(7), Random::new(7));
        assert_eq!((one.next(), one.uuid(), one.below(10)), (two.next(), two.uuid(), two.below(10)));
        assert_ne!(one.next(), Random::new(8).next());
    }

    #[test]
    fn numbers_stay_below_their_bound_and_reach_all_below_it() {
        let random = Random::new(1);
        let mut seen = [false; 5];
        for _ in 0..200 {
            seen[usize::try_from(random.below(5)).expect("less than 5")] = true;
        }
        assert_eq!(seen, [true; 5]);
        assert_eq!(random.below(0), 0);
    }
}

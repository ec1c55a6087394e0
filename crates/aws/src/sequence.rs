//! Numbers that ascend as time does.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

/// Gives each ledger entry, and each message that is listed, its number: the microseconds of its time, or
/// one more than the last number when that is not less. Numbers of two processes may be the same; whoever
/// needs them unique has a condition for it.
#[derive(Debug, Default)]
pub(crate) struct Sequence(AtomicI64);

impl Sequence {
    pub(crate) fn next(&self, at: Timestamp) -> i64 {
        let next = |last: i64| at.as_microsecond().max(last + 1);
        let last = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(next(last)));
        next(last.expect("there is always a next number"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_ascend_also_when_time_stands_still_or_goes_back() {
        let sequence = Sequence::default();
        let numbers = [10, 10, 9, 20].map(|micros| sequence.next(Timestamp::from_microsecond(micros).unwrap()));
        assert_eq!(numbers, [10, 11, 12, 20]);
    }
}

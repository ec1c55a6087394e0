//! `Retry` and `Catch`: which errors they handle, and how long to wait before the next attempt.

use jiff::SignedDuration;

use crate::definition::StateRef;
use crate::error::{self, Failure, Origin};
use crate::path::ReferencePath;
use crate::random::Random;

/// One entry of `Retry`.
#[derive(Debug, Clone)]
pub(crate) struct Retrier {
    pub(crate) errors: Vec<String>,
    /// `IntervalSeconds`
    pub(crate) interval_seconds: u64,
    pub(crate) max_attempts: u32,
    pub(crate) backoff_rate: f64,
    pub(crate) max_delay_seconds: Option<u64>,
    /// `JitterStrategy` is `FULL`: the delay is random between nothing and what it would be.
    pub(crate) full_jitter: bool,
}

/// One entry of `Catch`.
#[derive(Debug, Clone)]
pub(crate) struct Catcher {
    pub(crate) errors: Vec<String>,
    pub(crate) result: ResultPath,
    pub(crate) next: StateRef,
}

/// Where a result goes within the state's input.
#[derive(Debug, Clone)]
pub(crate) enum ResultPath {
    /// `$`: the result alone is the output.
    Replace,
    /// `null`: the input is the output.
    Discard,
    Put(ReferencePath),
}

/// The error handling of a state.
#[derive(Debug, Clone, Default)]
pub(crate) struct Handlers {
    pub(crate) retriers: Vec<Retrier>,
    pub(crate) catchers: Vec<Catcher>,
}

impl Retrier {
    /// The time to wait after `attempts` retries by this retrier.
    pub(crate) fn delay(&self, attempts: u32, random: &Random) -> SignedDuration {
        // A century is beyond any timer, and far from where the arithmetic would overflow.
        const MAX_MILLISECONDS: f64 = 100.0 * 366.0 * 86_400_000.0;
        #[allow(clippy::cast_precision_loss, reason = "seconds are far below 2^53")]
        let mut milliseconds = self.interval_seconds as f64 * 1000.0 * self.backoff_rate.powf(f64::from(attempts));
        if let Some(limit) = self.max_delay_seconds {
            #[allow(clippy::cast_precision_loss, reason = "seconds are far below 2^53")]
            let limit = limit as f64 * 1000.0;
            milliseconds = milliseconds.min(limit);
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded")]
        let mut milliseconds = milliseconds.min(MAX_MILLISECONDS) as u64;
        if self.full_jitter {
            milliseconds = random.below(milliseconds + 1);
        }
        SignedDuration::from_millis(i64::try_from(milliseconds).unwrap_or(i64::MAX))
    }
}

/// Whether `ErrorEquals` covers the failure, with the wildcards' rules of the developer guide ("Error
/// names").
pub(crate) fn covers(errors: &[String], failure: &Failure) -> bool {
    // The guide: it cannot be retried and always ends the execution.
    if failure.is_terminal() {
        return false;
    }
    let failed = failure.error.as_deref();
    errors.iter().any(|name| match name.as_str() {
        error::ALL => failed != Some(error::DATA_LIMIT_EXCEEDED),
        error::TASK_FAILED => !matches!(failed, Some(error::TIMEOUT | error::DATA_LIMIT_EXCEEDED)),
        error::BRANCH_FAILED if failure.origin == Origin::Branch => true,
        error::HEARTBEAT_TIMEOUT if failure.origin == Origin::Heartbeat => true,
        name => failed == Some(name),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retrier() -> Retrier {
        Retrier {
            errors: vec![error::ALL.to_owned()],
            interval_seconds: 2,
            max_attempts: 3,
            backoff_rate: 1.5,
            max_delay_seconds: None,
            full_jitter: false,
        }
    }

    #[test]
    fn delays_grow_up_to_their_limit() {
        let delays = |retrier: &Retrier| -> Vec<i128> {
            (0..4).map(|attempts| retrier.delay(attempts, &Random::new(1)).as_millis()).collect()
        };
        assert_eq!(delays(&retrier()), [2000, 3000, 4500, 6750]);
        let limited = Retrier { max_delay_seconds: Some(4), ..retrier() };
        assert_eq!(delays(&limited), [2000, 3000, 4000, 4000]);
        let endless = Retrier { backoff_rate: 1e300, ..retrier() };
        assert!(endless.delay(1_000_000, &Random::new(1)).as_hours() < 24 * 366 * 101);
    }

    #[test]
    fn full_jitter_spreads_delays_below_the_plain_one() {
        let jittered = Retrier { full_jitter: true, ..retrier() };
        let delays: Vec<_> = (0..50).map(|seed| jittered.delay(0, &Random::new(seed)).as_millis()).collect();
        assert!(delays.iter().all(|delay| (0..=2000).contains(delay)));
        assert!(delays.iter().max().expect("delays") - delays.iter().min().expect("delays") > 1000);
    }

    #[test]
    fn wildcards_have_their_exceptions() {
        use Origin::{Branch, Heartbeat, State};
        for (name, failed, origin, expected) in [
            ("Custom", Some("Custom"), State, true),
            ("Custom", Some("Other"), State, false),
            ("Custom", None, State, false),
            ("States.ALL", Some("Custom"), State, true),
            ("States.ALL", None, State, true),
            ("States.ALL", Some("States.Timeout"), State, true),
            ("States.ALL", Some("States.Runtime"), State, false),
            ("States.ALL", Some("States.DataLimitExceeded"), State, false),
            ("States.DataLimitExceeded", Some("States.DataLimitExceeded"), State, true),
            ("States.Runtime", Some("States.Runtime"), State, false),
            ("States.TaskFailed", Some("Custom"), State, true),
            ("States.TaskFailed", Some("States.Timeout"), State, false),
            ("States.TaskFailed", Some("States.Runtime"), State, false),
            ("States.Timeout", Some("States.Timeout"), State, true),
            ("States.BranchFailed", Some("Custom"), Branch, true),
            ("States.BranchFailed", Some("Custom"), State, false),
            ("States.HeartbeatTimeout", Some("States.Timeout"), Heartbeat, true),
            ("States.HeartbeatTimeout", Some("States.Timeout"), State, false),
            ("States.Timeout", Some("States.Timeout"), Heartbeat, true),
        ] {
            let failure = Failure { error: failed.map(str::to_owned), cause: None, origin };
            assert_eq!(covers(&[name.to_owned()], &failure), expected, "{name} {failed:?}");
        }
    }
}

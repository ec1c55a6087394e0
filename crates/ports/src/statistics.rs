use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use order::Money;

use crate::Result;

/// Reads what is counted while orders go through.
#[async_trait]
pub trait Statistics: Send + Sync {
    /// Orders within a span, step by step from its start; the last step may still be going on.
    async fn orders(&self, span: Span) -> Result<Vec<OrderStatistics>>;

    /// The workflows that did something within a span, by name.
    async fn workflows(&self, span: Span) -> Result<Vec<WorkflowStatistics>>;

    /// What an alarm is judged on within a span; `NotFound` without such an alarm.
    async fn alarm_points(&self, alarm: &str, span: Span) -> Result<Vec<(Timestamp, f64)>>;
}

/// A span of time in equal steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Its first moment: a whole number of steps since 1970.
    pub from: Timestamp,
    /// Its end, which is not part of it.
    pub to: Timestamp,
    /// How long a step is.
    pub step_seconds: i64,
}

impl Span {
    /// The last `steps` steps up to now, the one that is going on included.
    #[must_use]
    pub fn ending(now: Timestamp, step_seconds: i64, steps: i64) -> Self {
        let end = now.as_second().div_euclid(step_seconds) * step_seconds + step_seconds;
        let at = |second| Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH);
        Self { from: at(end - step_seconds * steps), to: at(end), step_seconds }
    }

    /// How many steps it has.
    #[must_use]
    pub fn steps(self) -> usize {
        let seconds = self.to.as_second() - self.from.as_second();
        usize::try_from(seconds / self.step_seconds).unwrap_or(0)
    }

    /// In which step a second since 1970 is, if it is in any.
    #[must_use]
    pub fn step_of(self, second: i64) -> Option<usize> {
        let step = (second - self.from.as_second()).div_euclid(self.step_seconds);
        usize::try_from(step).ok().filter(|step| *step < self.steps())
    }
}

/// Orders in one step of a span.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OrderStatistics {
    /// How many were placed.
    pub placed: u64,
    /// How many were confirmed.
    pub confirmed: u64,
    /// How many were refused: invalid or out of stock.
    pub rejected: u64,
    /// How many were refused by the payment provider.
    pub payment_failed: u64,
    /// How many were ended by an outage.
    pub failed: u64,
    /// How many were called off or returned.
    pub cancelled: u64,
    /// What was taken less what was given back, by currency.
    pub revenue: Vec<Money>,
    /// How long orders took from placed to their end.
    pub durations: Durations,
    /// The most messages that waited in all queues together.
    pub queue_depth: u64,
    /// How often a step ended in an error, those that were tried again included.
    pub step_errors: u64,
}

/// A workflow within a span.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WorkflowStatistics {
    /// Its name.
    pub workflow: String,
    /// How many of its executions were started.
    pub started: u64,
    /// How many ended with an output.
    pub succeeded: u64,
    /// How many ended without: failed, timed out, stopped.
    pub failed: u64,
    /// How long executions took.
    pub durations: Durations,
    /// Its states that ran tasks, by name.
    pub states: BTreeMap<String, StateStatistics>,
}

/// The tasks of a state within a span.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StateStatistics {
    /// How many attempts ended in an error.
    pub errors: u64,
    /// How long attempts took; each is one.
    pub durations: Durations,
}

/// Durations, counted by size: exact to a fifth, whatever their number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Durations {
    counts: BTreeMap<u16, u64>,
}

/// Classes of size to each doubling.
const CLASSES_PER_DOUBLING: f64 = 4.0;

impl Durations {
    /// The class of size that a duration belongs to.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a logarithm that is not negative")]
    pub fn class_of(milliseconds: f64) -> u16 {
        // From a sixteenth of a millisecond upwards; what is shorter is that short.
        ((milliseconds.max(1.0 / 16.0) * 16.0).log2() * CLASSES_PER_DOUBLING).ceil() as u16
    }

    /// The longest duration of a class, in milliseconds.
    #[must_use]
    pub fn longest_of(class: u16) -> f64 {
        (f64::from(class) / CLASSES_PER_DOUBLING).exp2() / 16.0
    }

    /// Counts so many durations of a class.
    pub fn add(&mut self, class: u16, count: u64) {
        *self.counts.entry(class).or_default() += count;
    }

    /// Counts all of the others too.
    pub fn merge(&mut self, others: &Durations) {
        for (class, count) in &others.counts {
            self.add(*class, *count);
        }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.values().sum()
    }

    /// The milliseconds that a share of them (0.5: half) stays within; nothing without any.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let wanted = (self.count() as f64 * share).ceil().max(1.0);
        let mut seen = 0.0;
        for (class, count) in &self.counts {
            seen += *count as f64;
            if seen >= wanted {
                return Some(Self::longest_of(*class));
            }
        }
        None
    }

    /// The classes with their counts, the shortest first.
    pub fn classes(&self) -> impl Iterator<Item = (u16, u64)> {
        self.counts.iter().map(|(class, count)| (*class, *count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_exact_to_a_fifth() {
        let mut durations = Durations::default();
        assert_eq!(durations.quantile(0.5), None);
        for milliseconds in 1..=1_000 {
            durations.add(Durations::class_of(f64::from(milliseconds)), 1);
        }
        assert_eq!(durations.count(), 1_000);
        for (share, exact) in [(0.5, 500.0), (0.99, 990.0), (1.0, 1_000.0), (0.0, 1.0)] {
            let found = durations.quantile(share).expect("there are some");
            assert!((exact..exact * 1.2).contains(&found), "{share}: {found} for {exact}");
        }
    }

    #[test]
    fn a_class_holds_what_is_put_into_it() {
        for milliseconds in [0.0, 0.05, 0.0625, 0.1, 1.0, 1.5, 60_000.0, 1e9] {
            let class = Durations::class_of(milliseconds);
            assert!(milliseconds <= Durations::longest_of(class) * 1.000_001, "{milliseconds}");
            assert!(class == 0 || milliseconds > Durations::longest_of(class - 1) * 0.999_999, "{milliseconds}");
        }
    }

    #[test]
    fn a_span_ends_with_the_step_that_is_going_on() {
        let now: Timestamp = "2026-11-21T12:34:56Z".parse().expect("a time");
        let span = Span::ending(now, 60, 60);
        assert_eq!(
            (span.from.to_string(), span.to.to_string()),
            ("2026-11-21T11:35:00Z".into(), "2026-11-21T12:35:00Z".into())
        );
        assert_eq!(span.steps(), 60);
        assert_eq!(span.step_of(now.as_second()), Some(59));
        assert_eq!(span.step_of(span.from.as_second()), Some(0));
        assert_eq!((span.step_of(span.from.as_second() - 1), span.step_of(span.to.as_second())), (None, None));
    }
}

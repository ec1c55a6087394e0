//! What becomes of a burst of orders: how long it waits for which quota.
//!
//! Second by second, orders pass the quotas that are token buckets, in the order they meet them. What the API does not
//! let in is refused, and the shopper's client asks again; behind it nothing is refused, it waits: for its execution in
//! the outbox, for a transition within Step Functions, for its mail in the outbox again.

use std::collections::VecDeque;

use super::CostError;
use super::bill::tally;
use super::scale::{is_large, per_order};
use super::tables::{Measure, quotas};
use super::walk::Shares;
use crate::facts::Facts;
use crate::workflow::Workflow;

/// The quotas on an order's way, in the order it meets them.
const WAY: [Measure; 4] = [Measure::Requests, Measure::Executions, Measure::Transitions, Measure::Mails];

/// Nobody waits longer than this to see how it ends: 30 days.
const LONGEST: u32 = 30 * 24 * 60 * 60;

/// What a burst met at one quota.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// What the quota limits.
    pub name: String,
    /// Orders turned away. Only the API does that.
    pub refused: f64,
    /// Orders waiting, at the worst moment.
    pub waiting: f64,
    /// Seconds that the unluckiest order waited here; none when it waits for more than 30 days.
    pub longest_wait: Option<u32>,
}

/// What becomes of `orders_per_second` for `seconds`, at the quotas an account has to begin with.
///
/// # Errors
/// [`CostError`]: the workflow cannot be walked.
pub fn burst(
    workflow: &Workflow,
    facts: &Facts,
    shares: Shares,
    region: &str,
    orders_per_second: f64,
    seconds: u32,
) -> Result<Vec<Stage>, CostError> {
    let tally = tally(workflow, facts, shares)?;
    let (quotas, _) = quotas();
    let mut way: Vec<Gate> = WAY
        .into_iter()
        .filter_map(|measure| {
            let quota = quotas.iter().find(|quota| quota.measure == measure)?;
            let each = per_order(measure, &tally, 0.0);
            let (refill, size) = if is_large(region) {
                (quota.large, quota.burst_large.unwrap_or(quota.large))
            } else {
                (quota.other, quota.burst_other.unwrap_or(quota.other))
            };
            (each > 0.0).then(|| Gate::new(&quota.name, measure == Measure::Requests, refill / each, size / each))
        })
        .collect();
    for second in 0..LONGEST {
        let coming = if second < seconds { orders_per_second } else { 0.0 };
        way.iter_mut().fold(coming, |coming, gate| gate.pass(second, coming));
        if second >= seconds && way.iter().all(Gate::is_empty) {
            break;
        }
    }
    Ok(way.into_iter().map(Gate::into_stage).collect())
}

/// A token bucket, counted in orders, with those who wait at it.
struct Gate {
    stage: Stage,
    refuses: bool,
    refill: f64,
    size: f64,
    tokens: f64,
    /// Since when, and how many.
    queue: VecDeque<(u32, f64)>,
}

impl Gate {
    fn new(name: &str, refuses: bool, refill: f64, size: f64) -> Self {
        let stage = Stage { name: name.to_owned(), refused: 0.0, waiting: 0.0, longest_wait: Some(0) };
        Self { stage, refuses, refill, size, tokens: size, queue: VecDeque::new() }
    }

    fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Lets through what there are tokens for, the longest waiting first.
    fn pass(&mut self, second: u32, coming: f64) -> f64 {
        if second > 0 {
            self.tokens = (self.tokens + self.refill).min(self.size.max(self.refill));
        }
        if coming > 0.0 {
            self.queue.push_back((second, coming));
        }
        let mut passed = 0.0;
        while let Some((since, orders)) = self.queue.front_mut() {
            let taken = orders.min(self.tokens);
            passed += taken;
            self.tokens -= taken;
            *orders -= taken;
            if *orders > 1e-9 {
                break;
            }
            let waited = second - *since;
            self.stage.longest_wait = self.stage.longest_wait.max(Some(waited));
            self.queue.pop_front();
        }
        let waiting: f64 = self.queue.iter().map(|(_, orders)| orders).sum();
        if self.refuses {
            self.stage.refused += waiting;
            self.queue.clear();
        } else {
            self.stage.waiting = self.stage.waiting.max(waiting);
        }
        passed
    }

    fn into_stage(self) -> Stage {
        let longest_wait = self.stage.longest_wait.filter(|_| self.queue.is_empty());
        Stage { longest_wait, ..self.stage }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends a burst through one gate.
    fn through(mut gate: Gate, rate: f64, seconds: u32) -> (f64, Stage) {
        let mut passed = 0.0;
        for second in 0..10_000 {
            passed += gate.pass(second, if second < seconds { rate } else { 0.0 });
        }
        (passed, gate.into_stage())
    }

    #[test]
    fn what_fits_the_bucket_does_not_wait() {
        let (passed, stage) = through(Gate::new("starts", false, 300.0, 1300.0), 600.0, 3);
        assert_eq!((passed, stage.waiting, stage.longest_wait), (1800.0, 0.0, Some(0)));
    }

    #[test]
    fn what_is_too_much_waits_and_none_is_lost() {
        // 1,300 at once and 300 in each of the seconds after: 10,000 are through in second 29.
        let (passed, stage) = through(Gate::new("starts", false, 300.0, 1300.0), 10_000.0, 1);
        assert_eq!((passed, stage.waiting, stage.longest_wait), (10_000.0, 8700.0, Some(29)));
    }

    #[test]
    fn the_api_refuses_instead() {
        let (passed, stage) = through(Gate::new("requests", true, 100.0, 50.0), 150.0, 2);
        assert_eq!((passed, stage.refused, stage.waiting), (150.0, 150.0, 0.0));
    }
}

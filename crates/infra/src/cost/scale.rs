//! Which quotas a rate of orders asks for.

use super::CostError;
use super::bill::{Tally, tally};
use super::tables::{Measure, quotas, usage};
use super::walk::Shares;
use crate::facts::Facts;
use crate::workflow::Workflow;

/// Regions whose quotas are the larger ones.
const LARGE_REGIONS: [&str; 3] = ["eu-west-1", "us-east-1", "us-west-2"];

/// Over how many partitions the outbox's index of what is due is spread (`SHARDS` of crates/aws).
const OUTBOX_SHARDS: f64 = 8.0;

/// What a rate of orders asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Requirements {
    /// The day the quotas were looked up.
    pub quotas_as_of: &'static str,
    /// What is asked for, the scarcest first.
    pub items: Vec<Requirement>,
}

/// One quota, and what is asked of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Requirement {
    /// What it limits.
    pub name: String,
    /// What the rate asks for.
    pub needed: f64,
    /// What an account has to begin with.
    pub quota: f64,
    /// Whether it grows on request.
    pub adjustable: bool,
}

impl Requirement {
    /// How much of the quota is asked for: more than 1 is too much.
    pub fn load(&self) -> f64 {
        self.needed / self.quota
    }
}

/// What so many orders a second ask of an account in a region. `hottest` is the share of orders that have the
/// best-selling product, whose stock is split into `stock_shards` counters.
///
/// # Errors
/// [`CostError`]: the workflow cannot be walked.
pub fn requirements(
    workflow: &Workflow,
    facts: &Facts,
    shares: Shares,
    region: &str,
    orders_per_second: f64,
    (hottest, stock_shards): (f64, u32),
) -> Result<Requirements, CostError> {
    let tally = tally(workflow, facts, shares)?;
    let (quotas, quotas_as_of) = quotas();
    let mut items: Vec<Requirement> = quotas
        .iter()
        .map(|quota| Requirement {
            name: quota.name.clone(),
            needed: orders_per_second * per_order(quota.measure, &tally, hottest / f64::from(stock_shards.max(1))),
            quota: if is_large(region) { quota.large } else { quota.other },
            adjustable: quota.adjustable,
        })
        .filter(|requirement| requirement.needed > 0.0)
        .collect();
    items.sort_by(|a, b| b.load().total_cmp(&a.load()));
    Ok(Requirements { quotas_as_of, items })
}

/// Whether a region's quotas are the larger ones.
pub(super) fn is_large(region: &str) -> bool {
    LARGE_REGIONS.contains(&region)
}

/// What one order asks of a quota. `hottest` is the share of orders that meet in one counter.
pub(super) fn per_order(measure: Measure, tally: &Tally, hottest: f64) -> f64 {
    match measure {
        Measure::BusEvents => tally.bus_events,
        Measure::Concurrency => tally.busy_seconds,
        // A move of stock writes the counter and its ledger's entry, which share a partition: two items, two units each.
        Measure::CounterWriteUnits => tally.stock_moves * 4.0 * hottest,
        Measure::Executions => tally.executions,
        Measure::Mails => tally.mails,
        Measure::OutboxIndexWrites => tally.messages * usage().delivery.index_writes / OUTBOX_SHARDS,
        Measure::ReadUnits => tally.read_units,
        Measure::Requests => tally.requests,
        Measure::TopicPublishes => tally.topics,
        Measure::Transitions => tally.transitions,
        // The outbox is a table of its own.
        Measure::WriteUnits => tally.write_units - tally.outbox_write_units,
    }
}

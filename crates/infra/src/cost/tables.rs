//! The tables that a price is made from.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::CostError;

/// Dollars for a million of each, or for one gigabyte of those that are called so.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceList {
    pub(super) api_requests: f64,
    pub(super) bus_events: f64,
    pub(super) lambda_calls: f64,
    pub(super) lambda_gb_seconds: f64,
    pub(super) log_gigabytes: f64,
    pub(super) mails: f64,
    pub(super) mail_gigabytes: f64,
    pub(super) object_puts: f64,
    pub(super) object_gets: f64,
    pub(super) pipe_requests: f64,
    pub(super) queue_requests: f64,
    pub(super) read_units: f64,
    pub(super) state_transitions: f64,
    pub(super) topic_publishes: f64,
    pub(super) traces: f64,
    pub(super) write_units: f64,
}

#[derive(Deserialize)]
struct Prices {
    as_of: String,
    #[serde(flatten)]
    regions: BTreeMap<String, PriceList>,
}

/// What one account may do in a region.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Quota {
    pub(super) name: String,
    pub(super) measure: Measure,
    pub(super) large: f64,
    pub(super) other: f64,
    /// What may come at once, where that is more or less than a second's share.
    pub(super) burst_large: Option<f64>,
    pub(super) burst_other: Option<f64>,
    pub(super) adjustable: bool,
}

/// What a quota counts, a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Measure {
    BusEvents,
    Concurrency,
    CounterWriteUnits,
    Executions,
    Mails,
    OutboxIndexWrites,
    ReadUnits,
    Requests,
    TopicPublishes,
    Transitions,
    WriteUnits,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Quotas {
    as_of: String,
    quota: Vec<Quota>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Usage {
    pub(super) assumptions: Assumptions,
    pub(super) delivery: Delivery,
    functions: BTreeMap<String, FunctionUsage>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Assumptions {
    pub(super) lines: f64,
    pub(super) order_kilobytes: f64,
    pub(super) mail_kilobytes: f64,
    pub(super) receipt_gigabytes: f64,
    pub(super) log_bytes_a_call: f64,
    pub(super) log_bytes_a_transition: f64,
    pub(super) log_bytes_a_request: f64,
    pub(super) sampled_traces: f64,
}

/// What handing on one message of the outbox takes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Delivery {
    pub(super) milliseconds: f64,
    pub(super) write_units: f64,
    pub(super) read_units: f64,
    pub(super) index_writes: f64,
}

/// What one call of a function takes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FunctionUsage {
    pub(super) milliseconds: f64,
    pub(super) reads: f64,
    pub(super) orders: f64,
    pub(super) stock: bool,
    pub(super) items: f64,
    pub(super) indexes: f64,
    pub(super) puts: f64,
    pub(super) mails: f64,
    pub(super) events: f64,
    pub(super) topics: f64,
    pub(super) queues: f64,
    pub(super) starts: f64,
}

impl FunctionUsage {
    /// How many messages it puts into the outbox.
    pub(super) fn messages(&self) -> f64 {
        self.mails + self.events + self.topics + self.queues + self.starts
    }

    /// The write units of one call. A transaction costs two for each kilobyte, an index one for each change.
    pub(super) fn write_units(&self, assumptions: &Assumptions) -> f64 {
        let stock = if self.stock { 2.0 * assumptions.lines } else { 0.0 };
        let messages = self.mails * assumptions.mail_kilobytes + (self.messages() - self.mails);
        // A mail is in all five indexes of the outbox, a topic's message in two, any other in one.
        let message_indexes = 5.0 * self.mails + 2.0 * self.topics + self.events + self.queues + self.starts;
        let transaction = self.orders * assumptions.order_kilobytes + stock + self.items + messages;
        2.0 * transaction + self.indexes + message_indexes
    }
}

impl Usage {
    pub(super) fn of(&self, function: &str) -> Result<&FunctionUsage, CostError> {
        self.functions.get(function).ok_or_else(|| CostError::UnknownFunction(function.to_owned()))
    }
}

static PRICES: LazyLock<Prices> = LazyLock::new(|| read(include_str!("prices.toml")));
static QUOTAS: LazyLock<Quotas> = LazyLock::new(|| read(include_str!("quotas.toml")));
static USAGE: LazyLock<Usage> = LazyLock::new(|| read(include_str!("usage.toml")));

fn read<T: serde::de::DeserializeOwned>(text: &str) -> T {
    toml::from_str(text).expect("the table is compiled in, and a test reads it")
}

/// The prices of a region, and the day they were looked up.
pub(super) fn prices(region: &str) -> Result<(&'static PriceList, &'static str), CostError> {
    let unknown = || CostError::UnknownRegion(region.to_owned(), regions().collect::<Vec<_>>().join(", "));
    PRICES.regions.get(region).map(|prices| (prices, PRICES.as_of.as_str())).ok_or_else(unknown)
}

/// The regions that there are prices for.
pub fn regions() -> impl Iterator<Item = &'static str> {
    PRICES.regions.keys().map(String::as_str)
}

/// The quotas, and the day they were looked up.
pub(super) fn quotas() -> (&'static [Quota], &'static str) {
    (&QUOTAS.quota, &QUOTAS.as_of)
}

pub(super) fn usage() -> &'static Usage {
    &USAGE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_can_be_read_and_are_dated() {
        let (prices, as_of) = prices("us-east-1").expect("it has prices");
        assert!(prices.state_transitions > 0.0);
        as_of.parse::<jiff::civil::Date>().expect("a day");
        let (quotas, as_of) = quotas();
        assert!(!quotas.is_empty());
        as_of.parse::<jiff::civil::Date>().expect("a day");
        let unknown = super::prices("mars-north-1").expect_err("nobody sells there");
        assert_eq!(
            unknown.to_string(),
            "there are no prices for mars-north-1: expected one of eu-central-1, us-east-1"
        );
    }

    #[test]
    fn write_units_follow_dynamodbs_rules() {
        let assumptions = &usage().assumptions;
        for (usage, expected) in [
            (FunctionUsage::default(), 0.0),
            (FunctionUsage { orders: 1.0, ..FunctionUsage::default() }, 2.0 * assumptions.order_kilobytes),
            (FunctionUsage { items: 1.0, indexes: 3.0, ..FunctionUsage::default() }, 5.0),
            (FunctionUsage { stock: true, ..FunctionUsage::default() }, 4.0 * assumptions.lines),
            (FunctionUsage { events: 1.0, ..FunctionUsage::default() }, 3.0),
            (FunctionUsage { mails: 1.0, ..FunctionUsage::default() }, 2.0 * assumptions.mail_kilobytes + 5.0),
        ] {
            let found = usage.write_units(assumptions);
            assert!((found - expected).abs() < 1e-9, "{usage:?}: {found}, expected {expected}");
        }
    }
}

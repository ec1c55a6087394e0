//! The items of the data table.
//!
//! | `pk` | `sk` | what |
//! | --- | --- | --- |
//! | `ORDER#{id}` | `ORDER` | an order with its history, payments and holdings; changed on the condition of its `version` |
//! | `KEY#{idempotency key}` | `KEY` | which request the key is bound to |
//! | `PRODUCT#{sku}` | `PRODUCT` | name, price, and over how many shards its stock is spread |
//! | `STOCK#{sku}#{shard}` | `LEVEL` | a shard's counters, moved by additions that keep them from going below zero |
//! | `STOCK#{sku}#{shard}` | `ENTRY#{sequence}` | what one transaction wrote in the product's ledger |
//! | `CUSTOMER#{id}` | `CUSTOMER` | a customer |
//!
//! The simulated payment gateway keeps its books here too, see its own module.

use jiff::Timestamp;
use order::{
    Currency, Customer, Level, Money, NewOrder, Order, OrderId, PaymentEvent, Pricing, Product, Receipt, Sku, Status,
    StatusChange,
};
use ports::{Movement, Result, StepError};
use serde::{Deserialize, Serialize};

use crate::item::{self, Item, SHARDS};

/// The listing of products.
pub(crate) const PRODUCTS: &str = "PRODUCTS";
/// The listing of customers.
pub(crate) const CUSTOMERS: &str = "CUSTOMERS";

/// The key of an item: `pk` and `sk`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

impl Key {
    fn new(pk: String, sk: impl Into<String>) -> Self {
        Self { pk, sk: sk.into() }
    }

    pub(crate) fn order(id: &OrderId) -> Self {
        Self::new(format!("ORDER#{id}"), "ORDER")
    }

    pub(crate) fn binding(key: &str) -> Self {
        Self::new(format!("KEY#{key}"), "KEY")
    }

    pub(crate) fn product(sku: &Sku) -> Self {
        Self::new(format!("PRODUCT#{sku}"), "PRODUCT")
    }

    pub(crate) fn level(sku: &Sku, shard: u32) -> Self {
        Self::new(ledger_partition(sku, shard), LEVEL)
    }

    pub(crate) fn entry(sku: &Sku, shard: u32, sequence: i64) -> Self {
        Self::new(ledger_partition(sku, shard), entry_sort_key(sequence))
    }

    pub(crate) fn customer(id: &str) -> Self {
        Self::new(format!("CUSTOMER#{id}"), "CUSTOMER")
    }

    pub(crate) fn to_item(&self) -> Item {
        Item::from([("pk".to_owned(), item::text(&self.pk)), ("sk".to_owned(), item::text(&self.sk))])
    }

    /// The key of an item as it was read.
    pub(crate) fn of(item: &Item) -> Result<Self> {
        let part = |name: &str| {
            let value = item.get(name).and_then(|value| value.as_s().ok());
            value.cloned().ok_or_else(|| StepError::unavailable("a stored item has no key"))
        };
        Ok(Self { pk: part("pk")?, sk: part("sk")? })
    }
}

const LEVEL: &str = "LEVEL";

/// Where a shard of a product's stock is kept.
pub(crate) fn ledger_partition(sku: &Sku, shard: u32) -> String {
    format!("STOCK#{sku}#{shard}")
}

/// What ledger entries are sorted by.
pub(crate) fn entry_sort_key(sequence: i64) -> String {
    format!("ENTRY#{}", item::sortable(sequence))
}

/// An order with what it holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OrderBook {
    pub(crate) order: Order,
    pub(crate) holdings: Vec<Holding>,
}

/// Where an order's units of one product are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Holding {
    pub(crate) sku: Sku,
    pub(crate) state: HoldingState,
    /// How often the order has held the product so far.
    pub(crate) round: i64,
    /// Until when they are held.
    pub(crate) expires_at: Timestamp,
    /// How many units are of which shard.
    pub(crate) parts: Vec<Part>,
}

impl Holding {
    pub(crate) fn units(&self) -> i64 {
        self.parts.iter().map(|part| part.units).sum()
    }
}

/// Units of one shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) shard: u32,
    pub(crate) units: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HoldingState {
    Held,
    Released,
    Sold,
    Returned,
}

#[derive(Serialize, Deserialize)]
struct OrderRecord {
    pk: String,
    sk: String,
    version: i64,
    status: Status,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    placed_at: i64,
    execution_arn: String,
    #[serde(with = "item::document")]
    placed: NewOrder,
    #[serde(default, with = "item::document", skip_serializing_if = "Option::is_none")]
    pricing: Option<Pricing>,
    #[serde(default, with = "item::document", skip_serializing_if = "Option::is_none")]
    receipt: Option<Receipt>,
    #[serde(with = "item::document")]
    payment_events: Vec<PaymentEvent>,
    #[serde(with = "item::document")]
    history: Vec<StatusChange>,
    #[serde(with = "item::document")]
    holdings: Vec<Holding>,
    // What follows is there for the indexes; nothing is read from it.
    #[serde(skip_deserializing)]
    listing: String,
    #[serde(skip_deserializing)]
    listing_key: String,
    #[serde(skip_deserializing)]
    status_listing: String,
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    customer_id: Option<String>,
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    customer_email: Option<String>,
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    expiry: Option<String>,
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
}

impl OrderBook {
    /// The order's item in that version.
    pub(crate) fn to_item(&self, version: i64) -> Item {
        let Order { placed, .. } = &self.order;
        let shard = item::shard_of(placed.id.as_str(), SHARDS);
        let Key { pk, sk } = Key::order(&placed.id);
        let held = self.holdings.iter().filter(|holding| holding.state == HoldingState::Held);
        let first_to_expire = held.map(|holding| holding.expires_at).min();
        item::from_record(&OrderRecord {
            pk,
            sk,
            version,
            status: self.order.status,
            reason: self.order.reason.clone(),
            placed_at: self.order.placed_at.as_microsecond(),
            execution_arn: self.order.execution_arn.clone(),
            placed: placed.clone(),
            pricing: self.order.pricing.clone(),
            receipt: self.order.receipt.clone(),
            payment_events: self.order.payment_events.clone(),
            history: self.order.history.clone(),
            holdings: self.holdings.clone(),
            listing: order_listing(shard),
            listing_key: listing_key(&self.order),
            status_listing: status_listing(self.order.status, shard),
            customer_id: placed.customer.id.as_ref().map(|id| id.as_str().to_owned()),
            customer_email: placed.customer.email.as_ref().map(|email| email.as_str().to_ascii_lowercase()),
            expiry: first_to_expire.map(|_| expiry(shard)),
            expires_at: first_to_expire.map(|at| item::sortable(at.as_microsecond())),
        })
    }

    /// The order of an item, with its version.
    pub(crate) fn from_item(item: Item) -> Result<(Self, i64)> {
        let record: OrderRecord = item::to_record(item)?;
        let order = Order {
            placed: record.placed,
            placed_at: item::time(record.placed_at),
            execution_arn: record.execution_arn,
            status: record.status,
            reason: record.reason,
            pricing: record.pricing,
            payment_events: record.payment_events,
            receipt: record.receipt,
            history: record.history,
        };
        Ok((Self { order, holdings: record.holdings }, record.version))
    }
}

/// Where all orders of a shard are listed.
pub(crate) fn order_listing(shard: u32) -> String {
    format!("ORDERS#{shard}")
}

/// Where the orders of a status and a shard are listed.
pub(crate) fn status_listing(status: Status, shard: u32) -> String {
    format!("{}#{shard}", status.name())
}

/// Where the orders of a shard that hold units are listed.
pub(crate) fn expiry(shard: u32) -> String {
    format!("EXPIRY#{shard}")
}

/// What orders are listed by: when they were placed, then their id.
pub(crate) fn listing_key(order: &Order) -> String {
    format!("{}#{}", item::sortable(order.placed_at.as_microsecond()), order.id())
}

/// Which request an idempotency key is bound to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Binding {
    pub(crate) order_id: OrderId,
    pub(crate) request_hash: String,
}

/// A product without its stock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ProductRecord {
    pub(crate) product_name: String,
    pub(crate) price_minor: i64,
    pub(crate) currency: Currency,
    /// Over how many shards new units are spread.
    pub(crate) shards: u32,
    /// How many shards there ever were: some may still have units, and all have ledger entries.
    pub(crate) shards_made: u32,
}

impl ProductRecord {
    pub(crate) fn product(&self, sku: &Sku, level: Level) -> Product {
        Product {
            sku: sku.clone(),
            name: self.product_name.clone(),
            unit_price: Money::new(self.price_minor, self.currency),
            level,
        }
    }
}

/// A shard's counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct LevelRecord {
    pub(crate) on_hand: i64,
    pub(crate) reserved: i64,
    pub(crate) sold: i64,
}

impl From<LevelRecord> for Level {
    fn from(LevelRecord { on_hand, reserved, sold }: LevelRecord) -> Self {
        Level { on_hand, reserved, sold }
    }
}

/// What one transaction wrote in a product's ledger.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct EntryRecord {
    pk: String,
    sk: String,
    #[serde(with = "item::document")]
    pub(crate) movements: Vec<Movement>,
}

impl EntryRecord {
    /// The item of these movements, which are of one product; it is sorted by the last of them.
    pub(crate) fn to_item(shard: u32, movements: Vec<Movement>) -> Item {
        let last = movements.last().expect("there is no item without movements");
        let Key { pk, sk } = Key::entry(&last.entry.sku, shard, last.sequence);
        item::from_record(&Self { pk, sk, movements })
    }
}

/// A customer's item.
#[derive(Serialize, Deserialize)]
pub(crate) struct CustomerRecord {
    #[serde(with = "item::document")]
    pub(crate) customer: Customer,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::changes::tests::{id, order};

    #[test]
    fn an_order_reads_back_with_all_that_became_of_it() {
        let at: Timestamp = "2026-11-21T09:00:00Z".parse().unwrap();
        let mut order = Order::new(order("O-1", &[("A", 3)]), "arn".into(), at);
        order.reason = Some("so".into());
        order.receipt = Some(Receipt { object_key: "receipts/O-1.pdf".into(), issued_at: at });
        let holding = |state, expires_at| Holding {
            sku: Sku::parse("A").unwrap(),
            state,
            round: 1,
            expires_at,
            parts: vec![Part { shard: 0, units: 2 }, Part { shard: 3, units: 1 }],
        };
        let later = at + jiff::SignedDuration::from_mins(15);
        let holdings = vec![holding(HoldingState::Held, later), holding(HoldingState::Released, at)];
        let book = OrderBook { order, holdings };
        let item = book.to_item(7);
        assert_eq!(Key::of(&item).unwrap(), Key::order(&id("O-1")));
        assert_eq!(item["expires_at"].as_s().unwrap(), &item::sortable(later.as_microsecond()));
        assert_eq!(item["customer_email"].as_s().unwrap(), "ana@example.com");
        assert_eq!(OrderBook::from_item(item).unwrap(), (book, 7));
    }
}

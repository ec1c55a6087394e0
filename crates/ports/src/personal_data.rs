use async_trait::async_trait;
use order::{CustomerId, Email, Money, OrderId};

use crate::Result;

/// What is known of a person, and its erasure.
#[async_trait]
pub trait PersonalData: Send + Sync {
    /// How many orders each of these customers placed, and what came of them; in the same order.
    async fn totals(&self, customers: &[CustomerId]) -> Result<Vec<CustomerTotals>>;

    /// Forgets who the person is: names, addresses and mail addresses go from the customers' book, from
    /// orders, mails, messages and histories. Orders, stock and money stay. Doing it again changes nothing.
    ///
    /// `OrderInProgress` while one of the person's orders has not come to its end; nothing is forgotten then.
    async fn erase(&self, person: &Person) -> Result<Erased>;
}

/// Somebody who ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Person {
    /// A customer we know.
    Customer(CustomerId),
    /// Whoever ordered with this mail address.
    Guest(Email),
}

/// What came of a customer's orders.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CustomerTotals {
    /// How many were placed.
    pub orders: u64,
    /// What was paid and not given back, by currency.
    pub spent: Vec<Money>,
}

/// What was forgotten.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Erased {
    /// The orders that no longer say whose they are.
    pub orders: Vec<OrderId>,
    /// How many mails were emptied.
    pub mails: u64,
}

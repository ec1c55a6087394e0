use async_trait::async_trait;
use jiff::Timestamp;
use order::{Order, OrderId};

use crate::{Page, Result};

/// Reads orders.
#[async_trait]
pub trait Orders: Send + Sync {
    /// The order of that id, with its whole history.
    async fn get(&self, id: &OrderId) -> Result<Option<Order>>;

    /// The order that an idempotency key is bound to, with the hash of the request it is bound to.
    async fn by_idempotency_key(&self, key: &str) -> Result<Option<(OrderId, String)>>;

    /// Orders that fit, newest first. A cursor that was not given by a listing is `InvalidRequest`.
    async fn list(&self, filter: &OrderFilter, cursor: Option<&str>, limit: usize) -> Result<Page<Order>>;
}

/// Which orders to list; all that is given must fit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrderFilter {
    /// In one of these statuses: words of the order's workflow, or common stable names. All without any.
    pub statuses: Vec<String>,
    /// The workflow's name.
    pub workflow: Option<String>,
    /// A customer's id or mail address.
    pub customer: Option<String>,
    /// Placed at this time or later.
    pub placed_after: Option<Timestamp>,
    /// Placed before this time.
    pub placed_before: Option<Timestamp>,
    /// With a total of at least so much, in ten-thousandths of its currency's unit.
    pub min_total: Option<i64>,
    /// With a total of at most so much, in ten-thousandths of its currency's unit.
    pub max_total: Option<i64>,
    /// A piece of the order's id, or of the customer's name or mail address.
    pub text: Option<String>,
}

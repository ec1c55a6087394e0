use async_trait::async_trait;
use order::{Entry, OrderId, Product, Reservation, Sku};

use crate::{Page, Result};

/// Reads products, prices and stock.
#[async_trait]
pub trait Catalog: Send + Sync {
    /// The products of those skus that exist, in any order.
    async fn products(&self, skus: &[Sku]) -> Result<Vec<Product>>;

    /// All products by sku. `text` is a piece of the sku or the name.
    async fn list(&self, text: Option<&str>, cursor: Option<&str>, limit: usize) -> Result<Page<Product>>;

    /// What is held for an order now, expired holds included until they are released.
    async fn reservations(&self, order_id: &OrderId) -> Result<Vec<Reservation>>;

    /// The ledger of one product, newest first.
    async fn ledger(&self, sku: &Sku, cursor: Option<&str>, limit: usize) -> Result<Page<Movement>>;
}

/// A ledger entry with its number.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Movement {
    /// Ascending over all products.
    pub sequence: i64,
    /// What happened.
    #[serde(flatten)]
    pub entry: Entry,
}

use async_trait::async_trait;
use order::{Customer, CustomerId};

use crate::{Page, Result};

/// Reads the customers we know.
#[async_trait]
pub trait Customers: Send + Sync {
    /// The customer of that id.
    async fn get(&self, id: &CustomerId) -> Result<Option<Customer>>;

    /// All customers by id. `text` is a piece of id, name, company or mail address.
    async fn list(&self, text: Option<&str>, cursor: Option<&str>, limit: usize) -> Result<Page<Customer>>;
}

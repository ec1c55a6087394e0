use async_trait::async_trait;
use order::{OrderId, Reservation, Sku};

use crate::{MailView, Movement, Page, Result, TopicMessageView};

/// Finds what orders leave in the books besides themselves.
#[async_trait]
pub trait Trails: Send + Sync {
    /// All that an order left, each list oldest first; empty for one that left nothing.
    async fn of(&self, order_id: &OrderId) -> Result<Trail>;

    /// What orders hold of a product now, the hold that runs out first at the beginning; expired holds included
    /// until they are released.
    async fn holds(&self, sku: &Sku, cursor: Option<&str>, limit: usize) -> Result<Page<Reservation>>;
}

/// What an order left in the books besides itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Trail {
    /// What moved in stock.
    pub movements: Vec<Movement>,
    /// The mails about it.
    pub mails: Vec<MailView>,
    /// What topics were told of it.
    pub messages: Vec<TopicMessageView>,
}

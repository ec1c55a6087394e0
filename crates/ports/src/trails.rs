use async_trait::async_trait;
use jiff::Timestamp;
use order::{OrderId, Reservation, Sku};
use serde::Serialize;

use crate::{DeliveryState, MailView, Movement, Page, Result, TopicMessage};

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
    pub messages: Vec<PublishedMessage>,
}

/// A message of a topic with its ways out.
#[derive(Debug, Clone, PartialEq)]
pub struct PublishedMessage {
    /// The message.
    pub message: TopicMessage,
    /// To whom it goes by HTTP.
    pub deliveries: Vec<TopicDelivery>,
}

/// A message on its way to a subscriber.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TopicDelivery {
    /// Its identifier as a dead letter, to redeliver it by.
    pub id: String,
    /// Where to.
    pub endpoint: String,
    /// Where it stands.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// What the last failed attempt ended in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// When it was given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dead_at: Option<Timestamp>,
}

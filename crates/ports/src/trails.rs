use async_trait::async_trait;
use jiff::Timestamp;
use order::OrderId;
use serde::Serialize;

use crate::{DeliveryState, MailView, Movement, Result, TopicMessage};

/// Finds what an order left in the books besides itself.
#[async_trait]
pub trait Trails: Send + Sync {
    /// All of it, each list oldest first; empty for an order that left nothing.
    async fn of(&self, order_id: &OrderId) -> Result<Trail>;
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

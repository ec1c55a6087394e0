use async_trait::async_trait;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::{Mail, Page, Result, TopicMessage};

/// Reads what was sent and what waits to be, and sends it again on an operator's word.
#[async_trait]
pub trait Messages: Send + Sync {
    /// Mails, newest first. `about` is an order's id, a recipient's address or a piece of the subject.
    async fn mails(&self, about: Option<&str>, cursor: Option<&str>, limit: usize) -> Result<Page<MailView>>;

    /// One mail by its number.
    async fn mail(&self, id: i64) -> Result<Option<MailView>>;

    /// The topics, each with its subscriptions.
    async fn topics(&self) -> Result<Vec<TopicView>>;

    /// Messages of a topic, newest first; `NotFound` without such a topic.
    async fn topic_messages(&self, topic: &str, cursor: Option<&str>, limit: usize) -> Result<Page<TopicMessageView>>;

    /// The queues with their depths.
    async fn queues(&self) -> Result<Vec<QueueView>>;

    /// How much waits to leave and how much was given up, of each kind that a dead letter can be of.
    async fn backlogs(&self) -> Result<Vec<BacklogView>>;

    /// What was given up: mails, topic deliveries and queue messages that used up their attempts.
    async fn dead_letters(&self, cursor: Option<&str>, limit: usize) -> Result<Page<DeadLetter>>;

    /// Tries a dead letter again from its first attempt; `NotFound` without such a letter.
    async fn redeliver(&self, dead_letter_id: &str) -> Result<()>;

    /// The alarms.
    async fn alarms(&self) -> Result<Vec<AlarmView>>;
}

/// A mail and how it fared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MailView {
    /// Its number, ascending.
    pub id: i64,
    /// The mail.
    #[serde(flatten)]
    pub mail: Mail,
    /// How it fared.
    #[serde(flatten)]
    pub delivery: Delivery,
}

/// How a delivery fared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// Where it stands.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// What the last failed attempt ended in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// When it is tried next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<Timestamp>,
}

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// Kept in the mailbox instead of being sent, as configured.
    Captured,
    /// Waits for its next attempt.
    Pending,
    /// Handed over.
    Delivered,
    /// Given up.
    Dead,
}

impl DeliveryState {
    /// The stable name, `snake_case`.
    pub fn name(self) -> &'static str {
        match self {
            DeliveryState::Captured => "captured",
            DeliveryState::Pending => "pending",
            DeliveryState::Delivered => "delivered",
            DeliveryState::Dead => "dead",
        }
    }

    /// The state of that stable name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Captured, Self::Pending, Self::Delivered, Self::Dead].into_iter().find(|state| state.name() == name)
    }
}

/// A topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TopicView {
    /// Its name.
    pub name: String,
    /// Messages ever published.
    pub published: i64,
    /// Who is told.
    pub subscriptions: Vec<SubscriptionView>,
}

/// A subscription to a topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SubscriptionView {
    /// `email`, `https`, `http` or `sqs`.
    pub protocol: String,
    /// Where to.
    pub endpoint: String,
}

/// A message of a topic.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TopicMessageView {
    /// Its number, ascending.
    pub id: i64,
    /// The message.
    #[serde(flatten)]
    pub message: TopicMessage,
    /// The calls to its subscribers' webhooks. None where whoever carries the message on does not tell (SNS).
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

/// A queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QueueView {
    /// Its name.
    pub name: String,
    /// Messages that a consumer could have now.
    pub visible: i64,
    /// Messages that a consumer has.
    pub in_flight: i64,
    /// Seconds that a consumer has a message for itself.
    pub visibility_timeout_seconds: u32,
    /// Where messages go that used up their receives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dead_letter_queue: Option<String>,
}

/// How much of one kind has not arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BacklogView {
    /// `mail`, `topic_delivery` or `queue_message`.
    pub kind: String,
    /// How many wait for their first or next attempt.
    pub waiting: i64,
    /// How many used up their attempts.
    pub dead: i64,
}

/// Something that was given up.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeadLetter {
    /// Its identifier, to redeliver it by.
    pub id: String,
    /// `mail`, `topic_delivery` or `queue_message`.
    pub kind: String,
    /// Where it was to go: an address, a URL, a queue.
    pub destination: String,
    /// What it says.
    pub content: Value,
    /// How often it was tried.
    pub attempts: u32,
    /// What the last attempt ended in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// When it was given up.
    pub at: Timestamp,
}

/// An alarm.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AlarmView {
    /// Its name.
    pub name: String,
    /// `OK`, `ALARM` or `INSUFFICIENT_DATA`.
    pub state: String,
    /// Why it is in that state.
    pub reason: String,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// The rule, in CloudWatch's words.
    pub rule: Value,
    /// Former states, newest first.
    pub history: Vec<Value>,
}

//! The outbox's items: what a step wants to leave the shop, as it is written with the step's other changes.
//!
//! An item's key is made of what makes the message unique, so that putting it a second time is putting it
//! once. It is written `pending`; the table's stream hands it to whoever delivers, who then moves it on:
//! read with [`OutboxItem::from_item`], changed, put with [`OutboxItem::to_item`] on the condition that
//! `attempts` and `state` are still what they were.
//!
//! | attribute | what |
//! | --- | --- |
//! | `pk` | [`Message::key`] |
//! | `kind` | `mail`, `topic`, `event`, `queue` or `start` |
//! | `payload` | the message as JSON |
//! | `at` | when it was put in, microseconds since the epoch |
//! | `sequence` | what mails and topic messages are listed by, ascending |
//! | `state` | [`DeliveryState::name`] |
//! | `attempts` | how often it was tried |
//! | `next_attempt_at` | microseconds; only when `pending` |
//! | `dead_at` | microseconds; only when `dead` |
//! | `last_error` | what the last failed attempt ended in |
//! | `due`, `due_at` | index: `{state}#{shard}` and `next_attempt_at` or `dead_at`; only when `pending` or `dead` |
//! | `listing`, `listing_key` | index: `mail#{shard}` or `topic#{topic}#{shard}`; of mails and topic messages only |
//! | `number` | index: the number a mail goes by |
//! | `order_id`, `recipient` | indexes of mails: the order, the address in lower case |

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use ports::{BusEvent, DeliveryState, Execution, Mail, QueueMessage, StepError, TopicMessage};
use serde::{Deserialize, Serialize};

use crate::item::{self, SHARDS};

/// A message with how its delivery stands.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxItem {
    /// What is to leave.
    pub message: Message,
    /// When it was put in.
    pub at: Timestamp,
    /// What it is listed by.
    pub sequence: i64,
    /// Where its delivery stands.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next, while it is pending.
    pub next_attempt_at: Option<Timestamp>,
    /// When it was given up, if it was.
    pub dead_at: Option<Timestamp>,
    /// What the last failed attempt ended in.
    pub last_error: Option<String>,
}

/// What leaves the shop.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// By SES.
    Mail(Mail),
    /// To an SNS topic.
    Topic(TopicMessage),
    /// To the EventBridge bus.
    Event(BusEvent),
    /// To an SQS queue.
    Queue(QueueMessage),
    /// To Step Functions.
    Start(Execution),
}

impl Message {
    /// The stable name of its kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Message::Mail(_) => "mail",
            Message::Topic(_) => "topic",
            Message::Event(_) => "event",
            Message::Queue(_) => "queue",
            Message::Start(_) => "start",
        }
    }

    /// What makes it unique: the item's `pk`.
    pub fn key(&self) -> String {
        let kind = self.kind();
        match self {
            Message::Mail(mail) => format!("{kind}/{}", mail.key),
            Message::Topic(message) => format!("{kind}/{}/{}", message.topic, message.key),
            Message::Event(event) => format!("{kind}/{}", event.key),
            Message::Queue(message) => format!("{kind}/{}/{}", message.queue, message.key),
            Message::Start(execution) => format!("{kind}/{}/{}", execution.state_machine, execution.name),
        }
    }

    fn payload(&self) -> String {
        match self {
            Message::Mail(mail) => item::to_json(mail),
            Message::Topic(message) => item::to_json(message),
            Message::Event(event) => item::to_json(event),
            Message::Queue(message) => item::to_json(message),
            Message::Start(execution) => item::to_json(execution),
        }
    }

    fn parse(kind: &str, payload: &str) -> Result<Self, serde_json::Error> {
        use serde::de::Error;
        Ok(match kind {
            "mail" => Message::Mail(serde_json::from_str(payload)?),
            "topic" => Message::Topic(serde_json::from_str(payload)?),
            "event" => Message::Event(serde_json::from_str(payload)?),
            "queue" => Message::Queue(serde_json::from_str(payload)?),
            "start" => Message::Start(serde_json::from_str(payload)?),
            _ => return Err(serde_json::Error::custom("expected one of the outbox's kinds")),
        })
    }
}

/// The attributes as they are stored.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    pk: String,
    kind: String,
    payload: String,
    at: i64,
    sequence: i64,
    state: String,
    attempts: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next_attempt_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dead_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_error: Option<String>,
    // What follows is there for the indexes; nothing is read from it.
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    due: Option<String>,
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    due_at: Option<String>,
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    listing: Option<String>,
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    listing_key: Option<String>,
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    number: Option<String>,
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    order_id: Option<String>,
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    recipient: Option<String>,
}

impl OutboxItem {
    /// A message that is to leave at once.
    pub fn new(message: Message, at: Timestamp, sequence: i64) -> Self {
        Self {
            message,
            at,
            sequence,
            state: DeliveryState::Pending,
            attempts: 0,
            next_attempt_at: Some(at),
            dead_at: None,
            last_error: None,
        }
    }

    /// The item as it is put into the table, with what its indexes need.
    pub fn to_item(&self) -> HashMap<String, AttributeValue> {
        let key = self.message.key();
        let shard = item::shard_of(&key, SHARDS);
        let due_at = match self.state {
            DeliveryState::Pending => self.next_attempt_at,
            DeliveryState::Dead => self.dead_at,
            DeliveryState::Captured | DeliveryState::Delivered => None,
        };
        let mail = match &self.message {
            Message::Mail(mail) => Some(mail),
            _ => None,
        };
        let listing = match &self.message {
            Message::Mail(_) => Some(mail_listing(shard)),
            Message::Topic(message) => Some(topic_listing(&message.topic, shard)),
            Message::Event(_) | Message::Queue(_) | Message::Start(_) => None,
        };
        item::from_record(&Record {
            kind: self.message.kind().to_owned(),
            payload: self.message.payload(),
            at: self.at.as_microsecond(),
            sequence: self.sequence,
            state: self.state.name().to_owned(),
            attempts: self.attempts,
            next_attempt_at: self.next_attempt_at.map(Timestamp::as_microsecond),
            dead_at: self.dead_at.map(Timestamp::as_microsecond),
            last_error: self.last_error.clone(),
            due: due_at.map(|_| due(self.state, shard)),
            due_at: due_at.map(|at| item::sortable(at.as_microsecond())),
            // The key makes two of one sequence, of two processes, distinct.
            listing_key: listing.as_ref().map(|_| format!("{}#{key}", item::sortable(self.sequence))),
            listing,
            number: mail.map(|_| number(&key).to_string()),
            order_id: mail.map(|mail| mail.order_id.to_string()),
            recipient: mail.map(|mail| mail.to.as_str().to_ascii_lowercase()),
            pk: key,
        })
    }

    /// Reads an item of the table, or the new image of a stream record.
    ///
    /// # Errors
    ///
    /// `ServiceUnavailable` when it is no such item: another version may be able to read it.
    pub fn from_item(item: HashMap<String, AttributeValue>) -> Result<Self, StepError> {
        let record: Record = item::to_record(item)?;
        let damaged = || StepError::unavailable(format_args!("the outbox's item {} cannot be read", record.pk));
        Ok(Self {
            message: Message::parse(&record.kind, &record.payload).map_err(|_| damaged())?,
            at: item::time(record.at),
            sequence: record.sequence,
            state: DeliveryState::from_name(&record.state).ok_or_else(damaged)?,
            attempts: record.attempts,
            next_attempt_at: record.next_attempt_at.map(item::time),
            dead_at: record.dead_at.map(item::time),
            last_error: record.last_error,
        })
    }
}

/// The `due` index's partition of a state and shard.
pub fn due(state: DeliveryState, shard: u32) -> String {
    format!("{}#{shard}", state.name())
}

/// The `listing` index's partition of mails of a shard.
pub fn mail_listing(shard: u32) -> String {
    format!("mail#{shard}")
}

/// The `listing` index's partition of a topic's messages of a shard.
pub fn topic_listing(topic: &str, shard: u32) -> String {
    format!("topic#{topic}#{shard}")
}

/// The number that a mail or topic message goes by, a function of its key: positive, and small enough (53
/// bits) for readers whose numbers are doubles.
pub fn number(key: &str) -> i64 {
    item::hash(key).cast_signed() & ((1 << 53) - 1)
}

#[cfg(test)]
mod tests {
    use order::{Email, OrderId};
    use serde_json::json;

    use super::*;

    fn at() -> Timestamp {
        "2026-11-21T09:00:00.5Z".parse().unwrap()
    }

    fn mail() -> Mail {
        Mail {
            key: "O-1/outcome".into(),
            order_id: OrderId::parse("O-1").unwrap(),
            kind: "order_confirmed".into(),
            to: Email::parse("Ana@Example.com").unwrap(),
            to_name: None,
            subject: "s".into(),
            text: "t".into(),
            html: "h".into(),
            attachments: Vec::new(),
            at: at(),
        }
    }

    fn messages() -> [(Message, &'static str); 5] {
        let (key, at) = ("k".to_owned(), at());
        let topic = TopicMessage { topic: "T".into(), key: key.clone(), subject: None, message: "m".into(), at };
        let detail = json!({ "n": 1 });
        let event =
            BusEvent { key: key.clone(), source: "orderflow".into(), detail_type: "OrderConfirmed".into(), detail, at };
        let queue = QueueMessage { queue: "Q".into(), key, body: "b".into(), at };
        let start = Execution { state_machine: "checkout".into(), name: "O-1".into(), input: json!({}) };
        [
            (Message::Mail(mail()), "mail/O-1/outcome"),
            (Message::Topic(topic), "topic/T/k"),
            (Message::Event(event), "event/k"),
            (Message::Queue(queue), "queue/Q/k"),
            (Message::Start(start), "start/checkout/O-1"),
        ]
    }

    #[test]
    fn every_kind_reads_back() {
        for (message, key) in messages() {
            assert_eq!(message.key(), key);
            let mut put = OutboxItem::new(message, at(), 7);
            assert_eq!(OutboxItem::from_item(put.to_item()).unwrap(), put);
            put = OutboxItem {
                state: DeliveryState::Dead,
                attempts: 10,
                next_attempt_at: None,
                dead_at: Some(at()),
                last_error: Some("refused".into()),
                ..put
            };
            assert_eq!(OutboxItem::from_item(put.to_item()).unwrap(), put);
        }
    }

    #[test]
    fn indexes_show_what_waits_what_was_given_up_and_mails() {
        let mut item = OutboxItem::new(Message::Mail(mail()), at(), 7);
        let text = |item: &OutboxItem, name: &str| item.to_item().get(name).map(|value| value.as_s().unwrap().clone());
        assert!(text(&item, "due").unwrap().starts_with("pending#"));
        assert_eq!(text(&item, "due_at").unwrap(), "00001795251600500000");
        assert_eq!(text(&item, "recipient").as_deref(), Some("ana@example.com"));
        assert_eq!(text(&item, "order_id").as_deref(), Some("O-1"));
        assert_eq!(text(&item, "listing_key").as_deref(), Some("00000000000000000007#mail/O-1/outcome"));
        item.state = DeliveryState::Delivered;
        assert_eq!(text(&item, "due"), None);
        let [_, (topic, _), (event, _), ..] = messages();
        let topic = OutboxItem::new(topic, at(), 7);
        assert!(text(&topic, "listing").unwrap().starts_with("topic#T#"));
        assert_eq!(text(&topic, "recipient"), None);
        assert_eq!(text(&OutboxItem::new(event, at(), 7), "listing"), None);
    }

    #[test]
    fn what_is_no_item_is_an_error() {
        assert!(OutboxItem::from_item(HashMap::new()).is_err());
        let mut item = OutboxItem::new(Message::Mail(mail()), at(), 7).to_item();
        item.insert("kind".into(), AttributeValue::S("pigeon".into()));
        assert!(OutboxItem::from_item(item).is_err());
    }
}

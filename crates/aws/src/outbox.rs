//! Carries out what waits in the outbox: mails, topic messages, events, queue messages, executions.
//!
//! The table's stream hands over what is new, a schedule has the table swept for what is due again. An
//! item is claimed before it is tried, so that two who see it at the same time try it once.
//!
//! At least once: between an attempt and its record there can be a crash. Every attempt therefore carries
//! an identity by which the receiver can tell a repetition.

use std::collections::HashMap;
use std::sync::Arc;

use adapter::{Backoff, Failure, FailureKind};
use futures::StreamExt;
use futures::stream;
use jiff::{SignedDuration, Timestamp};
use ports::{Clock, DeliveryState, Result};
use serde::Deserialize;

use crate::events::EventBus;
use crate::executions::Starter;
use crate::mail::Mailer;
use crate::outbox_items::{Message, OutboxItem};
use crate::outbox_table::OutboxTable;
use crate::queues::Queues;
use crate::topics::TopicPublisher;

/// How many attempts run at the same time.
const IN_FLIGHT: usize = 16;

/// How long one who has claimed an item has it for itself: longer than a function may run.
const LEASE: SignedDuration = SignedDuration::from_mins(5);

/// A message that is throttled waits as if it had been tried so often at most, and is never given up.
const MOST_THROTTLED: u32 = 6;

/// Delivers what is in the outbox of a workflow.
pub struct Deliverer {
    table: OutboxTable,
    carriers: Carriers,
    clock: Arc<dyn Clock>,
}

/// Those who carry messages out, one for each kind.
#[derive(Clone)]
pub struct Carriers {
    /// Of mails.
    pub mail: Mailer,
    /// Of topic messages.
    pub topics: TopicPublisher,
    /// Of queue messages.
    pub queues: Queues,
    /// Of events.
    pub events: EventBus,
    /// Of executions to be started.
    pub executions: Starter,
}

/// What Lambda hands over of the outbox's stream.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct StreamEvent {
    #[serde(rename = "Records")]
    records: Vec<StreamRecord>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StreamRecord {
    event_name: String,
    dynamodb: StreamData,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StreamData {
    sequence_number: String,
    new_image: Option<serde_dynamo::Item>,
}

/// What became of the items that were looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Handed over.
    pub delivered: u32,
    /// To be tried again.
    pub retried: u32,
    /// Given up.
    pub dead: u32,
}

/// How an item fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Delivered,
    Retried,
    Dead,
    /// Somebody else has it.
    Claimed,
}

impl Delivered {
    fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Delivered => self.delivered += 1,
            Outcome::Retried => self.retried += 1,
            Outcome::Dead => self.dead += 1,
            Outcome::Claimed => {}
        }
    }
}

impl Deliverer {
    /// Delivers from that table.
    pub fn new(dynamodb: aws_sdk_dynamodb::Client, table: &str, carriers: Carriers, clock: Arc<dyn Clock>) -> Self {
        Self { table: OutboxTable::new(dynamodb, table), carriers, clock }
    }

    /// Delivers what is new in a batch of the outbox's stream. Gives the sequence numbers of the records that
    /// are to come again: not those whose delivery failed, which is written down, but those of which nothing
    /// could be written down.
    pub async fn deliver(&self, batch: StreamEvent) -> (Delivered, Vec<String>) {
        let new = batch.records.into_iter().filter_map(|record| {
            let image = record.dynamodb.new_image.filter(|_| record.event_name == "INSERT")?;
            Some((record.dynamodb.sequence_number, HashMap::from(image)))
        });
        let attempts = stream::iter(new).map(async |(number, image)| {
            let outcome = match OutboxItem::from_item(image) {
                Ok(item) => self.carry(item).await,
                Err(error) => Err(error),
            };
            (number, outcome)
        });
        let mut attempts = attempts.buffered(IN_FLIGHT);
        let (mut delivered, mut again) = (Delivered::default(), Vec::new());
        while let Some((number, outcome)) = attempts.next().await {
            match outcome {
                Ok(outcome) => delivered.count(outcome),
                Err(error) => {
                    tracing::error!(outbox = self.table.name(), record = number, %error, "a record is to come again");
                    again.push(number);
                }
            }
        }
        (delivered, again)
    }

    /// Delivers what is due, the longest due first, and no more than so many.
    ///
    /// # Errors
    ///
    /// When the table cannot be read, or an attempt could not be written down: it stays pending and is tried
    /// again, as twice is better than never.
    pub async fn sweep(&self, limit: usize) -> Result<Delivered> {
        let due = self.table.due(self.clock.now(), limit).await?;
        let mut attempts = stream::iter(due).map(|item| self.carry(item)).buffer_unordered(IN_FLIGHT);
        let (mut delivered, mut failed) = (Delivered::default(), None);
        while let Some(outcome) = attempts.next().await {
            match outcome {
                Ok(outcome) => delivered.count(outcome),
                Err(error) => failed = Some(error),
            }
        }
        match failed {
            None => Ok(delivered),
            Some(error) => Err(error),
        }
    }

    /// Claims an item, tries it, and writes down how that went.
    async fn carry(&self, waiting: OutboxItem) -> Result<Outcome> {
        let now = self.clock.now();
        // What is new is due, whatever the clock says of whoever wrote it.
        let due = waiting.attempts == 0 || waiting.next_attempt_at.is_some_and(|at| at <= now);
        if waiting.state != DeliveryState::Pending || !due {
            return Ok(Outcome::Claimed);
        }
        let claimed =
            OutboxItem { attempts: waiting.attempts + 1, next_attempt_at: Some(after(now, LEASE)), ..waiting.clone() };
        if !self.table.replace(&waiting, &claimed).await? {
            return Ok(Outcome::Claimed);
        }
        let attempt = self.attempt(&claimed.message).await;
        let (outcome, settled) = settle(claimed.clone(), attempt, self.clock.now());
        if outcome == Outcome::Dead {
            let (item, error) = (settled.message.key(), settled.last_error.as_deref().unwrap_or_default());
            tracing::warn!(outbox = self.table.name(), item, error, "a delivery was given up");
        }
        // When the lease ran out and somebody else has claimed it, what they write down stands.
        let written = self.table.replace(&claimed, &settled).await?;
        Ok(if written { outcome } else { Outcome::Claimed })
    }

    async fn attempt(&self, message: &Message) -> Result<(), Failure> {
        match message {
            Message::Mail(mail) => self.carriers.mail.send(mail, self.table.name()).await,
            Message::Topic(message) => self.carriers.topics.publish(message).await,
            Message::Event(event) => self.carriers.events.put(event).await,
            Message::Queue(message) => self.carriers.queues.send(message).await,
            Message::Start(execution) => self.carriers.executions.start(execution).await,
        }
    }
}

/// The item as it is after an attempt.
fn settle(claimed: OutboxItem, attempt: Result<(), Failure>, now: Timestamp) -> (Outcome, OutboxItem) {
    let (state, next_attempt_at, dead_at, last_error, outcome) = match attempt {
        Ok(()) => (DeliveryState::Delivered, None, None, None, Outcome::Delivered),
        Err(Failure { message, kind }) => {
            // An order waits for its execution as a customer for a mail: days of an outage are no reason to give up.
            let backoff = match claimed.message {
                Message::Mail(_) | Message::Start(_) => Backoff::of_mail(),
                _ => Backoff::default(),
            };
            let what = claimed.message.key();
            let next = match kind {
                FailureKind::Passing => backoff.next(&what, claimed.attempts, now),
                FailureKind::Throttled => backoff.next(&what, claimed.attempts.min(MOST_THROTTLED), now),
                FailureKind::Permanent => None,
            };
            match next {
                Some(next) => (DeliveryState::Pending, Some(next), None, Some(message), Outcome::Retried),
                None => (DeliveryState::Dead, None, Some(now), Some(message), Outcome::Dead),
            }
        }
    };
    (outcome, OutboxItem { state, next_attempt_at, dead_at, last_error, ..claimed })
}

/// A time so much later.
fn after(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use ports::{Execution, QueueMessage};
    use serde_json::json;

    use super::*;

    fn claimed(message: Message, attempts: u32) -> OutboxItem {
        let at = Timestamp::UNIX_EPOCH;
        OutboxItem { attempts, ..OutboxItem::new(message, at, 1) }
    }

    fn queued() -> Message {
        Message::Queue(QueueMessage { queue: "Q".into(), key: "k".into(), body: "b".into(), at: Timestamp::UNIX_EPOCH })
    }

    #[test]
    fn what_fails_comes_again_until_it_is_given_up() {
        let now: Timestamp = "2026-11-21T09:00:00Z".parse().unwrap();
        let fail = |kind| Err(Failure { message: "no".into(), kind });
        for (attempts, attempt, outcome, state) in [
            (1, Ok(()), Outcome::Delivered, DeliveryState::Delivered),
            (1, fail(FailureKind::Passing), Outcome::Retried, DeliveryState::Pending),
            (9, fail(FailureKind::Passing), Outcome::Retried, DeliveryState::Pending),
            (10, fail(FailureKind::Passing), Outcome::Dead, DeliveryState::Dead),
            (1000, fail(FailureKind::Throttled), Outcome::Retried, DeliveryState::Pending),
            (1, fail(FailureKind::Permanent), Outcome::Dead, DeliveryState::Dead),
        ] {
            let (told, settled) = settle(claimed(queued(), attempts), attempt, now);
            assert_eq!((told, settled.state, settled.attempts), (outcome, state, attempts));
            assert_eq!(settled.next_attempt_at.is_some_and(|at| at > now), state == DeliveryState::Pending);
            assert_eq!(settled.dead_at.is_some(), state == DeliveryState::Dead);
            assert_eq!(settled.last_error.is_some(), state != DeliveryState::Delivered);
        }
        let start = Execution { state_machine: "checkout".into(), name: "O-1".into(), input: json!({}) };
        let patient = claimed(Message::Start(start), 10);
        assert_eq!(settle(patient, fail(FailureKind::Passing), now).0, Outcome::Retried, "an order waits for it");
    }

    #[test]
    fn a_batch_of_the_stream_is_read() {
        let batch = json!({ "Records": [{
            "eventID": "1", "eventName": "INSERT", "eventSource": "aws:dynamodb",
            "dynamodb": { "ApproximateCreationDateTime": 1.5e9, "SequenceNumber": "111",
                          "Keys": { "pk": { "S": "x" } }, "NewImage": { "pk": { "S": "x" }, "attempts": { "N": "0" } } },
        }] });
        let batch: StreamEvent = serde_json::from_value(batch).unwrap();
        assert_eq!(batch.records[0].dynamodb.sequence_number, "111");
        assert!(serde_json::from_value::<StreamEvent>(json!({ "Records": [{}] })).is_err());
    }
}

//! Reads what was sent and what waits to be, and sends it again on an operator's word.

use std::cmp::{Ordering, Reverse};
use std::sync::Arc;

use adapter::paging;
use async_trait::async_trait;
use order::OrderId;
use ports::{
    AlarmView, BacklogView, Clock, DeadLetter, Delivery, DeliveryState, ErrorName, MailView, Messages, Page, QueueView,
    Result, StepError, SubscriptionView, TopicDelivery, TopicMessage, TopicMessageView, TopicView,
};
use rusqlite::{Connection, Row};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::Store;

use crate::outbox::{Table, revive};
use crate::sql::{all, containing, json_at, named_at, optional, time, time_at};
use crate::{ApplyError, Signals, Wakeups, Wiring, alarms, fault, queues};

const MAILS: &str = "mails";
const TOPIC_MESSAGES: &str = "topic_messages";
const DEAD_LETTERS: &str = "dead_letters";

/// [`Messages`] over the store.
#[derive(Clone)]
pub struct MessageReader {
    store: Store,
    wiring: Arc<Wiring>,
    signals: Arc<Signals>,
    clock: Arc<dyn Clock>,
}

impl MessageReader {
    /// A reader of that store. Redelivery wakes those who deliver.
    pub fn new(store: Store, wiring: Arc<Wiring>, signals: Arc<Signals>, clock: Arc<dyn Clock>) -> Self {
        Self { store, wiring, signals, clock }
    }
}

#[async_trait]
impl Messages for MessageReader {
    async fn mails(&self, about: Option<&str>, cursor: Option<&str>, limit: usize) -> Result<Page<MailView>> {
        let before: Option<i64> = paging::resume(MAILS, cursor)?;
        let about = about.map(str::to_owned);
        let read = move |connection: &Connection| mails(connection, about.as_deref(), before, limit);
        let found = self.store.read(read).await.map_err(fault::read)?;
        Ok(paging::page(MAILS, found, limit, |mail| mail.id))
    }

    async fn mail(&self, id: i64) -> Result<Option<MailView>> {
        const SQL: &str = "SELECT id, mail, state, attempts, last_error, next_attempt_at FROM mails WHERE id = ?1";
        self.store.read_blocking(|connection| optional(connection, SQL, [id], mail_view)).map_err(fault::read)
    }

    async fn topics(&self) -> Result<Vec<TopicView>> {
        const SQL: &str = "SELECT COUNT(*) FROM topic_messages WHERE topic = ?1";
        let wiring = self.wiring.clone();
        let read = move |connection: &Connection| {
            let mut count = connection.prepare_cached(SQL)?;
            let topics = wiring.topics.iter().map(|(name, subscriptions)| {
                let subscriptions = subscriptions.iter().map(|subscription| SubscriptionView {
                    protocol: subscription.protocol().to_owned(),
                    endpoint: subscription.endpoint().to_owned(),
                });
                Ok(TopicView {
                    name: name.clone(),
                    published: count.query_row([name], |row| row.get(0))?,
                    subscriptions: subscriptions.collect(),
                })
            });
            topics.collect()
        };
        self.store.read(read).await.map_err(fault::read)
    }

    async fn topic_messages(&self, topic: &str, cursor: Option<&str>, limit: usize) -> Result<Page<TopicMessageView>> {
        if !self.wiring.topics.contains_key(topic) {
            return Err(StepError::new(ErrorName::NotFound, format!("there is no topic {topic}")));
        }
        let before: Option<i64> = paging::resume(TOPIC_MESSAGES, cursor)?;
        let topic = topic.to_owned();
        let read = move |connection: &Connection| {
            all(
                connection,
                "SELECT id, topic, key, subject, message, at FROM topic_messages
                 WHERE topic = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3",
                (topic, before.unwrap_or(i64::MAX), paging::rows(limit)),
                |row| topic_message(connection, row),
            )
        };
        let found = self.store.read(read).await.map_err(fault::read)?;
        Ok(paging::page(TOPIC_MESSAGES, found, limit, |message| message.id))
    }

    async fn queues(&self) -> Result<Vec<QueueView>> {
        let (wiring, now) = (self.wiring.clone(), self.clock.now());
        let read = move |connection: &Connection| {
            let queues = wiring.queues.iter().map(|(name, spec)| {
                let depth = queues::depth(connection, name, now)?;
                Ok(QueueView {
                    name: name.clone(),
                    visible: depth.visible,
                    in_flight: depth.hidden,
                    visibility_timeout_seconds: spec.visibility_timeout_seconds,
                    dead_letter_queue: spec.redrive.as_ref().map(|redrive| redrive.dead_letter_queue.clone()),
                })
            });
            queues.collect()
        };
        self.store.read(read).await.map_err(fault::read)
    }

    async fn backlogs(&self) -> Result<Vec<BacklogView>> {
        self.store.read(backlogs).await.map_err(fault::read)
    }

    async fn dead_letters(&self, cursor: Option<&str>, limit: usize) -> Result<Page<DeadLetter>> {
        let before: Option<LetterKey> = paging::resume(DEAD_LETTERS, cursor)?;
        let read = move |connection: &Connection| dead_letters(connection, before, limit);
        let found = self.store.read(read).await.map_err(fault::read)?;
        let page = paging::page(DEAD_LETTERS, found, limit, |(key, _)| *key);
        let items = page.items.into_iter().map(|(_, letter)| letter).collect();
        Ok(Page { items, next_cursor: page.next_cursor })
    }

    async fn redeliver(&self, dead_letter_id: &str) -> Result<()> {
        let none = || StepError::new(ErrorName::NotFound, format!("there is no dead letter {dead_letter_id}"));
        let (kind, number) = dead_letter_id.split_once('-').ok_or_else(none)?;
        let number: i64 = number.parse().map_err(|_| none())?;
        let kind = Kind::from_prefix(kind).ok_or_else(none)?;
        let now = self.clock.now();
        let job = self.store.write(move |tx| {
            let revived = match kind {
                Kind::Mail => revive(tx, Table::Mails, number, now),
                Kind::TopicDelivery => revive(tx, Table::TopicDeliveries, number, now),
                Kind::QueueMessage => queues::redrive_one(tx, number, now),
            };
            revived.map_err(ApplyError::from)
        });
        if !job.await.map_err(fault::write)? {
            return Err(none());
        }
        self.signals.wake(match kind {
            Kind::Mail => Wakeups::MAIL,
            Kind::TopicDelivery => Wakeups::DELIVERIES,
            Kind::QueueMessage => Wakeups::QUEUES,
        });
        Ok(())
    }

    async fn alarms(&self) -> Result<Vec<AlarmView>> {
        self.store.read(alarms::views).await.map_err(fault::read)
    }
}

/// What can become a dead letter. An id is the prefix and the row's number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Kind {
    Mail,
    QueueMessage,
    TopicDelivery,
}

impl Kind {
    const ALL: [Kind; 3] = [Kind::Mail, Kind::QueueMessage, Kind::TopicDelivery];

    fn prefix(self) -> &'static str {
        match self {
            Kind::Mail => "mail",
            Kind::TopicDelivery => "delivery",
            Kind::QueueMessage => "message",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Kind::Mail => "mail",
            Kind::TopicDelivery => "topic_delivery",
            Kind::QueueMessage => "queue_message",
        }
    }

    fn from_prefix(prefix: &str) -> Option<Kind> {
        Self::ALL.into_iter().find(|kind| kind.prefix() == prefix)
    }
}

fn mails(
    connection: &Connection,
    about: Option<&str>,
    before: Option<i64>,
    limit: usize,
) -> rusqlite::Result<Vec<MailView>> {
    let (condition, value) = match about {
        None => ("?1 IS NOT NULL", String::new()),
        Some(about) if is_order(connection, about)? => ("order_id = ?1", about.to_owned()),
        Some(about) if about.contains('@') => ("recipient = ?1", about.to_owned()),
        Some(about) => ("subject LIKE ?1 ESCAPE '\\'", containing(about)),
    };
    let sql = format!(
        "SELECT id, mail, state, attempts, last_error, next_attempt_at FROM mails
         WHERE {condition} AND id < ?2 ORDER BY id DESC LIMIT ?3"
    );
    all(connection, &sql, (value, before.unwrap_or(i64::MAX), paging::rows(limit)), mail_view)
}

/// Whether the text is the id of an order that there is mail about.
fn is_order(connection: &Connection, text: &str) -> rusqlite::Result<bool> {
    if OrderId::parse(text).is_err() {
        return Ok(false);
    }
    let found = optional(connection, "SELECT 1 FROM mails WHERE order_id = ?1 LIMIT 1", [text], |_| Ok(()))?;
    Ok(found.is_some())
}

fn mail_view(row: &Row<'_>) -> rusqlite::Result<MailView> {
    let delivery = Delivery {
        state: named_at(row, 2, DeliveryState::from_name)?,
        attempts: row.get(3)?,
        last_error: row.get(4)?,
        next_attempt_at: row.get::<_, Option<i64>>(5)?.map(time),
    };
    Ok(MailView { id: row.get(0)?, mail: json_at(row, 1)?, delivery })
}

/// A message with its calls, of a row of id, topic, key, subject, message, at.
pub(crate) fn topic_message(connection: &Connection, row: &Row<'_>) -> rusqlite::Result<TopicMessageView> {
    let id = row.get(0)?;
    let message = TopicMessage {
        topic: row.get(1)?,
        key: row.get(2)?,
        subject: row.get(3)?,
        message: row.get(4)?,
        at: time_at(row, 5)?,
    };
    Ok(TopicMessageView { id, message, deliveries: deliveries(connection, id)? })
}

/// The calls to the webhooks of a message's subscribers, in the order they were put in the outbox.
fn deliveries(connection: &Connection, message: i64) -> rusqlite::Result<Vec<TopicDelivery>> {
    all(
        connection,
        "SELECT id, endpoint, state, attempts, last_error, dead_at FROM topic_deliveries
         WHERE message_id = ?1 ORDER BY id",
        [message],
        delivery,
    )
}

fn delivery(row: &Row<'_>) -> rusqlite::Result<TopicDelivery> {
    Ok(TopicDelivery {
        id: format!("delivery-{}", row.get::<_, i64>(0)?),
        endpoint: row.get(1)?,
        state: named_at(row, 2, DeliveryState::from_name)?,
        attempts: row.get(3)?,
        last_error: row.get(4)?,
        dead_at: row.get::<_, Option<i64>>(5)?.map(time),
    })
}

/// Each count is answered from a partial index that holds only what it counts.
fn backlogs(connection: &Connection) -> rusqlite::Result<Vec<BacklogView>> {
    let backlogs = Kind::ALL.into_iter().map(|kind| {
        let sql = match kind {
            Kind::Mail => {
                "SELECT (SELECT COUNT(*) FROM mails WHERE state = 'pending'),
                        (SELECT COUNT(*) FROM mails WHERE state = 'dead')"
            }
            Kind::QueueMessage => {
                "SELECT (SELECT COUNT(*) FROM queue_messages WHERE deleted_at IS NULL) - dead, dead
                 FROM (SELECT COUNT(*) AS dead FROM queue_messages WHERE moved_at IS NOT NULL AND deleted_at IS NULL)"
            }
            Kind::TopicDelivery => {
                "SELECT (SELECT COUNT(*) FROM topic_deliveries WHERE state = 'pending'),
                        (SELECT COUNT(*) FROM topic_deliveries WHERE state = 'dead')"
            }
        };
        connection.prepare_cached(sql)?.query_row([], |row| {
            Ok(BacklogView { kind: kind.name().to_owned(), waiting: row.get(0)?, dead: row.get(1)? })
        })
    });
    backlogs.collect()
}

/// Where a page of dead letters ended: when the last one was given up, its kind, its row's number.
type LetterKey = (i64, Kind, i64);

/// All three kinds, each by its own index on when it was given up, merged: newest first, those of one
/// moment by kind, then by number.
fn dead_letters(
    connection: &Connection,
    before: Option<LetterKey>,
    limit: usize,
) -> rusqlite::Result<Vec<(LetterKey, DeadLetter)>> {
    let mut letters = Vec::new();
    for (kind, sql) in [
        (
            Kind::Mail,
            "SELECT id, dead_at, attempts, last_error, recipient, mail FROM mails
             WHERE state = 'dead' AND (dead_at, id) < (?1, ?2) ORDER BY dead_at DESC, id DESC LIMIT ?3",
        ),
        (
            Kind::QueueMessage,
            "SELECT id, moved_at, receive_count, NULL, sent_to, json_object('key', key, 'body', body)
             FROM queue_messages
             WHERE moved_at IS NOT NULL AND deleted_at IS NULL AND (moved_at, id) < (?1, ?2)
             ORDER BY moved_at DESC, id DESC LIMIT ?3",
        ),
        (
            Kind::TopicDelivery,
            "SELECT d.id, d.dead_at, d.attempts, d.last_error, d.endpoint,
                    json_object('topic', m.topic, 'key', m.key, 'subject', m.subject, 'message', m.message)
             FROM topic_deliveries d JOIN topic_messages m ON m.id = d.message_id
             WHERE d.state = 'dead' AND (d.dead_at, d.id) < (?1, ?2) ORDER BY d.dead_at DESC, d.id DESC LIMIT ?3",
        ),
    ] {
        // Of the moment where the last page ended, the kinds before its last letter's have been shown
        // whole, those after it not at all.
        let (until, number) = match before {
            None => (i64::MAX, i64::MAX),
            Some((at, last, number)) => match kind.cmp(&last) {
                Ordering::Less => (at, i64::MIN),
                Ordering::Equal => (at, number),
                Ordering::Greater => (at, i64::MAX),
            },
        };
        letters.extend(all(connection, sql, (until, number, paging::rows(limit)), |row| dead_letter(kind, row))?);
    }
    letters.sort_by_key(|((at, kind, number), _)| (Reverse(*at), *kind, Reverse(*number)));
    Ok(letters)
}

fn dead_letter(kind: Kind, row: &Row<'_>) -> rusqlite::Result<(LetterKey, DeadLetter)> {
    let (number, at): (i64, i64) = (row.get(0)?, row.get(1)?);
    let content: Value = json_at(row, 5)?;
    let letter = DeadLetter {
        id: format!("{}-{number}", kind.prefix()),
        kind: kind.name().to_owned(),
        destination: row.get(4)?,
        content: match kind {
            // The bodies are shown with the mail itself.
            Kind::Mail => json!({
                "order_id": content["order_id"], "kind": content["kind"], "subject": content["subject"],
            }),
            Kind::QueueMessage | Kind::TopicDelivery => content,
        },
        attempts: row.get(2)?,
        last_error: row.get(3)?,
        at: time(at),
    };
    Ok(((at, kind, number), letter))
}

//! Reads what was sent and what waits to be, and sends it again on an operator's word.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use adapter::paging;
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::future::{try_join, try_join_all};
use order::OrderId;
use ports::{
    AlarmView, BacklogView, Clock, DeadLetter, Delivery, DeliveryState, ErrorName, MailView, Messages, Page, QueueView,
    Result, StepError, SubscriptionView, TopicMessageView, TopicView,
};
use serde_json::json;

use crate::alarms::Alarms;
use crate::fault;
use crate::outbox_items::{self, Message, OutboxItem, mail_listing, topic_listing};
use crate::outbox_table::{Entry, OutboxTable, keys};
use crate::queues::Queues;
use crate::tables::{DUE, ORDER, RECIPIENT, SENT};

const MAILS: &str = "mails";
const TOPIC_MESSAGES: &str = "topic_messages";
const DEAD_LETTERS: &str = "dead_letters";

/// How many mails a search reads at a time.
const SEARCH_STEP: usize = 200;

/// How many mails one search reads at most; the page then ends where it has got to.
const SEARCH_MOST: usize = 2_000;

/// What a backlog calls a kind of the outbox's, and how it shows there.
const KINDS: [(&str, &str); 5] = [
    ("mail", "mail"),
    ("queue", "queue_message"),
    ("topic", "topic_delivery"),
    ("event", "event"),
    ("start", "execution_start"),
];

/// [`Messages`] over the outbox of a workflow, with what SNS, SQS and CloudWatch know.
#[derive(Clone)]
pub struct MessageReader {
    table: OutboxTable,
    sns: aws_sdk_sns::Client,
    topics: BTreeMap<String, String>,
    queues: Queues,
    alarms: Alarms,
    clock: Arc<dyn Clock>,
}

impl MessageReader {
    /// A reader of that table, and of the topics of those ARNs, by name.
    pub fn new(
        dynamodb: aws_sdk_dynamodb::Client,
        table: &str,
        topics: (aws_sdk_sns::Client, BTreeMap<String, String>),
        queues: Queues,
        alarms: Alarms,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (sns, topics) = topics;
        Self { table: OutboxTable::new(dynamodb, table), sns, topics, queues, alarms, clock }
    }

    /// A page of what a listing has, each item with what the page after it begins below.
    async fn page_of<T>(
        &self,
        listing: &str,
        limit: usize,
        entries: Vec<Entry>,
        view: impl Fn(OutboxItem) -> Option<T>,
    ) -> Result<Page<T>> {
        let more = entries.len() > limit;
        let shown = &entries[..entries.len().min(limit)];
        let next_cursor = shown.last().filter(|_| more).map(|last| paging::cursor(listing, &last.sort_key));
        let items = self.table.get_all(&keys(shown.to_vec())).await?;
        Ok(Page { items: items.into_iter().filter_map(view).collect(), next_cursor })
    }

    /// Mails with that piece in their subject.
    async fn search(&self, piece: &str, below: Option<String>, limit: usize) -> Result<Page<MailView>> {
        let piece = piece.to_ascii_lowercase();
        let (mut found, mut read, mut below) = (Vec::new(), 0, below);
        loop {
            let entries = self.table.latest(SENT, mail_listing, below.as_deref(), SEARCH_STEP).await?;
            let last_step = entries.len() < SEARCH_STEP;
            let places: HashMap<String, String> =
                entries.iter().map(|entry| (entry.key.clone(), entry.sort_key.clone())).collect();
            below = entries.last().map(|last| last.sort_key.clone());
            read += entries.len();
            for item in self.table.get_all(&keys(entries)).await? {
                let place = places.get(&item.message.key()).cloned().unwrap_or_default();
                let fits = |mail: &MailView| mail.mail.subject.to_ascii_lowercase().contains(&piece);
                found.extend(mail_view(item).filter(fits).map(|mail| (place, mail)));
            }
            if found.len() > limit || last_step {
                let page = paging::page(MAILS, found, limit, |(place, _)| place.clone());
                let items = page.items.into_iter().map(|(_, mail)| mail).collect();
                return Ok(Page { items, next_cursor: page.next_cursor });
            }
            if read >= SEARCH_MOST {
                let next_cursor = below.map(|place| paging::cursor(MAILS, &place));
                return Ok(Page { items: found.into_iter().map(|(_, mail)| mail).collect(), next_cursor });
            }
        }
    }

    /// Whether the text is the id of an order that there is mail about.
    async fn is_order(&self, text: &str) -> Result<bool> {
        Ok(OrderId::parse(text).is_ok() && !self.table.latest_of(ORDER, text, None, 1).await?.is_empty())
    }

    async fn topic(&self, name: &str, arn: &str) -> Result<TopicView> {
        let subscriptions = async {
            let list = self.sns.list_subscriptions_by_topic().topic_arn(arn).into_paginator().items().send();
            let listed = list.collect::<Result<Vec<_>, _>>().await;
            listed.map_err(|error| fault::unavailable("SNS", &error))
        };
        let counted = self.table.count_in(SENT, |shard| topic_listing(name, shard));
        let (published, subscriptions) = try_join(counted, subscriptions).await?;
        let subscriptions = subscriptions.into_iter().map(|subscription| SubscriptionView {
            protocol: subscription.protocol.unwrap_or_default(),
            endpoint: subscription.endpoint.unwrap_or_default(),
        });
        Ok(TopicView { name: name.to_owned(), published, subscriptions: subscriptions.collect() })
    }
}

#[async_trait]
impl Messages for MessageReader {
    async fn mails(&self, about: Option<&str>, cursor: Option<&str>, limit: usize) -> Result<Page<MailView>> {
        let (below, limit): (Option<String>, _) = (paging::resume(MAILS, cursor)?, paging::bounded(limit));
        let entries = match about {
            None => self.table.latest(SENT, mail_listing, below.as_deref(), limit + 1).await?,
            Some(about) if self.is_order(about).await? => {
                self.table.latest_of(ORDER, about, below.as_deref(), limit + 1).await?
            }
            Some(about) if about.contains('@') => {
                let recipient = about.to_ascii_lowercase();
                self.table.latest_of(RECIPIENT, &recipient, below.as_deref(), limit + 1).await?
            }
            Some(about) => return self.search(about, below, limit).await,
        };
        self.page_of(MAILS, limit, entries, mail_view).await
    }

    async fn mail(&self, id: i64) -> Result<Option<MailView>> {
        let Some(key) = self.table.key_of(id).await? else { return Ok(None) };
        Ok(self.table.get(&key).await?.and_then(mail_view))
    }

    async fn topics(&self) -> Result<Vec<TopicView>> {
        try_join_all(self.topics.iter().map(|(name, arn)| self.topic(name, arn))).await
    }

    async fn topic_messages(&self, topic: &str, cursor: Option<&str>, limit: usize) -> Result<Page<TopicMessageView>> {
        if !self.topics.contains_key(topic) {
            return Err(StepError::new(ErrorName::NotFound, format!("there is no topic {topic}")));
        }
        let (below, limit): (Option<String>, _) = (paging::resume(TOPIC_MESSAGES, cursor)?, paging::bounded(limit));
        let partition = |shard| topic_listing(topic, shard);
        let entries = self.table.latest(SENT, partition, below.as_deref(), limit + 1).await?;
        self.page_of(TOPIC_MESSAGES, limit, entries, topic_message).await
    }

    async fn queues(&self) -> Result<Vec<QueueView>> {
        self.queues.views().await
    }

    /// What waits in the outbox and, of queue messages, also what waits on the queues themselves.
    async fn backlogs(&self) -> Result<Vec<BacklogView>> {
        let counts = try_join(self.table.count(DeliveryState::Pending), self.table.count(DeliveryState::Dead));
        let ((waiting, dead), queues) = try_join(counts, self.queues.views()).await?;
        let count = |counts: &HashMap<String, i64>, kind: &str| counts.get(kind).copied().unwrap_or(0);
        let is_for_the_dead = |name: &str| queues.iter().any(|queue| queue.dead_letter_queue.as_deref() == Some(name));
        let backlog = |(kind, shown): (&str, &str)| {
            let mut backlog =
                BacklogView { kind: shown.to_owned(), waiting: count(&waiting, kind), dead: count(&dead, kind) };
            if kind == "queue" {
                for queue in &queues {
                    let depth = if is_for_the_dead(&queue.name) { &mut backlog.dead } else { &mut backlog.waiting };
                    *depth += queue.visible + queue.in_flight;
                }
            }
            backlog
        };
        Ok(KINDS.into_iter().map(backlog).collect())
    }

    async fn dead_letters(&self, cursor: Option<&str>, limit: usize) -> Result<Page<DeadLetter>> {
        let (below, limit): (Option<String>, _) = (paging::resume(DEAD_LETTERS, cursor)?, paging::bounded(limit));
        let partition = |shard| outbox_items::due(DeliveryState::Dead, shard);
        let entries = self.table.latest(DUE, partition, below.as_deref(), limit + 1).await?;
        self.page_of(DEAD_LETTERS, limit, entries, dead_letter).await
    }

    async fn redeliver(&self, dead_letter_id: &str) -> Result<()> {
        let none = || StepError::new(ErrorName::NotFound, format!("there is no dead letter {dead_letter_id}"));
        let key = key_of_letter(dead_letter_id).ok_or_else(none)?;
        let dead = self.table.get(&key).await?.filter(|item| item.state == DeliveryState::Dead).ok_or_else(none)?;
        let pending = OutboxItem {
            state: DeliveryState::Pending,
            attempts: 0,
            next_attempt_at: Some(self.clock.now()),
            dead_at: None,
            ..dead.clone()
        };
        // The next sweep takes it along. When somebody else was first, it is being tried already.
        self.table.replace(&dead, &pending).await.map(drop)
    }

    async fn alarms(&self) -> Result<Vec<AlarmView>> {
        self.alarms.views().await
    }
}

fn mail_view(item: OutboxItem) -> Option<MailView> {
    let id = outbox_items::number(&item.message.key());
    let delivery = Delivery {
        state: item.state,
        attempts: item.attempts,
        last_error: item.last_error,
        next_attempt_at: item.next_attempt_at,
    };
    match item.message {
        Message::Mail(mail) => Some(MailView { id, mail, delivery }),
        _ => None,
    }
}

fn topic_message(item: OutboxItem) -> Option<TopicMessageView> {
    let id = outbox_items::number(&item.message.key());
    match item.message {
        Message::Topic(message) => Some(TopicMessageView { id, message, deliveries: Vec::new() }),
        _ => None,
    }
}

/// The item as a dead letter, unless it has come to life since it was listed.
fn dead_letter(item: OutboxItem) -> Option<DeadLetter> {
    let at = item.dead_at.filter(|_| item.state == DeliveryState::Dead)?;
    let kind = item.message.kind();
    let (_, shown) = KINDS.into_iter().find(|(known, _)| *known == kind)?;
    let (destination, content) = match &item.message {
        // The bodies are shown with the mail itself.
        Message::Mail(mail) => {
            let content = json!({ "order_id": mail.order_id, "kind": mail.kind, "subject": mail.subject });
            (mail.to.to_string(), content)
        }
        Message::Topic(message) => (
            message.topic.clone(),
            json!({ "topic": message.topic, "key": message.key, "subject": message.subject,
                    "message": message.message }),
        ),
        Message::Event(event) => (
            "event-bus".to_owned(),
            json!({ "key": event.key, "source": event.source, "detail-type": event.detail_type,
                    "detail": event.detail }),
        ),
        Message::Queue(message) => (message.queue.clone(), json!({ "key": message.key, "body": message.body })),
        Message::Start(execution) => {
            (execution.state_machine.clone(), json!({ "name": execution.name, "input": execution.input }))
        }
    };
    Some(DeadLetter {
        id: letter_of(&item.message.key()),
        kind: shown.to_owned(),
        destination,
        content,
        attempts: item.attempts,
        last_error: item.last_error,
        at,
    })
}

/// The identifier of the dead letter of that key: fit for an address.
fn letter_of(key: &str) -> String {
    URL_SAFE_NO_PAD.encode(key)
}

fn key_of_letter(id: &str) -> Option<String> {
    let key = URL_SAFE_NO_PAD.decode(id).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    key.filter(|key| !key.is_empty())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use ports::QueueMessage;

    use super::*;

    #[test]
    fn a_dead_letter_is_found_by_its_id() {
        let at = Timestamp::UNIX_EPOCH;
        let message = QueueMessage { queue: "Q".into(), key: "O-1/é".into(), body: "b".into(), at };
        let dead = OutboxItem {
            state: DeliveryState::Dead,
            dead_at: Some(at),
            last_error: Some("no".into()),
            ..OutboxItem::new(Message::Queue(message), at, 1)
        };
        let letter = dead_letter(dead.clone()).unwrap();
        assert_eq!((letter.kind.as_str(), letter.destination.as_str()), ("queue_message", "Q"));
        assert_eq!(letter.content, json!({ "key": "O-1/é", "body": "b" }));
        assert_eq!(key_of_letter(&letter.id).as_deref(), Some("queue/Q/O-1/é"));
        assert_eq!(dead_letter(OutboxItem { state: DeliveryState::Pending, ..dead }), None);
    }

    #[test]
    fn what_is_no_id_names_no_letter() {
        for id in ["", "=", "a b", "/", "____"] {
            assert_eq!(key_of_letter(id), None, "{id}");
        }
    }
}

//! Mails, topics, events and queues: each once by its key.

use adapter::identity;
use order::{Email, OrderId};
use ports::{BusEvent, ErrorName, Mail, QueueMessage, TopicMessage};
use rusqlite::Connection;
use serde_json::Value;
use triggers::{SnsNotification, queue};

use crate::sql::{execute, micros, to_json};
use crate::wiring::MailMode;
use crate::{ApplyError, Subscription, Wakeups, Wiring};

/// The kind of a mail that tells of a topic's message.
const TOPIC_MAIL: &str = "topic";

pub(super) fn send_mail(tx: &Connection, mail: &Mail, wiring: &Wiring) -> Result<Wakeups, ApplyError> {
    let (state, due, wakeups) = match wiring.mail {
        MailMode::Capture => ("captured", None, Wakeups::NONE),
        MailMode::Send => ("pending", Some(micros(mail.at)), Wakeups::MAIL),
    };
    let inserted = execute(
        tx,
        "INSERT INTO mails (key, order_id, kind, recipient, state, next_attempt_at, subject, mail)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (key) DO NOTHING",
        (&mail.key, mail.order_id.as_str(), &mail.kind, mail.to.as_str(), state, due, &mail.subject, to_json(mail)),
    )?;
    Ok(if inserted == 1 { wakeups } else { Wakeups::NONE })
}

pub(super) fn put_event(tx: &Connection, event: &BusEvent) -> Result<Wakeups, ApplyError> {
    let inserted = execute(
        tx,
        "INSERT INTO events (key, source, detail_type, detail, at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (key) DO NOTHING",
        (&event.key, &event.source, &event.detail_type, to_json(&event.detail), micros(event.at)),
    )?;
    Ok(if inserted == 1 { Wakeups::EVENTS } else { Wakeups::NONE })
}

/// Puts a message on its queue.
pub(crate) fn send_message(tx: &Connection, message: &QueueMessage, wiring: &Wiring) -> Result<Wakeups, ApplyError> {
    let name = &message.queue;
    let spec = wiring
        .queues
        .get(name)
        .ok_or_else(|| ApplyError::refused(ErrorName::NotFound, format!("there is no queue {name}")))?;
    let state = queue::sent(spec, message.at);
    let inserted = execute(
        tx,
        "INSERT INTO queue_messages (queue, sent_to, key, body, sent_at, visible_at)
         VALUES (?1, ?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (sent_to, key) DO NOTHING",
        (name, &message.key, &message.body, micros(state.sent_at), micros(state.visible_at)),
    )?;
    Ok(if inserted == 1 { Wakeups::QUEUES } else { Wakeups::NONE })
}

pub(super) fn publish(tx: &Connection, message: &TopicMessage, wiring: &Wiring) -> Result<Wakeups, ApplyError> {
    let topic = &message.topic;
    let subscriptions = wiring
        .topics
        .get(topic)
        .ok_or_else(|| ApplyError::refused(ErrorName::NotFound, format!("there is no topic {topic}")))?;
    let inserted = execute(
        tx,
        "INSERT INTO topic_messages (topic, key, subject, message, at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (topic, key) DO NOTHING",
        (topic, &message.key, &message.subject, &message.message, micros(message.at)),
    )?;
    if inserted == 0 {
        return Ok(Wakeups::NONE);
    }
    let message_id = tx.last_insert_rowid();
    let mut wakeups = Wakeups::NONE;
    for subscription in subscriptions {
        wakeups |= match subscription {
            Subscription::Email(address) => send_mail(tx, &as_mail(message, address), wiring)?,
            Subscription::Queue(queue) => {
                let copy = QueueMessage {
                    queue: queue.clone(),
                    key: format!("{topic}/{}", message.key),
                    body: notification(message, wiring).to_body(),
                    at: message.at,
                };
                send_message(tx, &copy, wiring)?
            }
            Subscription::Webhook(url) => {
                execute(
                    tx,
                    "INSERT INTO topic_deliveries (message_id, endpoint, state, next_attempt_at)
                     VALUES (?1, ?2, 'pending', ?3)",
                    (message_id, url, micros(message.at)),
                )?;
                Wakeups::DELIVERIES
            }
        };
    }
    Ok(wakeups)
}

/// The message as SNS shapes it.
pub(crate) fn notification(message: &TopicMessage, wiring: &Wiring) -> SnsNotification {
    let id = identity::of(&["topic", &message.topic, &message.key]).to_string();
    let TopicMessage { topic, subject, message, at, .. } = message;
    SnsNotification::new(&wiring.origin, topic, id, subject.clone(), message.clone(), *at)
}

/// The mail that a subscriber by mail gets.
fn as_mail(message: &TopicMessage, address: &Email) -> Mail {
    let subject = message.subject.clone().unwrap_or_else(|| format!("Notification from {}", message.topic));
    Mail {
        key: format!("topic/{}/{}/{address}", message.topic, message.key),
        order_id: filed_under(message),
        kind: TOPIC_MAIL.to_owned(),
        to: address.clone(),
        to_name: None,
        // A header is one line, whatever the publisher wrote.
        subject: subject.chars().map(|c| if c.is_control() { ' ' } else { c }).collect(),
        text: message.message.clone(),
        html: format!("<pre>{}</pre>", escaped(&message.message)),
        attachments: Vec::new(),
        at: message.at,
    }
}

/// A mail is filed under an order: the one the message names, else the one its key starts with, else
/// (an alarm's message is about none) the topic's own name.
fn filed_under(message: &TopicMessage) -> OrderId {
    let body: Option<Value> = serde_json::from_str(&message.message).ok();
    let named = ["order_id", "orderId", "OrderID"].into_iter().find_map(|member| body.as_ref()?.get(member)?.as_str());
    let key = message.key.split('/').next().unwrap_or_default();
    let topic: String = message.topic.chars().take(64).collect();
    named
        .into_iter()
        .chain([key, topic.as_str(), "topic"])
        .find_map(|text| OrderId::parse(text).ok())
        .expect("the last of them is one")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn message(key: &str, subject: Option<&str>, body: &str) -> TopicMessage {
        TopicMessage {
            topic: "order alerts".into(),
            key: key.into(),
            subject: subject.map(str::to_owned),
            message: body.into(),
            at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_topic_s_mail_is_filed_under_its_order() {
        for (key, body, filed) in [
            ("k/Published", r#"{"order_id":"A-1"}"#, "A-1"),
            ("k/Published", r#"{"OrderID":"A-2"}"#, "A-2"),
            ("A-3/Published", "plain text", "A-3"),
            ("", r#"{"order_id":7}"#, "topic"),
        ] {
            assert_eq!(filed_under(&message(key, None, body)).as_str(), filed, "{key} {body}");
        }
    }

    #[test]
    fn a_publisher_cannot_write_headers_or_markup() {
        let address = Email::parse("ops@example.com").unwrap();
        let mail = as_mail(&message("a/b", Some("late\r\nBcc: x@y.zz"), "<b>&</b>"), &address);
        assert_eq!(mail.subject, "late  Bcc: x@y.zz");
        assert_eq!(mail.html, "<pre>&lt;b&gt;&amp;&lt;/b&gt;</pre>");
    }
}

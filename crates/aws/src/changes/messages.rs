//! Mails, topics, events, queues and executions: each put into the outbox once by its key.
//!
//! Who is subscribed to a topic is SNS's to know: it makes the copies.

use jiff::Timestamp;
use ports::{BusEvent, ErrorName, Execution, Mail, QueueMessage, Result, StepError, TopicMessage};

use super::Destinations;
use super::books::Books;
use crate::outbox_items::{Message, OutboxItem};

pub(super) fn send_mail(books: &mut Books, mail: &Mail) -> Result<()> {
    put(books, Message::Mail(mail.clone()), mail.at)
}

pub(super) fn put_event(books: &mut Books, event: &BusEvent) -> Result<()> {
    put(books, Message::Event(event.clone()), event.at)
}

pub(super) fn send_message(books: &mut Books, message: &QueueMessage, known: &Destinations) -> Result<()> {
    if !known.queues.contains(&message.queue) {
        return Err(StepError::new(ErrorName::NotFound, format!("there is no queue {}", message.queue)));
    }
    put(books, Message::Queue(message.clone()), message.at)
}

pub(super) fn publish(books: &mut Books, message: &TopicMessage, known: &Destinations) -> Result<()> {
    if !known.topics.contains(&message.topic) {
        return Err(StepError::new(ErrorName::NotFound, format!("there is no topic {}", message.topic)));
    }
    put(books, Message::Topic(message.clone()), message.at)
}

pub(super) fn start(books: &mut Books, execution: &Execution, at: Timestamp) -> Result<()> {
    put(books, Message::Start(execution.clone()), at)
}

fn put(books: &mut Books, message: Message, at: Timestamp) -> Result<()> {
    // Its number comes with the writing.
    books.send(OutboxItem::new(message, at, 0));
    Ok(())
}

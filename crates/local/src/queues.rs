//! Queues with a visibility timeout, receive counts and dead-letter queues, as SQS has them.
//!
//! What becomes of a message is decided by [`triggers::queue`]; here is where it is kept.

use adapter::identity;
use jiff::Timestamp;
use ports::{ErrorName, QueueMessage};
use rusqlite::Connection;
use triggers::message::Receive;
use triggers::queue::{Decision, MessageState, decide};
use triggers::{Origin, QueueSpec, SqsRecord};

use crate::sql::{all, execute, micros, optional, time, time_at};
use crate::{ApplyError, Wakeups, Wiring, changes};

/// A message that a consumer has for itself until its time runs out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The queue it came from.
    pub queue: String,
    /// The same at every receive.
    pub message_id: String,
    /// Names this receive, to delete or release the message by.
    pub receipt_handle: String,
    /// What was sent.
    pub body: String,
    /// Its times and count, this receive included.
    pub state: MessageState,
    /// When it was received for the first time.
    pub first_received_at: Timestamp,
}

impl Received {
    /// The message as Lambda hands it to a consumer.
    pub fn record(&self, origin: &Origin) -> SqsRecord {
        SqsRecord::new(
            origin,
            Receive {
                queue: &self.queue,
                message_id: &self.message_id,
                receipt_handle: &self.receipt_handle,
                body: &self.body,
                state: self.state,
                first_received_at: self.first_received_at,
            },
        )
    }
}

/// How many messages a queue has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Depth {
    /// Messages that a consumer could have now.
    pub visible: i64,
    /// Messages that a consumer has, or that are delayed.
    pub hidden: i64,
}

/// Puts a message on its queue; no change when it was sent already.
///
/// # Errors
///
/// `NotFound` without such a queue.
pub fn send(tx: &Connection, message: &QueueMessage, wiring: &Wiring) -> Result<Wakeups, ApplyError> {
    changes::send_message(tx, message, wiring)
}

/// Takes at most so many messages, oldest first. Those that used up their receives go to the dead-letter
/// queue on the way, those past their retention are dropped.
///
/// # Errors
///
/// `NotFound` without such a queue.
pub fn receive(
    tx: &Connection,
    queue: &str,
    max: usize,
    now: Timestamp,
    wiring: &Wiring,
) -> Result<Vec<Received>, ApplyError> {
    let spec = spec(wiring, queue)?;
    let mut received = Vec::new();
    // Every candidate leaves the set of those that are visible: the loop ends.
    while received.len() < max {
        let candidates = visible(tx, queue, max - received.len(), now)?;
        if candidates.is_empty() {
            break;
        }
        for candidate in candidates {
            match decide(spec, candidate.state, now) {
                Decision::Deliver { receive_count, visible_at } => {
                    received.push(deliver(tx, queue, candidate, receive_count, visible_at, now)?);
                }
                Decision::DeadLetter => {
                    let to = spec.redrive.as_ref().map_or(queue, |redrive| redrive.dead_letter_queue.as_str());
                    move_away(tx, candidate.id, to, now)?;
                }
                Decision::Expire => mark_deleted(tx, candidate.id, now)?,
                Decision::Wait { until } => {
                    execute(
                        tx,
                        "UPDATE queue_messages SET visible_at = ?2 WHERE id = ?1",
                        (candidate.id, micros(until).max(micros(now) + 1)),
                    )?;
                }
            }
        }
    }
    Ok(received)
}

/// Deletes a received message for good; whether the receipt was still good. A message that was received
/// again since belongs to whoever has it now.
///
/// # Errors
///
/// Those of the database.
pub fn delete(tx: &Connection, receipt_handle: &str, now: Timestamp) -> rusqlite::Result<bool> {
    match held(tx, receipt_handle)? {
        Some(id) => mark_deleted(tx, id, now).map(|()| true),
        None => Ok(false),
    }
}

/// Gives a received message back before its time runs out: it is visible again at `visible_at`. Whether
/// the receipt was still good.
///
/// # Errors
///
/// Those of the database.
pub fn release(tx: &Connection, receipt_handle: &str, visible_at: Timestamp) -> rusqlite::Result<bool> {
    let Some(id) = held(tx, receipt_handle)? else { return Ok(false) };
    execute(tx, "UPDATE queue_messages SET visible_at = ?2 WHERE id = ?1", (id, micros(visible_at)))?;
    Ok(true)
}

/// When the next message of a queue can be had; nothing when the queue is empty.
///
/// # Errors
///
/// Those of the database.
pub fn next_visible_at(connection: &Connection, queue: &str) -> rusqlite::Result<Option<Timestamp>> {
    let next = connection
        .prepare_cached("SELECT MIN(visible_at) FROM queue_messages WHERE queue = ?1 AND deleted_at IS NULL")?
        .query_row([queue], |row| row.get::<_, Option<i64>>(0))?;
    Ok(next.map(time))
}

/// How many messages a queue has.
///
/// # Errors
///
/// Those of the database.
pub fn depth(connection: &Connection, queue: &str, now: Timestamp) -> rusqlite::Result<Depth> {
    connection
        .prepare_cached(
            "SELECT COUNT(*) FILTER (WHERE visible_at <= ?2), COUNT(*) FILTER (WHERE visible_at > ?2)
             FROM queue_messages WHERE queue = ?1 AND deleted_at IS NULL",
        )?
        .query_row((queue, micros(now)), |row| Ok(Depth { visible: row.get(0)?, hidden: row.get(1)? }))
}

/// Moves at most so many messages of a dead-letter queue back to where they were sent, as if they had
/// never been received; how many they were.
///
/// # Errors
///
/// Those of the database.
pub fn redrive(tx: &Connection, dead_letter_queue: &str, limit: usize, now: Timestamp) -> rusqlite::Result<usize> {
    execute(
        tx,
        "UPDATE queue_messages SET queue = sent_to, receive_count = 0, visible_at = ?2, moved_at = NULL
         WHERE id IN (SELECT id FROM queue_messages
                      WHERE queue = ?1 AND moved_at IS NOT NULL AND deleted_at IS NULL ORDER BY id LIMIT ?3)",
        (dead_letter_queue, micros(now), i64::try_from(limit).unwrap_or(i64::MAX)),
    )
}

/// As [`redrive`], for one message; whether it was in a dead-letter queue.
pub(crate) fn redrive_one(tx: &Connection, id: i64, now: Timestamp) -> rusqlite::Result<bool> {
    let moved = execute(
        tx,
        "UPDATE queue_messages SET queue = sent_to, receive_count = 0, visible_at = ?2, moved_at = NULL
         WHERE id = ?1 AND moved_at IS NOT NULL AND deleted_at IS NULL",
        (id, micros(now)),
    )?;
    Ok(moved == 1)
}

/// Forgets messages that were deleted before that, at most so many; how many they were. Sent again after
/// that, a message is a new one: keep them longer than any execution may run.
///
/// # Errors
///
/// Those of the database.
pub fn prune(tx: &Connection, deleted_before: Timestamp, limit: usize) -> rusqlite::Result<usize> {
    execute(
        tx,
        "DELETE FROM queue_messages WHERE id IN
             (SELECT id FROM queue_messages WHERE deleted_at < ?1 ORDER BY deleted_at LIMIT ?2)",
        (micros(deleted_before), i64::try_from(limit).unwrap_or(i64::MAX)),
    )
}

/// A message that may be received.
struct Candidate {
    id: i64,
    body: String,
    state: MessageState,
    first_received_at: Option<i64>,
}

fn visible(tx: &Connection, queue: &str, limit: usize, now: Timestamp) -> rusqlite::Result<Vec<Candidate>> {
    all(
        tx,
        "SELECT id, body, sent_at, visible_at, receive_count, first_received_at FROM queue_messages
         WHERE queue = ?1 AND deleted_at IS NULL AND visible_at <= ?2 ORDER BY visible_at, id LIMIT ?3",
        (queue, micros(now), i64::try_from(limit).unwrap_or(i64::MAX)),
        |row| {
            let state =
                MessageState { sent_at: time_at(row, 2)?, visible_at: time_at(row, 3)?, receive_count: row.get(4)? };
            Ok(Candidate { id: row.get(0)?, body: row.get(1)?, state, first_received_at: row.get(5)? })
        },
    )
}

fn deliver(
    tx: &Connection,
    queue: &str,
    candidate: Candidate,
    receive_count: u32,
    visible_at: Timestamp,
    now: Timestamp,
) -> rusqlite::Result<Received> {
    let id = candidate.id;
    execute(
        tx,
        "UPDATE queue_messages
         SET receive_count = ?2, visible_at = ?3, first_received_at = COALESCE(first_received_at, ?4) WHERE id = ?1",
        (id, receive_count, micros(visible_at), micros(now)),
    )?;
    Ok(Received {
        queue: queue.to_owned(),
        message_id: identity::of(&["queue", &id.to_string()]).to_string(),
        receipt_handle: format!("{id}.{receive_count}"),
        body: candidate.body,
        state: MessageState { visible_at, receive_count, ..candidate.state },
        first_received_at: candidate.first_received_at.map_or(now, time),
    })
}

fn move_away(tx: &Connection, id: i64, to: &str, now: Timestamp) -> rusqlite::Result<()> {
    execute(
        tx,
        "UPDATE queue_messages SET queue = ?2, visible_at = ?3, moved_at = ?3 WHERE id = ?1",
        (id, to, micros(now)),
    )?;
    Ok(())
}

fn mark_deleted(tx: &Connection, id: i64, now: Timestamp) -> rusqlite::Result<()> {
    execute(tx, "UPDATE queue_messages SET deleted_at = ?2, body = '' WHERE id = ?1", (id, micros(now)))?;
    Ok(())
}

/// The message that a receipt stands for, while it is good.
fn held(tx: &Connection, receipt_handle: &str) -> rusqlite::Result<Option<i64>> {
    let parts: Option<(i64, u32)> =
        receipt_handle.split_once('.').and_then(|(id, count)| Some((id.parse().ok()?, count.parse().ok()?)));
    let Some(parts) = parts else { return Ok(None) };
    optional(
        tx,
        "SELECT id FROM queue_messages WHERE id = ?1 AND receive_count = ?2 AND deleted_at IS NULL",
        parts,
        |row| row.get(0),
    )
}

fn spec<'a>(wiring: &'a Wiring, queue: &str) -> Result<&'a QueueSpec, ApplyError> {
    wiring
        .queues
        .get(queue)
        .ok_or_else(|| ApplyError::refused(ErrorName::NotFound, format!("there is no queue {queue}")))
}

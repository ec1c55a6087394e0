//! The loop that takes what waits in an outbox table, tries it, and writes down how it went.
//!
//! At least once: between an attempt and its record there can be a crash. Every attempt therefore carries
//! an identity by which the receiver can tell a repetition.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use adapter::{Backoff, Failure, FailureKind};
use async_trait::async_trait;
use jiff::Timestamp;
use ports::Clock;
use rusqlite::Connection;
use store::Store;
use tokio::task::{Id, JoinSet};

use crate::signals::Listener;
use crate::sql::{all, execute, micros, time};
use crate::{ApplyError, fault};

/// How many attempts run at the same time: a slow receiver holds up few of the others.
const IN_FLIGHT: usize = 16;

/// The longest pause between two looks at the table. Wake-ups and due times make it shorter.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How long to leave the database alone after it did not answer.
const OUTAGE_PAUSE: Duration = Duration::from_secs(1);

/// An outbox table. All have the same columns for what the loop needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Table {
    Mails,
    TopicDeliveries,
}

impl Table {
    /// The word for it in metrics.
    fn label(self) -> &'static str {
        match self {
            Table::Mails => "mail",
            Table::TopicDeliveries => "webhook",
        }
    }
}

/// One who delivers what is in a table.
#[async_trait]
pub(crate) trait Deliverer: Send + Sync + 'static {
    /// What is delivered.
    type Item: Send + 'static;
    /// Where it waits.
    const TABLE: Table;

    /// Reads the item of a row.
    fn load(connection: &Connection, id: i64) -> rusqlite::Result<Self::Item>;

    /// Tries to deliver it.
    async fn attempt(&self, item: Self::Item) -> Result<(), Failure>;
}

/// What the loop works with.
pub(crate) struct Outbox<D> {
    pub store: Store,
    pub deliverer: Arc<D>,
    pub listener: Listener,
    pub clock: Arc<dyn Clock>,
    pub backoff: Backoff,
}

impl<D: Deliverer> Outbox<D> {
    /// Runs until the future is dropped. What is under way then is tried again at the next start.
    pub(crate) async fn run(mut self) {
        let mut attempts = JoinSet::new();
        let mut in_flight = HashMap::new();
        loop {
            let pause = match self.start_due(&mut attempts, &mut in_flight) {
                Ok(pause) => pause,
                Err(error) => {
                    tracing::error!(outbox = D::TABLE.label(), %error, "the outbox cannot be read");
                    OUTAGE_PAUSE
                }
            };
            tokio::select! {
                Some(ended) = attempts.join_next_with_id() => {
                    let (task, outcome) = match ended {
                        Ok((task, outcome)) => (task, outcome),
                        // The fault of one item, which must not hold up the others.
                        Err(error) => (error.id(), Err(Failure::passing("the attempt ended in a fault of this program"))),
                    };
                    if let Some(id) = in_flight.get(&task) {
                        self.settle(*id, outcome).await;
                    }
                    in_flight.remove(&task);
                }
                () = self.listener.wait(pause) => {}
            }
        }
    }

    /// Starts what is due, as far as there is room; how long to wait for more.
    fn start_due(
        &self,
        attempts: &mut JoinSet<Result<(), Failure>>,
        in_flight: &mut HashMap<Id, i64>,
    ) -> Result<Duration, store::ReadError<rusqlite::Error>> {
        let now = self.clock.now();
        let waiting = self.store.read_blocking(|connection| waiting(connection, D::TABLE))?;
        for (id, due) in waiting {
            if in_flight.values().any(|other| *other == id) {
                continue;
            }
            if due > now {
                let pause = Duration::try_from(now.duration_until(due)).unwrap_or(LONGEST_PAUSE);
                return Ok(pause.min(LONGEST_PAUSE));
            }
            if in_flight.len() >= IN_FLIGHT {
                break;
            }
            let item = self.store.read_blocking(|connection| D::load(connection, id))?;
            let deliverer = self.deliverer.clone();
            let task = attempts.spawn(async move { deliverer.attempt(item).await });
            in_flight.insert(task.id(), id);
        }
        Ok(LONGEST_PAUSE)
    }

    async fn settle(&self, id: i64, outcome: Result<(), Failure>) {
        let (backoff, now) = (self.backoff, self.clock.now());
        let settled = self.store.write(move |tx| settle(tx, D::TABLE, id, outcome, backoff, now)).await;
        match settled {
            Ok(outcome) => {
                metrics::counter!("orderflow_outbox_attempts_total", "outbox" => D::TABLE.label(), "outcome" => outcome)
                    .increment(1);
                if outcome == "dead" {
                    tracing::warn!(outbox = D::TABLE.label(), id, "a delivery was given up");
                }
            }
            // It stays pending and is tried again: twice is better than never.
            Err(error) => {
                let error = fault::write(error);
                tracing::error!(outbox = D::TABLE.label(), id, %error, "an attempt could not be written down");
                tokio::time::sleep(OUTAGE_PAUSE).await;
            }
        }
    }
}

/// What waits, soonest first: enough to fill all room and to know when the next is due.
fn waiting(connection: &Connection, table: Table) -> rusqlite::Result<Vec<(i64, Timestamp)>> {
    let sql = match table {
        Table::Mails => {
            "SELECT id, next_attempt_at FROM mails WHERE state = 'pending' ORDER BY next_attempt_at LIMIT ?1"
        }
        Table::TopicDeliveries => {
            "SELECT id, next_attempt_at FROM topic_deliveries WHERE state = 'pending' ORDER BY next_attempt_at LIMIT ?1"
        }
    };
    let limit = i64::try_from(2 * IN_FLIGHT).expect("a small number");
    all(connection, sql, [limit], |row| Ok((row.get(0)?, time(row.get(1)?))))
}

/// Writes down how an attempt went; the word for it.
fn settle(
    tx: &Connection,
    table: Table,
    id: i64,
    outcome: Result<(), Failure>,
    backoff: Backoff,
    now: Timestamp,
) -> Result<&'static str, ApplyError> {
    let (count, update) = match table {
        Table::Mails => (
            "SELECT attempts + 1 FROM mails WHERE id = ?1",
            "UPDATE mails SET state = ?2, attempts = ?3, next_attempt_at = ?4, dead_at = ?5, last_error = ?6
             WHERE id = ?1",
        ),
        Table::TopicDeliveries => (
            "SELECT attempts + 1 FROM topic_deliveries WHERE id = ?1",
            "UPDATE topic_deliveries SET state = ?2, attempts = ?3, next_attempt_at = ?4, dead_at = ?5, last_error = ?6
             WHERE id = ?1",
        ),
    };
    let attempts: u32 = tx.prepare_cached(count)?.query_row([id], |row| row.get(0))?;
    let what = format!("{}/{id}", table.label());
    let (word, state, next, dead_at, error) = match outcome {
        Ok(()) => ("delivered", "delivered", None, None, None),
        Err(Failure { message, kind }) => {
            let next = backoff.next(&what, attempts, now).filter(|_| kind != FailureKind::Permanent);
            match next {
                Some(next) => ("retried", "pending", Some(micros(next)), None, Some(message)),
                None => ("dead", "dead", None, Some(micros(now)), Some(message)),
            }
        }
    };
    execute(tx, update, (id, state, attempts, next, dead_at, error))?;
    Ok(word)
}

/// Puts a given-up item back as if it had never been tried; whether there was one.
pub(crate) fn revive(tx: &Connection, table: Table, id: i64, now: Timestamp) -> rusqlite::Result<bool> {
    let sql = match table {
        Table::Mails => {
            "UPDATE mails SET state = 'pending', attempts = 0, next_attempt_at = ?2, dead_at = NULL
             WHERE id = ?1 AND state = 'dead'"
        }
        Table::TopicDeliveries => {
            "UPDATE topic_deliveries SET state = 'pending', attempts = 0, next_attempt_at = ?2, dead_at = NULL
             WHERE id = ?1 AND state = 'dead'"
        }
    };
    Ok(execute(tx, sql, (id, micros(now)))? == 1)
}

//! Finds what an order left in the books besides itself.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use order::{Entry, EntryKind, OrderId};
use ports::{
    Delivery, DeliveryState, MailView, Movement, PublishedMessage, Result, TopicDelivery, TopicMessage, Trail, Trails,
};
use rusqlite::{Connection, Row};
use store::Store;

use crate::sql::{all, checked_at, json_at, named_at, optional, time, time_at};
use crate::{Wiring, fault};

/// [`Trails`] over the store.
#[derive(Clone)]
pub struct TrailReader {
    store: Store,
    wiring: Arc<Wiring>,
}

impl TrailReader {
    /// A reader of that store, which looks through the topics of the wiring.
    pub fn new(store: Store, wiring: Arc<Wiring>) -> Self {
        Self { store, wiring }
    }
}

#[async_trait]
impl Trails for TrailReader {
    async fn of(&self, order_id: &OrderId) -> Result<Trail> {
        let (id, wiring) = (order_id.clone(), self.wiring.clone());
        let read = move |connection: &Connection| {
            Ok(Trail {
                movements: movements(connection, &id)?,
                mails: mails(connection, &id)?,
                messages: messages(connection, &wiring, &id)?,
            })
        };
        self.store.read(read).await.map_err(fault::read)
    }
}

fn movements(connection: &Connection, id: &OrderId) -> rusqlite::Result<Vec<Movement>> {
    all(
        connection,
        "SELECT sequence, sku, kind, units, reason, at FROM stock_ledger
         WHERE order_number = (SELECT number FROM orders WHERE id = ?1) ORDER BY sequence",
        [id.as_str()],
        |row| {
            let entry = Entry {
                sku: checked_at(row, 1)?,
                kind: named_at(row, 2, EntryKind::from_name)?,
                units: row.get(3)?,
                order_id: Some(id.clone()),
                reason: row.get(4)?,
                at: time_at(row, 5)?,
            };
            Ok(Movement { sequence: row.get(0)?, entry })
        },
    )
}

fn mails(connection: &Connection, id: &OrderId) -> rusqlite::Result<Vec<MailView>> {
    all(
        connection,
        "SELECT id, mail, state, attempts, last_error, next_attempt_at FROM mails WHERE order_id = ?1 ORDER BY id",
        [id.as_str()],
        |row| {
            let delivery = Delivery {
                state: named_at(row, 2, DeliveryState::from_name)?,
                attempts: row.get(3)?,
                last_error: row.get(4)?,
                next_attempt_at: row.get::<_, Option<i64>>(5)?.map(time),
            };
            Ok(MailView { id: row.get(0)?, mail: json_at(row, 1)?, delivery })
        },
    )
}

/// A message's key is the order's id, or begins with it or with the order's execution: each topic is looked
/// through by its index.
fn messages(connection: &Connection, wiring: &Wiring, id: &OrderId) -> rusqlite::Result<Vec<PublishedMessage>> {
    let execution: Option<String> =
        optional(connection, "SELECT execution_arn FROM orders WHERE id = ?1", [id.as_str()], |row| row.get(0))?;
    let mut found = BTreeSet::new();
    for topic in wiring.topics.keys() {
        for owner in [Some(id.as_str()), execution.as_deref()].into_iter().flatten() {
            let ids: Vec<i64> = all(
                connection,
                // '0' is what comes after '/'.
                "SELECT id FROM topic_messages
                 WHERE topic = ?1 AND (key = ?2 OR (key >= ?2 || '/' AND key < ?2 || '0'))",
                (topic, owner),
                |row| row.get(0),
            )?;
            found.extend(ids);
        }
    }
    let messages = found.into_iter().map(|number| {
        let sql = "SELECT topic, key, subject, message, at FROM topic_messages WHERE id = ?1";
        let message = connection.prepare_cached(sql)?.query_row([number], |row| {
            Ok(TopicMessage {
                topic: row.get(0)?,
                key: row.get(1)?,
                subject: row.get(2)?,
                message: row.get(3)?,
                at: time_at(row, 4)?,
            })
        })?;
        Ok(PublishedMessage { message, deliveries: deliveries(connection, number)? })
    });
    messages.collect()
}

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

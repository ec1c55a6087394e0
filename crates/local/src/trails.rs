//! Finds what orders leave in the books besides themselves.

use std::collections::BTreeSet;
use std::sync::Arc;

use adapter::paging;
use async_trait::async_trait;
use order::{Entry, EntryKind, OrderId, Quantity, Reservation, Sku};
use ports::{Delivery, DeliveryState, MailView, Movement, Page, Result, TopicMessageView, Trail, Trails};
use rusqlite::Connection;
use rusqlite::types::Type;
use store::Store;

use crate::messages::topic_message;
use crate::sql::{all, checked_at, json_at, named_at, optional, time, time_at};
use crate::{Wiring, fault};

const HOLDS: &str = "holds";

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

    async fn holds(&self, sku: &Sku, cursor: Option<&str>, limit: usize) -> Result<Page<Reservation>> {
        let after: Option<(i64, i64)> = paging::resume(HOLDS, cursor)?;
        let sku = sku.clone();
        let found = self.store.read(move |connection| holds(connection, &sku, after, limit)).await;
        let page = paging::page(HOLDS, found.map_err(fault::read)?, limit, |(at, _)| *at);
        let items = page.items.into_iter().map(|(_, reservation)| reservation).collect();
        Ok(Page { items, next_cursor: page.next_cursor })
    }
}

/// The holds on a product, each with what it is sorted by. What is held at one time is little, so they are found
/// by the index of all holds.
fn holds(
    connection: &Connection,
    sku: &Sku,
    after: Option<(i64, i64)>,
    limit: usize,
) -> rusqlite::Result<Vec<((i64, i64), Reservation)>> {
    let (expires_at, number) = after.unwrap_or((i64::MIN, i64::MIN));
    all(
        connection,
        "SELECT r.expires_at, r.order_number, o.id, r.quantity
         FROM reservations r INDEXED BY reservations_held JOIN orders o ON o.number = r.order_number
         WHERE r.state = 'held' AND r.sku = ?1 AND (r.expires_at, r.order_number) > (?2, ?3)
         ORDER BY r.expires_at, r.order_number LIMIT ?4",
        (sku.as_str(), expires_at, number, paging::rows(limit)),
        |row| {
            let reservation = Reservation {
                order_id: checked_at(row, 2)?,
                sku: sku.clone(),
                quantity: Quantity::new(row.get(3)?)
                    .map_err(|error| rusqlite::Error::FromSqlConversionFailure(3, Type::Integer, Box::new(error)))?,
                expires_at: time_at(row, 0)?,
            };
            Ok(((row.get(0)?, row.get(1)?), reservation))
        },
    )
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
fn messages(connection: &Connection, wiring: &Wiring, id: &OrderId) -> rusqlite::Result<Vec<TopicMessageView>> {
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
    let sql = "SELECT id, topic, key, subject, message, at FROM topic_messages WHERE id = ?1";
    found
        .into_iter()
        .map(|id| connection.prepare_cached(sql)?.query_row([id], |row| topic_message(connection, row)))
        .collect()
}

//! Keeps what operators did.

use adapter::paging;
use async_trait::async_trait;
use jiff::Timestamp;
use order::OrderId;
use ports::{NewOperatorAction, OperatorAction, OperatorActionFilter, OperatorLog, Page, Result};
use rusqlite::{Connection, Row};
use store::{Store, WriteError};

use crate::sql::{all, execute, micros, optional, time_at};
use crate::{ApplyError, fault};

const LISTING: &str = "operator_actions";
const COLUMNS: &str = "SELECT id, at, actor, action, order_id, subject, reason, outcome FROM operator_actions";

/// [`OperatorLog`] over the store.
#[derive(Clone)]
pub struct OperatorBook {
    store: Store,
}

impl OperatorBook {
    /// The book in that store.
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

#[async_trait]
impl OperatorLog for OperatorBook {
    async fn begin(&self, action: &NewOperatorAction) -> Result<i64> {
        let action = action.clone();
        let written = self.store.write(move |tx| {
            execute(
                tx,
                "INSERT INTO operator_actions (at, actor, action, order_id, subject, reason)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                (
                    micros(action.at),
                    &action.actor,
                    action.action,
                    action.order_id.as_ref().map(OrderId::as_str),
                    &action.subject,
                    &action.reason,
                ),
            )?;
            Ok(tx.last_insert_rowid())
        });
        written.await.map_err(|error: WriteError<ApplyError>| fault::write(error))
    }

    async fn end(&self, id: i64, outcome: &str) -> Result<()> {
        let outcome = outcome.to_owned();
        let written = self.store.write(move |tx| {
            execute(tx, "UPDATE operator_actions SET outcome = ?2 WHERE id = ?1", (id, &outcome))?;
            Ok(())
        });
        written.await.map_err(|error: WriteError<ApplyError>| fault::write(error))
    }

    async fn unended(&self, action: &str, begun_before: Timestamp) -> Result<Vec<OperatorAction>> {
        let sql = format!("{COLUMNS} WHERE outcome IS NULL AND action = ?1 AND at < ?2 ORDER BY id");
        let (kind, before) = (action.to_owned(), micros(begun_before));
        let found = self.store.read(move |connection| all(connection, &sql, (&kind, before), action_at)).await;
        found.map_err(fault::read)
    }

    async fn list(
        &self,
        filter: &OperatorActionFilter,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<OperatorAction>> {
        let before: Option<i64> = paging::resume(LISTING, cursor)?;
        let filter = filter.clone();
        let found = self.store.read(move |connection| list(connection, &filter, before, limit)).await;
        Ok(paging::page(LISTING, found.map_err(fault::read)?, limit, |action| action.id))
    }
}

fn list(
    connection: &Connection,
    filter: &OperatorActionFilter,
    before: Option<i64>,
    limit: usize,
) -> rusqlite::Result<Vec<OperatorAction>> {
    let order_id = filter.order_id.as_ref().map(OrderId::as_str);
    let condition = if order_id.is_some() { "order_id = ?1" } else { "?1 IS NULL" };
    let sql = format!("{COLUMNS} WHERE {condition} AND id < ?2 ORDER BY id DESC LIMIT ?3");
    all(connection, &sql, (order_id, before.unwrap_or(i64::MAX), paging::rows(limit)), action_at)
}

/// Whether the end of something that was begun with the order is not known.
pub(crate) fn is_unended(connection: &Connection, action: &str, order_id: &OrderId) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM operator_actions WHERE outcome IS NULL AND action = ?1 AND order_id = ?2 LIMIT 1";
    Ok(optional(connection, sql, (action, order_id.as_str()), |_| Ok(()))?.is_some())
}

fn action_at(row: &Row<'_>) -> rusqlite::Result<OperatorAction> {
    let order_id: Option<String> = row.get(4)?;
    Ok(OperatorAction {
        id: row.get(0)?,
        at: time_at(row, 1)?,
        actor: row.get(2)?,
        action: row.get(3)?,
        // Only ids that were parsed get there.
        order_id: order_id.and_then(|id| OrderId::parse(id).ok()),
        subject: row.get(5)?,
        reason: row.get(6)?,
        outcome: row.get(7)?,
    })
}

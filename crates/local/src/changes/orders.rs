//! Orders: accepting them, their prices, their status, their receipt.

use jiff::Timestamp;
use order::{NewOrder, Order, OrderId, Pricing, Receipt, Status};
use ports::{ErrorName, Idempotency, StepError};
use rusqlite::Connection;

use crate::sql::{execute, json_at, micros, named_at, optional, time_at, to_json};
use crate::{ApplyError, StreamedTable, Wakeups, Wiring, customer_totals, rollups, streams};

/// What most changes need to know of their order.
pub(super) struct Head {
    /// Its number here, by which everything of it is found.
    pub number: i64,
    workflow: String,
    status: Status,
    placed_at: Timestamp,
}

/// The order a change is about.
pub(super) fn head(tx: &Connection, id: &OrderId) -> Result<Head, ApplyError> {
    optional(tx, "SELECT number, workflow, status, placed_at FROM orders WHERE id = ?1", [id.as_str()], |row| {
        Ok(Head {
            number: row.get(0)?,
            workflow: row.get(1)?,
            status: named_at(row, 2, Status::from_name)?,
            placed_at: time_at(row, 3)?,
        })
    })?
    .ok_or_else(|| ApplyError::refused(ErrorName::OrderNotFound, format!("there is no order {id}")))
}

pub(super) fn place(
    tx: &Connection,
    order: &NewOrder,
    execution_arn: &str,
    idempotency: Option<&Idempotency>,
    at: Timestamp,
    wiring: &Wiring,
) -> Result<Wakeups, ApplyError> {
    let bound = idempotency.map(|wanted| check_key(tx, wanted, &order.id)).transpose()?.unwrap_or(true);
    let placed = to_json(order);
    let customer = &order.customer;
    let inserted = execute(
        tx,
        "INSERT INTO orders
             (id, workflow, status, status_word, customer_id, customer_name, customer_email, placed_at,
              execution_arn, placed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT (id) DO NOTHING",
        (
            order.id.as_str(),
            &order.workflow,
            Status::Placed.name(),
            Status::Placed.word(&order.workflow),
            customer.id.as_ref().map(|id| id.as_str()),
            &customer.name,
            customer.email.as_ref().map(|email| email.as_str()),
            micros(at),
            execution_arn,
            &placed,
        ),
    )?;
    let mut wakeups = Wakeups::NONE;
    if inserted == 1 {
        let number = tx.last_insert_rowid();
        add_history(tx, number, Status::Placed, None, at)?;
        count(&order.workflow, Status::Placed);
        rollups::order_moved(tx, Status::Placed, None, at, at)?;
        if let Some(customer) = &customer.id {
            customer_totals::placed(tx, customer)?;
        }
        if let Some(table) = wiring.streams.get(&order.workflow) {
            let new = Order::new(order.clone(), execution_arn.to_owned(), at);
            wakeups |= streams::append(tx, table, None, &new, at)?;
        }
    } else {
        check_same(tx, order, &placed)?;
    }
    if let (Some(wanted), false) = (idempotency, bound) {
        execute(
            tx,
            "INSERT INTO idempotency_keys (key, request_hash, order_id) VALUES (?1, ?2, ?3)",
            (&wanted.key, &wanted.request_hash, order.id.as_str()),
        )?;
    }
    Ok(wakeups)
}

/// Whether the key is bound to this very request already.
fn check_key(tx: &Connection, wanted: &Idempotency, id: &OrderId) -> Result<bool, ApplyError> {
    let bound: Option<(String, String)> =
        optional(tx, "SELECT request_hash, order_id FROM idempotency_keys WHERE key = ?1", [&wanted.key], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    match bound {
        None => Ok(false),
        Some((hash, _)) if hash != wanted.request_hash => Err(ApplyError::refused(
            ErrorName::IdempotencyKeyReused,
            "this Idempotency-Key was used with another request",
        )),
        // The same request came twice at once, each with an id of its own making: one is first. The other
        // finds the first's order when it asks again.
        Some((_, order_id)) if order_id != id.as_str() => {
            Err(StepError::unavailable("the same request was accepted this very moment; ask again").into())
        }
        Some(_) => Ok(true),
    }
}

/// Whether the order that has the id is the one that is being placed.
fn check_same(tx: &Connection, order: &NewOrder, placed: &str) -> Result<(), ApplyError> {
    let same = optional(tx, "SELECT placed FROM orders WHERE id = ?1", [order.id.as_str()], |row| {
        // The text need not be the same where a release wrote fields in another order.
        Ok(row.get_ref(0)?.as_str()? == placed || json_at::<NewOrder>(row, 0)? == *order)
    })?;
    if same == Some(true) {
        return Ok(());
    }
    let message = format!("there is an order {} already, with other contents", order.id);
    Err(ApplyError::refused(ErrorName::OrderIdTaken, message))
}

pub(super) fn note_execution(tx: &Connection, id: &OrderId, execution_arn: &str) -> Result<Wakeups, ApplyError> {
    let order = head(tx, id)?;
    execute(tx, "UPDATE orders SET execution_arn = ?2 WHERE number = ?1", (order.number, execution_arn))?;
    Ok(Wakeups::NONE)
}

pub(super) fn set_pricing(tx: &Connection, id: &OrderId, pricing: &Pricing) -> Result<Wakeups, ApplyError> {
    let changed = execute(
        tx,
        "UPDATE orders SET pricing = ?2, total = ?3 WHERE id = ?1 AND pricing IS NULL",
        (id.as_str(), to_json(pricing), pricing.totals.total.ten_thousandths()),
    )?;
    if changed == 0 {
        head(tx, id)?;
    }
    Ok(Wakeups::NONE)
}

pub(super) fn issue_receipt(tx: &Connection, id: &OrderId, receipt: &Receipt) -> Result<Wakeups, ApplyError> {
    let changed = execute(
        tx,
        "UPDATE orders SET receipt = ?2 WHERE id = ?1 AND receipt IS NULL",
        (id.as_str(), to_json(receipt)),
    )?;
    if changed == 0 {
        head(tx, id)?;
    }
    Ok(Wakeups::NONE)
}

pub(super) fn set_status(
    tx: &Connection,
    id: &OrderId,
    status: Status,
    reason: Option<&str>,
    at: Timestamp,
    wiring: &Wiring,
) -> Result<Wakeups, ApplyError> {
    let order = head(tx, id)?;
    if order.status == status {
        return Ok(Wakeups::NONE);
    }
    if let Err(refused) = order.status.check_move(status) {
        return Err(ApplyError::refused(ErrorName::StatusRefused, refused.to_string()));
    }
    let mut wakeups = Wakeups::NONE;
    if let Some(table) = wiring.streams.get(&order.workflow) {
        wakeups |= stream_move(tx, table, &order, status, reason, at)?;
    }
    execute(
        tx,
        "UPDATE orders SET status = ?2, status_word = ?3, reason = ?4 WHERE number = ?1",
        (order.number, status.name(), status.word(&order.workflow), reason),
    )?;
    add_history(tx, order.number, status, reason, at)?;
    count(&order.workflow, status);
    rollups::order_moved(tx, status, Some(order.status), order.placed_at, at)?;
    Ok(wakeups)
}

/// Counted as applied: where a step is refused later on, or its commit fails, once too often.
fn count(workflow: &str, status: Status) {
    metrics::counter!("orderflow_orders_total", "workflow" => workflow.to_owned(), "status" => status.name())
        .increment(1);
}

fn stream_move(
    tx: &Connection,
    table: &StreamedTable,
    head: &Head,
    status: Status,
    reason: Option<&str>,
    at: Timestamp,
) -> Result<Wakeups, ApplyError> {
    // An item of the table shows nothing of history, prices or payments: those are left out.
    let old = tx
        .prepare_cached("SELECT placed, execution_arn, placed_at, reason FROM orders WHERE number = ?1")?
        .query_row([head.number], |row| {
            let mut order = Order::new(json_at(row, 0)?, row.get(1)?, time_at(row, 2)?);
            order.status = head.status;
            order.reason = row.get(3)?;
            Ok(order)
        })?;
    let mut new = old.clone();
    new.status = status;
    new.reason = reason.map(str::to_owned);
    Ok(streams::append(tx, table, Some(&old), &new, at)?)
}

fn add_history(
    tx: &Connection,
    number: i64,
    status: Status,
    reason: Option<&str>,
    at: Timestamp,
) -> rusqlite::Result<()> {
    execute(
        tx,
        "INSERT INTO order_history (order_number, position, status, reason, at)
         VALUES (?1, (SELECT COALESCE(MAX(position), 0) + 1 FROM order_history WHERE order_number = ?1), ?2, ?3, ?4)",
        (number, status.name(), reason, micros(at)),
    )?;
    Ok(())
}

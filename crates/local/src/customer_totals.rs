//! What the orders of a customer we know come to: counted in the transactions in which it comes about.

use order::{CustomerId, Money, PaymentEvent, PaymentEventKind};
use ports::CustomerTotals;
use rusqlite::Connection;

use crate::sql::{all, checked_at, execute, optional};

/// Counts an order.
pub(crate) fn placed(tx: &Connection, customer: &CustomerId) -> rusqlite::Result<()> {
    execute(
        tx,
        "INSERT INTO customer_orders (customer_id, orders) VALUES (?1, 1)
         ON CONFLICT (customer_id) DO UPDATE SET orders = orders + 1",
        [customer.as_str()],
    )?;
    Ok(())
}

/// Counts money of an order that was taken or given back.
pub(crate) fn paid(tx: &Connection, order_number: i64, event: &PaymentEvent) -> rusqlite::Result<()> {
    let minor = match event.kind {
        PaymentEventKind::Captured => event.amount.minor(),
        PaymentEventKind::Refunded => -event.amount.minor(),
        PaymentEventKind::Authorised | PaymentEventKind::Declined { .. } => return Ok(()),
    };
    execute(
        tx,
        "INSERT INTO customer_spending (customer_id, currency, minor)
         SELECT customer_id, ?2, ?3 FROM orders WHERE number = ?1 AND customer_id IS NOT NULL
         ON CONFLICT (customer_id, currency) DO UPDATE SET minor = minor + excluded.minor",
        (order_number, event.amount.currency().code(), minor),
    )?;
    Ok(())
}

/// What was counted.
pub(crate) fn of(connection: &Connection, customer: &CustomerId) -> rusqlite::Result<CustomerTotals> {
    let sql = "SELECT orders FROM customer_orders WHERE customer_id = ?1";
    let orders: Option<i64> = optional(connection, sql, [customer.as_str()], |row| row.get(0))?;
    let spent = all(
        connection,
        "SELECT minor, currency FROM customer_spending WHERE customer_id = ?1 ORDER BY currency",
        [customer.as_str()],
        |row| Ok(Money::new(row.get(0)?, checked_at(row, 1)?)),
    )?;
    Ok(CustomerTotals { orders: orders.unwrap_or_default().unsigned_abs(), spent })
}

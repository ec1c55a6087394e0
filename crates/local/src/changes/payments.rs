//! What the payment provider said, once each.

use order::{OrderId, PaymentEvent};
use rusqlite::Connection;

use super::orders;
use crate::sql::{execute, to_json};
use crate::{ApplyError, Wakeups, customer_totals, rollups};

pub(super) fn record(tx: &Connection, order_id: &OrderId, event: &PaymentEvent) -> Result<Wakeups, ApplyError> {
    let order = orders::head(tx, order_id)?;
    let recorded = execute(
        tx,
        "INSERT INTO payment_events (order_number, key, position, event)
         VALUES (?1, ?2, (SELECT COALESCE(MAX(position), 0) + 1 FROM payment_events WHERE order_number = ?1), ?3)
         ON CONFLICT DO NOTHING",
        (order.number, &event.key, to_json(event)),
    )?;
    if recorded == 1 {
        rollups::paid(tx, event)?;
        customer_totals::paid(tx, order.number, event)?;
    }
    Ok(Wakeups::NONE)
}

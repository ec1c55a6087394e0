//! Turning a paid order into a sale.

use jiff::Timestamp;
use order::{Order, Status};
use ports::{Change, ErrorName, Result, StepError};

use crate::{notices, orders, pricing};

/// The changes that make an order a sale: its held units are sold, it is confirmed, and the bus is
/// told. Nothing when it is one already. Never without its whole price.
pub(crate) fn confirm(order: &Order, at: Timestamp) -> Result<Vec<Change>> {
    if order.status.is_sale() {
        return Ok(Vec::new());
    }
    orders::must_be_open(order)?;
    let total = pricing::fixed(order)?.totals.total;
    if order.payment().kept() != total.minor() {
        return Err(StepError::new(ErrorName::StatusRefused, format!("the order's total of {total} is not paid")));
    }
    let confirmed = orders::becoming(order, Status::Confirmed, None, at);
    Ok(vec![
        Change::Sell { order_id: order.id().clone(), lines: order.placed.lines.clone(), at },
        orders::set_status(order, Status::Confirmed, None, at)?,
        notices::event(&confirmed, notices::ORDER_CONFIRMED, at),
    ])
}

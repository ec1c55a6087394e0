//! Orders: accepting them, their prices, their status, their receipt, their payments.

use jiff::Timestamp;
use order::{NewOrder, Order, OrderId, PaymentEvent, Pricing, Receipt, Status, StatusChange};
use ports::{ErrorName, Idempotency, Result, StepError};

use super::MAX_LINES;
use super::books::{Books, Document, stored};
use crate::TableNames;
use crate::records::{Binding, OrderBook};

pub(super) fn place(
    books: &mut Books,
    order: &NewOrder,
    execution_arn: &str,
    idempotency: Option<&Idempotency>,
    at: Timestamp,
    tables: &TableNames,
) -> Result<()> {
    if order.lines.len() > MAX_LINES {
        return Err(order::Invalid::new(format!("at most {MAX_LINES} products in one order")).at("items").into());
    }
    if let Some(wanted) = idempotency {
        bind(books, wanted, &order.id)?;
    }
    let page = books.orders.get_mut(&order.id).expect("the orders of all changes were read");
    match &page.now {
        Some(there) if there.order.placed == *order => return Ok(()),
        Some(_) => {
            let message = format!("there is an order {} already, with other contents", order.id);
            return Err(StepError::new(ErrorName::OrderIdTaken, message));
        }
        None => {}
    }
    let fresh = Order::new(order.clone(), execution_arn.to_owned(), stored(at));
    show(&mut books.documents, tables, None, &fresh);
    page.now = Some(OrderBook { order: fresh, holdings: Vec::new() });
    Ok(())
}

/// Binds a key to this very request.
fn bind(books: &mut Books, wanted: &Idempotency, id: &OrderId) -> Result<()> {
    let page = books.bindings.get_mut(&wanted.key).expect("the keys of all changes were read");
    match &page.now {
        None => {
            page.now = Some(Binding { order_id: id.clone(), request_hash: wanted.request_hash.clone() });
            Ok(())
        }
        Some(bound) if bound.request_hash != wanted.request_hash => {
            Err(StepError::new(ErrorName::IdempotencyKeyReused, "this Idempotency-Key was used with another request"))
        }
        // The same request came twice at once, each with an id of its own making: one is first. The other
        // finds the first's order when it asks again.
        Some(bound) if bound.order_id != *id => {
            Err(StepError::unavailable("the same request was accepted this very moment; ask again"))
        }
        Some(_) => Ok(()),
    }
}

pub(super) fn note_execution(books: &mut Books, id: &OrderId, execution_arn: &str) -> Result<()> {
    execution_arn.clone_into(&mut books.order(id)?.order.execution_arn);
    Ok(())
}

pub(super) fn set_pricing(books: &mut Books, id: &OrderId, pricing: &Pricing) -> Result<()> {
    books.order(id)?.order.pricing.get_or_insert_with(|| pricing.clone());
    Ok(())
}

pub(super) fn issue_receipt(books: &mut Books, id: &OrderId, receipt: &Receipt) -> Result<()> {
    books.order(id)?.order.receipt.get_or_insert_with(|| receipt.clone());
    Ok(())
}

pub(super) fn record_payment(books: &mut Books, id: &OrderId, event: &PaymentEvent) -> Result<()> {
    let events = &mut books.order(id)?.order.payment_events;
    if !events.iter().any(|known| known.key == event.key) {
        events.push(event.clone());
    }
    Ok(())
}

pub(super) fn set_status(
    books: &mut Books,
    id: &OrderId,
    status: Status,
    reason: Option<&str>,
    at: Timestamp,
    tables: &TableNames,
) -> Result<()> {
    let order = &mut books.order(id)?.order;
    if order.status == status {
        return Ok(());
    }
    if let Err(refused) = order.status.check_move(status) {
        return Err(StepError::new(ErrorName::StatusRefused, refused.to_string()));
    }
    let old = ports::image(order);
    order.status = status;
    order.reason = reason.map(str::to_owned);
    order.history.push(StatusChange { status, at: stored(at), reason: order.reason.clone() });
    let new = order.clone();
    show(&mut books.documents, tables, Some(&old), &new);
    Ok(())
}

/// Writes an order down in the table of its workflow, where it has one and something shows there.
fn show(documents: &mut Vec<Document>, tables: &TableNames, old: Option<&serde_json::Value>, order: &Order) {
    let Some(table) = tables.streamed.get(&order.placed.workflow) else { return };
    let image = ports::image(order);
    if old == Some(&image) {
        return;
    }
    // Of several in one step the last stays: a transaction takes one write of an item.
    documents.retain(|other| other.table != *table || other.image["order_id"] != image["order_id"]);
    documents.push(Document { table: table.clone(), image });
}

//! The one place that applies changes.
//!
//! Each change reads its condition first and writes after, so that a refused one has written nothing;
//! each is found to be done already by what makes it unique. All of it runs on the writer thread: few
//! statements, each prepared once.

mod catalog;
mod messages;
mod orders;
mod payments;
mod stock;

use ports::Change;
use rusqlite::Connection;

use crate::{ApplyError, StartExecution, Wakeups, Wiring};

pub(crate) use messages::{notification, send_message};
pub(crate) use stock::release_expired;

/// What applying needs besides the transaction.
#[derive(Clone, Copy)]
pub struct Applying<'a> {
    /// Where changes lead to.
    pub wiring: &'a Wiring,
    /// What starts executions.
    pub starter: &'a dyn StartExecution,
}

/// Applies the changes of one step, in their order. What they left to be done is to be woken after the
/// commit.
///
/// # Errors
///
/// The first refusal. The transaction then holds the changes before it: the caller takes them back.
pub fn apply_all(transaction: &Connection, changes: &[Change], applying: Applying<'_>) -> Result<Wakeups, ApplyError> {
    let mut wakeups = Wakeups::NONE;
    for change in changes {
        wakeups |= apply(transaction, change, applying)?;
    }
    Ok(wakeups)
}

/// Applies one change.
///
/// # Errors
///
/// As [`Change`] says of each.
pub fn apply(tx: &Connection, change: &Change, applying: Applying<'_>) -> Result<Wakeups, ApplyError> {
    let wiring = applying.wiring;
    match change {
        Change::PlaceOrder { order, execution_arn, idempotency, at } => {
            orders::place(tx, order, execution_arn, idempotency.as_ref(), *at, wiring)
        }
        Change::NoteExecution { order_id, execution_arn } => orders::note_execution(tx, order_id, execution_arn),
        Change::SetPricing { order_id, pricing } => orders::set_pricing(tx, order_id, pricing),
        Change::Reserve { order_id, lines, expires_at, at } => stock::reserve(tx, order_id, lines, *expires_at, *at),
        Change::Release { order_id, reason, at } => stock::release(tx, order_id, reason, *at),
        Change::Sell { order_id, lines, at } => stock::sell(tx, order_id, lines, *at),
        Change::Restock { order_id, at } => stock::restock(tx, order_id, *at),
        Change::SetStatus { order_id, status, reason, at } => {
            orders::set_status(tx, order_id, *status, reason.as_deref(), *at, wiring)
        }
        Change::RecordPayment { order_id, event } => payments::record(tx, order_id, event),
        Change::IssueReceipt { order_id, receipt } => orders::issue_receipt(tx, order_id, receipt),
        Change::SendMail(mail) => messages::send_mail(tx, mail, wiring),
        Change::Publish(message) => messages::publish(tx, message, wiring),
        Change::PutEvent(event) => messages::put_event(tx, event),
        Change::SendMessage(message) => send_message(tx, message, wiring),
        Change::StartExecution(execution) => {
            applying.starter.start(tx, execution)?;
            Ok(Wakeups::EXECUTIONS)
        }
        Change::PutProduct { sku, name, unit_price, at: _ } => catalog::put_product(tx, sku, name, *unit_price),
        Change::MoveStock { sku, kind, units, reason, at } => {
            stock::book(tx, sku, *kind, *units, reason.as_deref(), *at)
        }
        Change::CountStock { sku, on_hand, reason, at } => stock::count(tx, sku, *on_hand, reason.as_deref(), *at),
        Change::SeedStock { sku, on_hand, reason, at } => stock::seed(tx, sku, *on_hand, reason.as_deref(), *at),
        Change::PutCustomer(customer) => catalog::put_customer(tx, customer),
    }
}
